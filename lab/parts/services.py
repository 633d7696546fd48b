"""One region's services: the small app that stands for all eight of them."""

import json
import sys
from dataclasses import dataclass
from urllib.request import Request, urlopen

from lab import process
from lab.asking import answers
from lab.place import PORTS, Lab

UP_DEADLINE_S = 15.0


@dataclass(frozen=True)
class Services:
    """The eight services of one region."""

    region: str

    @property
    def name(self) -> str:
        """One app a region."""
        return f"services-{self.region}"

    @property
    def needs(self) -> tuple[str, ...]:
        """Their own region's stores, and tables that are replicated already."""
        return (f"postgres-{self.region}", f"redis-{self.region}", "replication")

    def start(self, lab: Lab) -> None:
        """Start the app on the region's address."""
        env = {
            "EDEN_REGION": self.region,
            "LAB_ADDRESS": lab.address(self.region),
            "LAB_PORT": str(PORTS.services),
            "LAB_POSTGRES_PORT": str(PORTS.postgres),
            "LAB_POSTGRES_PASSWORD": lab.secret("postgres-application"),
            "LAB_REDIS_PORT": str(PORTS.redis),
            "LAB_REDIS_PASSWORD": lab.secret("redis"),
        }
        command = [sys.executable, "-m", "lab.service.app"]
        process.start(lab, self.name, command, region=self.region, env=env, serves=True)

    def prove(self, lab: Lab) -> str:
        """Their health says that PostgreSQL and Redis answer."""
        url = f"http://{lab.address(self.region)}:{PORTS.services}/health"
        process.wait_until(
            lambda: answers(url),
            what=f"{self.name}'s health",
            deadline_s=UP_DEADLINE_S,
        )
        return "healthy, with PostgreSQL and Redis"


def set_faults(
    lab: Lab, region: str, *, error_rate: float = 0.0, latency_s: float = 0.0, service: str | None = None
) -> None:
    """Make the region's services, or one of them, fail at a rate (0..1), or answer late (seconds)."""
    request = Request(
        f"http://{lab.address(region)}:{PORTS.services}/-/faults",
        data=json.dumps({"error_rate": error_rate, "latency_s": latency_s, "service": service}).encode(),
        method="PUT",
        headers={"Content-Type": "application/json"},
    )
    urlopen(request, timeout=2).close()  # noqa: S310
