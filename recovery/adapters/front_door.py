"""The global name, used as a customer uses it: ask the zone's own server, then the address it gave."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex

import httpx

from recovery.adapters.dns import AuthoritativeDns
from recovery.errors import Unavailable
from recovery.ports import Served

OK, CREATED = 200, 201


class FrontDoorClient:
    """One customer, without a cache: each service it asks for is resolved anew."""

    def __init__(  # noqa: PLR0913 - a customer's view of the estate, half of it by keyword
        self,
        name: str,
        servers: Sequence[str],
        regions: Mapping[str, str],
        *,
        scheme: str,
        port: int,
        timeout_s: float = 2.0,
    ) -> None:
        """Take the global name, its authoritative servers, and each region's gateway address."""
        self._name, self._dns = name, AuthoritativeDns(servers, timeout_s=1.0)
        self._regions = {address: region for region, address in regions.items()}
        self._scheme, self._port, self._timeout_s = scheme, port, timeout_s

    @property
    def name(self) -> str:
        """The global name."""
        return self._name

    def regions_answered(self) -> tuple[str, ...]:
        """Ask the authoritative server once; an address that is no region's stands for itself."""
        return tuple(
            self._regions.get(address, address) for address in self._dns.resolve(self._name).addresses
        )

    def check(self, services: Collection[str], row_services: Collection[str]) -> list[Served]:
        """Ask every service for its health, and have it keep a row where it keeps rows."""
        with (
            httpx.Client(timeout=self._timeout_s, trust_env=False) as client,
            ThreadPoolExecutor(len(services) or 1) as pool,
        ):
            return list(
                pool.map(lambda service: self._served(client, service, service in row_services), services)
            )

    def _served(self, client: httpx.Client, service: str, keeps_rows: bool) -> Served:  # noqa: FBT001
        region: str | None = None
        try:
            address = self._dns.resolve(self._name).addresses[0]
            region = self._regions.get(address, address)
            base = f"{self._scheme}://{address}:{self._port}/{service}"
            health = client.get(f"{base}/health", headers={"Host": self._name})
            if health.status_code != OK:
                return Served(service, region, ok=False, detail=f"health: HTTP {health.status_code}")
            detail = self._row(client, base) if keeps_rows else "healthy"
        except (Unavailable, httpx.HTTPError) as error:
            return Served(service, region, ok=False, detail=str(error) or type(error).__name__)
        return Served(service, region, ok=detail in {"healthy", "row written and read"}, detail=detail)

    def _row(self, client: httpx.Client, base: str) -> str:
        """Write a row and read it back; return what a person is told of it."""
        who = f"check-{token_hex(4)}"
        headers = {"Host": self._name}
        written = client.post(f"{base}/probe", json={"client": who, "seq": 1}, headers=headers)
        if written.status_code != CREATED:
            return f"write: HTTP {written.status_code}"
        read = client.get(f"{base}/probe/{who}/1", headers=headers)
        return "row written and read" if read.status_code == OK else f"read: HTTP {read.status_code}"
