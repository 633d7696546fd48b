"""One region's HAProxy, behind the `Gateway` port: its runtime API, and its services through it.

The fence is an entry in a map that the frontend looks up (`fence.map`): the region answers
503 at once, to customers and to health checks, and stays open to be looked at. Source:
https://docs.haproxy.org/2.6/management.html#9.3 (add map, clear map, show stat).
"""

import csv
import re
import socket
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from recovery.adapters.connecting import takes_connections
from recovery.adapters.https import tls_failure, trust
from recovery.errors import Refused, Unavailable
from recovery.ports import GatewayState

OK = 200
GUARD = "region-guard"
"""The backend that is no service: by its checks the gateway asks the region guard (docs/region-guard.md)."""


@dataclass(frozen=True)
class GatewayAccess:
    """Where a gateway is, and how its customers name it."""

    host: str
    port: int
    scheme: str
    host_name: str
    """Sent as the Host header."""
    admin: str | None
    """HAProxy's runtime API, as host:port; None where there is none."""
    health_path: str = "/health"
    """Below each service's own path."""
    timeout_s: float = 1.0


class HaProxy:
    """A region's gateway."""

    def __init__(self, access: GatewayAccess) -> None:
        """Connect to nothing yet."""
        self._access = access

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return f"gateway {self._access.host}:{self._access.port}"

    @property
    def fences(self) -> bool:
        """Whether it has a runtime API."""
        return self._access.admin is not None

    def takes_connections(self, *, within_s: float) -> bool:
        """Whether somebody is at its runtime API; False where it has none."""
        if self._access.admin is None:
            return False
        host, port = self._access.admin.rsplit(":", 1)
        return takes_connections(host, int(port), within_s=within_s)

    def answers(self, services: Collection[str]) -> dict[str, str]:
        """Ask each service's health; return what failed."""
        access = self._access
        base = f"{access.scheme}://{access.host}:{access.port}"
        limits = httpx.Limits(max_connections=len(services) or 1)
        # The certificate is the global name's, not the address's.
        headers, certificate = {"Host": access.host_name}, {"sni_hostname": access.host_name}
        with httpx.Client(
            base_url=base, timeout=access.timeout_s, verify=trust(), trust_env=False, limits=limits
        ) as client:

            def failure(service: str) -> str | None:
                try:
                    answer = client.get(
                        f"/{service}{access.health_path}", headers=headers, extensions=certificate
                    )
                except httpx.HTTPError as error:
                    return tls_failure(error) or type(error).__name__
                return None if answer.status_code == OK else f"HTTP {answer.status_code}"

            with ThreadPoolExecutor(len(services) or 1) as pool:
                found = dict(zip(services, pool.map(failure, services), strict=True))
        return {service: told for service, told in found.items() if told}

    def look(self) -> GatewayState:
        """Return which services are up, how many sessions there are, and whether it is fenced."""
        rows = list(csv.DictReader(self._ask("show stat").lstrip("# ").splitlines()))
        backends = [row for row in rows if row["svname"] == "BACKEND" and row["pxname"] != GUARD]
        fronts = [row for row in rows if row["svname"] == "FRONTEND"]
        return GatewayState(
            services_up=tuple(row["pxname"] for row in backends if row["status"] == "UP"),
            services_down=tuple(row["pxname"] for row in backends if row["status"] != "UP"),
            sessions=sum(int(row["scur"] or 0) for row in fronts),
            sessions_limit=sum(int(row["slim"] or 0) for row in fronts),
            fenced=bool(self._ask(f"show map {self._fence_map()}").strip()),
        )

    def fence(self) -> None:
        """Put the region into the fence map."""
        fence_map = self._fence_map()
        self._ask(f"clear map {fence_map}")
        self._ask(f"add map {fence_map} region fenced")
        if not self.look().fenced:
            raise Unavailable(f"{self.endpoint} is open after its fence was set; repeat.")

    def unfence(self) -> None:
        """Empty the fence map."""
        self._ask(f"clear map {self._fence_map()}")

    def _fence_map(self) -> str:
        """Return the id of the map whose file is called fence.map."""
        if found := re.search(r"^(\d+) \(\S*fence\.map\)", self._ask("show map"), re.MULTILINE):
            return f"#{found[1]}"
        raise Refused(
            f"{self.endpoint} has no fence.map; add the rule of docs/real-estate.md, step 4, to its frontend."
        )

    def _ask(self, command: str) -> str:
        if self._access.admin is None:
            raise Refused(f"{self.endpoint} has no runtime API; give `recovery.gateways.*.admin`.")
        host, port = self._access.admin.rsplit(":", 1)
        try:
            with socket.create_connection((host, int(port)), timeout=self._access.timeout_s) as connection:
                connection.sendall(command.encode() + b"\n")
                return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
        except OSError as error:
            raise Unavailable(
                f"{self.endpoint}'s runtime API at {host}:{port} did not answer: {error}."
            ) from error
