"""Fresh hosts in a third place, one for each region: Redis, services and gateway run, PostgreSQL is only configured."""

from dataclasses import dataclass
from pathlib import Path

from lab import pgbackrest, process
from lab.parts.gateway import Gateway
from lab.parts.part import Part
from lab.parts.postgres import Postgres
from lab.parts.redis import Redis
from lab.parts.services import Services
from lab.place import REGIONS, ROOT, Lab
from recovery.errors import Unavailable


@dataclass(frozen=True)
class StandIns(Lab):
    """The same lab in a third place: its own folder and addresses, the same names, secrets and repositories."""

    @property
    def folder(self) -> Path:
        """Beside the lab's own folder."""
        return ROOT / ".lab" / f"{self.name}.stand-ins"

    @property
    def stores(self) -> Lab:
        """The regions' lab."""
        return Lab(self.name, self.index)

    def address(self, region: str) -> str:
        """Return the address of the hosts that stand in for the region."""
        return f"127.{self.index}.{10 * (REGIONS.index(region) + 4)}.1"

    def across(self, region: str) -> str:
        """Return the same: they are in one place, and no link is between them."""
        return self.address(region)

    def secret(self, name: str) -> str:
        """Return the lab's secret of that name."""
        return self.stores.secret(name)


def of(lab: Lab) -> StandIns:
    """Return where the lab's stand-ins are, or would be."""
    return StandIns(lab.name, lab.index)


@dataclass(frozen=True)
class DatabaseHost:
    """A host with PostgreSQL and pgBackRest, which know what they are to be, and no cluster."""

    region: str
    needs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """One a region."""
        return f"database-host-{self.region}"

    def start(self, lab: Lab) -> None:
        """Write the configuration of both."""
        Postgres(self.region, backed_up=True).leave_configuration(lab)
        pgbackrest.configure(lab, self.region)
        Postgres(self.region).archive_from_the_start_by(lab, pgbackrest.archive_command(lab, self.region))

    def prove(self, lab: Lab) -> str:
        """PgBackRest reads what is kept of the region's cluster."""
        told = pgbackrest.run(lab, self.region, "info")
        if "full backup" not in told:
            raise Unavailable(f"{self.name} sees no backup: {told.strip().splitlines()[-1]}")
        return "no cluster, and sees the backups"


@dataclass(frozen=True)
class Serving:
    """A region's services or its gateway, which can not be healthy before there is a cluster."""

    part: Services | Gateway

    @property
    def name(self) -> str:
        """The part's own."""
        return self.part.name

    @property
    def region(self) -> str:
        """The part's own."""
        return self.part.region

    @property
    def needs(self) -> tuple[str, ...]:
        """The Redis, or the services."""
        return self.part.needs

    def start(self, lab: Lab) -> None:
        """Start the part."""
        self.part.start(lab)

    def prove(self, lab: Lab) -> str:
        """It runs; what it serves is seen when there is a cluster."""
        running = next(each for each in process.recorded(lab) if each.part == self.name)
        if not running.alive:
            raise Unavailable(f"{self.name} ended by itself; its log is log/{self.name}.log.")
        return "runs, and waits for a cluster"


def parts() -> list[Part]:
    """Everything, in an order in which it can start."""
    hosts: list[Part] = [DatabaseHost(region) for region in REGIONS]
    caches: list[Part] = [Redis(region, needs=()) for region in REGIONS]
    serving = [Serving(part(region)) for part in (Services, Gateway) for region in REGIONS]
    return [*hosts, *caches, *serving]
