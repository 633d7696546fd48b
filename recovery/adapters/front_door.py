"""The global name, used as a customer uses it: ask the zone's own server, then the address it gave."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from typing import NamedTuple, TypedDict

import httpx

from recovery.adapters.dns import AuthoritativeDns
from recovery.adapters.https import trust
from recovery.errors import Unavailable
from recovery.ports import Served

OK, CREATED = 200, 201
TIMEOUT_S = 2.0


class RegionalName(NamedTuple):
    """By what a region is known in an answer: its gateway's address, and its own name."""

    address: str
    name: str


class Entrance(NamedTuple):
    """How the gateways are spoken to, in every region alike."""

    scheme: str
    port: int
    health_path: str = "/health"
    """Below each service's own path."""


class _AsCustomer(TypedDict):
    headers: dict[str, str]
    extensions: dict[str, str]


class FrontDoorClient:
    """One customer, without a cache: each service it asks for is resolved anew."""

    def __init__(
        self,
        name: str,
        servers: Sequence[str],
        regions: Mapping[str, RegionalName],
        *,
        entrance: Entrance,
    ) -> None:
        """Take the global name, its authoritative servers, and by what each region is known."""
        self._name, self._dns, self._regions = name, AuthoritativeDns(servers, timeout_s=1.0), dict(regions)
        self._entrance = entrance
        # The Host is the global name, and so is the certificate's: not the address that is connected to.
        self._as_customer: _AsCustomer = {"headers": {"Host": name}, "extensions": {"sni_hostname": name}}

    @property
    def name(self) -> str:
        """The global name."""
        return self._name

    def regions_answered(self) -> tuple[str, ...]:
        """Ask the authoritative server once; an address that is no region's stands for itself."""
        found = (self._region_at(address) for address in self._dns.resolve(self._name).addresses)
        return tuple(dict.fromkeys(found))

    def check(self, services: Collection[str], row_services: Collection[str]) -> list[Served]:
        """Ask every service for its health, and have it keep a row where it keeps rows."""
        with (
            httpx.Client(timeout=TIMEOUT_S, verify=trust(), trust_env=False) as client,
            ThreadPoolExecutor(len(services) or 1) as pool,
        ):
            return list(
                pool.map(lambda service: self._served(client, service, service in row_services), services)
            )

    def _served(self, client: httpx.Client, service: str, keeps_rows: bool) -> Served:  # noqa: FBT001
        region: str | None = None
        try:
            address = self._dns.resolve(self._name).addresses[0]
            region = self._region_at(address)
            base = f"{self._entrance.scheme}://{address}:{self._entrance.port}/{service}"
            health = client.get(f"{base}{self._entrance.health_path}", **self._as_customer)
            if health.status_code != OK:
                return Served(service, region, ok=False, detail=f"health: HTTP {health.status_code}")
            detail = self._row(client, base) if keeps_rows else "healthy"
        except (Unavailable, httpx.HTTPError) as error:
            return Served(service, region, ok=False, detail=str(error) or type(error).__name__)
        return Served(service, region, ok=detail in {"healthy", "row written and read"}, detail=detail)

    def _row(self, client: httpx.Client, base: str) -> str:
        """Write a row and read it back; return what a person is told of it."""
        who = f"check-{token_hex(4)}"
        written = client.post(f"{base}/probe", json={"client": who, "seq": 1}, **self._as_customer)
        if written.status_code != CREATED:
            return f"write: HTTP {written.status_code}"
        read = client.get(f"{base}/probe/{who}/1", **self._as_customer)
        return "row written and read" if read.status_code == OK else f"read: HTTP {read.status_code}"

    def _region_at(self, address: str) -> str:
        """Return the region whose gateway, or whose own name in the same zone, has the address.

        A load balancer's addresses change, so its name is asked when the address is not known.
        """
        for region, known in self._regions.items():
            if address == known.address:
                return region
        for region, known in self._regions.items():
            try:
                if address in self._dns.resolve(known.name).addresses:
                    return region
            except Unavailable:
                continue
        return address
