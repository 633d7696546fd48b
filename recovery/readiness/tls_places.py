"""Who is reached by TLS, from the estate file, and by which name its certificate has to be made out."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from recovery.estate import EstateFile
from recovery.estate_file import journal_stores
from recovery.readiness.facts import TlsPlace

HTTPS = 443


def tls_places(file: EstateFile) -> tuple[TlsPlace, ...]:
    """Return each of them once. AWS's own endpoints are not among them: those certificates are AWS's to renew."""
    found = [*_gateways(file), *_repositories(file), *map(_of_url, _urls(file))]
    return tuple(dict.fromkeys(place for place in found if place))


def _gateways(file: EstateFile) -> Iterator[TlsPlace]:
    """A gateway is asked at its address, and shows the certificate of the name that customers use."""
    name = file.api_gateway_multi_region.global_endpoint
    for gateway in file.settings.gateways.values():
        if gateway.scheme == "https":
            yield TlsPlace(str(gateway.address), int(gateway.port), name)


def _repositories(file: EstateFile) -> Iterator[TlsPlace]:
    block = file.settings.backups
    for repository in block.repositories.values() if block else ():
        if repository.endpoint:
            host, _, port = repository.endpoint.rpartition(":")
            yield TlsPlace(host, int(port), host, str(repository.ca_file) if repository.ca_file else None)


def _urls(file: EstateFile) -> Iterator[str | None]:
    settings = file.settings
    yield settings.prober.url
    yield settings.route53.endpoint_url
    yield settings.prefect.api_url if settings.prefect else None
    for stop in (settings.route53.stop_objects or {}).values():
        yield stop.endpoint_url
    for store in settings.journal.stores:
        yield store.endpoint_url if isinstance(store, journal_stores.S3Store) else None
    for observer in settings.automation.observers.values() if settings.automation else ():
        yield observer.prometheus
        yield observer.alertmanager


def _of_url(url: str | None) -> TlsPlace | None:
    parts = urlsplit(url or "")
    if parts.scheme != "https" or not parts.hostname:
        return None
    return TlsPlace(parts.hostname, parts.port or HTTPS, parts.hostname)
