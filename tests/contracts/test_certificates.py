"""What `Certificates` promise, on a fake and on real TLS servers at a loopback address."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import pytest
from authority import ADDRESS, DAY, NOW, Authority, TlsGateway, running
from cryptography import x509

from lab.place import REGIONS
from recovery.adapters.https import trust
from recovery.adapters.tls_certificates import TlsCertificates
from recovery.errors import Refused, Unavailable
from recovery.fakes.preflight import FakeCertificates
from recovery.fakes.world import World
from recovery.readiness.facts import TlsPlace
from recovery.readiness.ports import Certificates

NAME, OTHER_NAME = "api.eden.example.com", "api.other.example.com"
ELSEWHERE = "/etc/elsewhere.pem"


class Shop(Protocol):
    """Somebody who speaks TLS."""

    certificates: Certificates

    def shows(self, lasts: timedelta) -> TlsPlace:
        """Have a place show a certificate that lasts for so long; return the place."""

    def silent(self) -> TlsPlace:
        """Return a place where nobody answers."""


class InMemory:
    def __init__(self) -> None:
        self.certificates = FakeCertificates(World(REGIONS, clock=lambda: NOW))

    def shows(self, lasts: timedelta) -> TlsPlace:
        self.certificates.lasts["shop:443"] = lasts
        return TlsPlace("shop", 443, NAME)

    def silent(self) -> TlsPlace:
        self.certificates.silent.add("shop:443")
        return TlsPlace("shop", 443, NAME)


class OnLoopback:
    def __init__(self, authority: Authority, opened: Callable[[Path], int]) -> None:
        self.certificates, self._authority, self._opened = TlsCertificates(), authority, opened

    def shows(self, lasts: timedelta) -> TlsPlace:
        return self.place(self._authority.certifies(x509.DNSName(NAME), until=NOW + lasts))

    def place(self, certificate: Path) -> TlsPlace:
        return TlsPlace(ADDRESS, self._opened(certificate), NAME, str(self._authority.file))

    def silent(self) -> TlsPlace:
        return TlsPlace(ADDRESS, 1, NAME)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "private")


@pytest.fixture
def opened() -> Iterator[Callable[[Path], int]]:
    """Open servers that show a certificate; all are closed afterwards."""
    servers = []

    def opened(certificate: Path) -> int:
        server = running(TlsGateway(certificate))
        servers.append(server)
        return server.__enter__().server_port

    yield opened
    for server in servers:
        server.__exit__(None, None, None)


@pytest.fixture
def real(authority: Authority, opened: Callable[[Path], int]) -> OnLoopback:
    return OnLoopback(authority, opened)


@pytest.fixture(params=["fake", "real"])
def shop(request: pytest.FixtureRequest) -> Shop:
    return InMemory() if request.param == "fake" else request.getfixturevalue("real")


def test_a_certificate_tells_when_it_ends(shop: Shop) -> None:
    place = shop.shows(DAY)

    found = shop.certificates.look(place)

    assert found is not None
    assert abs(found.until - (NOW + DAY)) < timedelta(seconds=1)


def test_one_that_has_ended_is_refused(shop: Shop) -> None:
    place = shop.shows(-DAY)

    with pytest.raises(Refused, match=f"^{place}: certificate refused: certificate has expired"):
        shop.certificates.look(place)


def test_silence_is_unavailable(shop: Shop) -> None:
    place = shop.silent()

    with pytest.raises(Unavailable, match=f"^{place} did not answer: Connection refused"):
        shop.certificates.look(place)


def test_another_name_is_refused(real: OnLoopback, authority: Authority) -> None:
    place = real.place(authority.certifies(x509.DNSName(OTHER_NAME)))

    with pytest.raises(Refused, match=f"certificate is not valid for '{NAME}'"):
        real.certificates.look(place)


def test_an_unknown_issuer_is_refused(real: OnLoopback, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "unknown")
    place = real.place(stranger.certifies(x509.DNSName(NAME)))

    with pytest.raises(Refused, match="unable to get local issuer certificate"):
        real.certificates.look(place)


def test_without_a_ca_file_this_machine_s_trust_counts(
    real: OnLoopback, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    trust.cache_clear()
    shown = real.shows(DAY)

    found = real.certificates.look(TlsPlace(shown.host, shown.port, NAME))

    trust.cache_clear()
    assert found is not None
    assert found.until > NOW


def test_what_can_not_be_verified_here_is_not_judged(shop: Shop) -> None:
    """A ca_file is on the clusters' hosts, and need not be where the flow runs."""
    shown = shop.shows(DAY)
    if isinstance(shop, InMemory):
        shop.certificates.absent.add(ELSEWHERE)

    assert shop.certificates.look(TlsPlace(shown.host, shown.port, NAME, ELSEWHERE)) is None
