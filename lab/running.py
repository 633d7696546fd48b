"""A whole lab: its parts in the order of their needs, up, looked at, and down."""

import re
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from time import monotonic

from lab import leftovers, process, stand_ins
from lab.account import house
from lab.estate import write_estate
from lab.parts.aws import Aws, Zone
from lab.parts.aws_tls import AwsTls
from lab.parts.backups import Backups
from lab.parts.dns import Dns
from lab.parts.exporters import PostgresExporter, RedisExporter
from lab.parts.gateway import Gateway
from lab.parts.guard import RegionGuard
from lab.parts.intake import Intake
from lab.parts.link import Link
from lab.parts.monitoring import Alertmanager, Monitoring, Prometheus
from lab.parts.part import Part
from lab.parts.postgres import Postgres
from lab.parts.prefect import Deployments, PrefectServer, Worker
from lab.parts.prober import Prober
from lab.parts.redis import Redis
from lab.parts.replication import Replication
from lab.parts.services import Services
from lab.place import OUTSIDE, REGIONS, ROOT, WITNESS, Lab, claim, existing
from recovery.errors import BadInput, RecoveryError, Unavailable


@dataclass(frozen=True)
class Proof:
    """One part that proved itself: with what, and how long after the beginning (seconds)."""

    part: str
    region: str | None
    shown: str
    after_s: float


Say = Callable[[Proof], None]
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True)
class EstateDescription:
    """The lab's estate file: written once the zone has its ids."""

    automatic: bool
    """Whether the intake may fail over by itself."""
    approval: bool
    """Whether somebody must approve an operation."""
    backed_up: bool
    """Whether the clusters have backups."""
    name: str = "estate"
    region: None = None
    needs: tuple[str, ...] = ("zone",)

    def start(self, lab: Lab) -> None:
        """Write it."""
        write_estate(lab, automatic=self.automatic, approval=self.approval, backed_up=self.backed_up)

    def prove(self, lab: Lab) -> str:
        """Where it is."""
        return str(lab.estate_file.relative_to(lab.folder.parent.parent))


def parts_of(region: str) -> list[Part]:
    """What one region consists of at most, in the order in which it starts."""
    return [*serving_of(region), AwsTls(region), *monitoring_of(region)]


def serving_of(region: str, *, backed_up: bool = False) -> list[Part]:
    """What a region serves with."""
    return [
        Postgres(region, backed_up=backed_up),
        Redis(region),
        Aws(region),
        Services(region),
        RegionGuard(region),
        Gateway(region, guarded=True),
    ]


def monitoring_of(region: str) -> list[Part]:
    """What watches a region from inside."""
    exporters: list[Part] = [PostgresExporter(region), RedisExporter(region)]
    return [*exporters, Alertmanager(region), Prometheus(region)]


def backing_up() -> list[Part]:
    """What takes the backups of both clusters, into both regions."""
    return [*map(AwsTls, REGIONS), *map(Backups, REGIONS)]


def all_parts(link: Link, estate: EstateDescription, *, with_prefect: bool, watched: bool) -> list[Part]:
    """Everything, in an order in which it can start; unless *watched*, nothing that would start by itself."""
    outside: list[Part] = [
        link,
        Aws(WITNESS),
        Zone(),
        estate,
        Dns(),
        Replication(),
        Prober(),
    ]
    prefect: list[Part] = [PrefectServer(), Deployments()] if with_prefect else []
    outside += backing_up() if estate.backed_up else []
    inside = [part for region in REGIONS for part in serving_of(region, backed_up=estate.backed_up)]
    if not watched:
        return [*prefect, *outside, *inside]
    prefect += [Worker(), Intake()] if with_prefect else []
    outside += [Monitoring(), Alertmanager(OUTSIDE), Prometheus(OUTSIDE)]
    # The slowest chain first: there are fewer cores than parts.
    inside += [part for region in REGIONS for part in monitoring_of(region)]
    return [*prefect, *outside, *inside]


def up(  # noqa: PLR0913 - what a lab may be, by keyword
    name: str,
    say: Say,
    *,
    with_prefect: bool = True,
    watched: bool = True,
    automatic: bool = False,
    approval: bool = False,
    backed_up: bool = False,
) -> Lab:
    """Bring a new lab up, each part as soon as what it needs has proved itself.

    One that is not *watched* has no monitoring, no intake and no worker: it is up sooner, for what `dr` alone does.
    One that is not *backed_up* archives nothing, for the same reason.
    Where a part fails, all that was started is ended again, and its error is raised.
    """
    refuse_second(name)
    lab, control = claim(name)
    house(lab)
    estate = EstateDescription(automatic=automatic, approval=approval, backed_up=backed_up)
    try:
        start_all(lab, all_parts(Link(control), estate, with_prefect=with_prefect, watched=watched), say)
    except BaseException:
        down(lab)
        raise
    return lab


def that_is_up(name: str) -> Lab:
    """Return the lab of that name; `BadInput` where it is down: nothing of it can be broken then, or mended."""
    lab = existing(name)
    if not any(one.alive for one in process.recorded(lab)):
        raise BadInput(f"Lab {name!r} is down; `dr lab up --name {name}` starts it anew.")
    return lab


def refuse_second(name: str) -> None:
    """Raise `BadInput` if that lab is up, or can not have that name; clear away what an earlier one of it left."""
    if not NAME.fullmatch(name):
        raise BadInput(
            f"The lab's name is {name!r}; give at most 40 lower-case letters, digits and hyphens, a letter or a digit"
            " first and last: folders and buckets are named after it."
        )
    folder = ROOT / ".lab" / name
    if (folder / "lab.json").exists():
        if alive := [r.part for r in process.recorded(existing(name)) if r.alive]:
            raise BadInput(f"Lab {name!r} is up ({len(alive)} processes); `dr lab down --name {name}` first.")
        shutil.rmtree(folder)
    shutil.rmtree(ROOT / ".lab" / f"{name}.stand-ins", ignore_errors=True)


def start_all(lab: Lab, parts: Sequence[Part], say: Say, *, proved: frozenset[str] = frozenset()) -> None:
    """Start *parts* as their needs allow; needs among *proved*, or that are not listed, count as met."""
    began, met = monotonic(), set(proved)
    waiting, listed = list(parts), {part.name for part in parts}
    running: dict[Future[str], Part] = {}

    def started(part: Part) -> str:
        part.start(lab)
        return part.prove(lab)

    with ThreadPoolExecutor(len(parts)) as pool:
        while waiting or running:
            for part in [p for p in waiting if set(p.needs) & listed <= met]:
                waiting.remove(part)
                running[pool.submit(started, part)] = part
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                part = running.pop(future)
                if error := future.exception():
                    waiting.clear()
                    raise _failed(part, error) from error
                met.add(part.name)
                say(Proof(part.name, part.region, future.result(), monotonic() - began))


def stand_ins_up(lab: Lab, say: Say) -> None:
    """Have fresh hosts in a third place, ready for what is rebuilt there; once for each lab."""
    there = stand_ins.of(lab)
    if there.folder.exists():
        raise BadInput(f"Lab {lab.name!r} has its stand-ins already.")
    if not any(record.part.startswith("aws-tls-") for record in process.recorded(lab)):
        raise BadInput(f"Lab {lab.name!r} has no backups to rebuild from; start it without --no-backups.")
    house(there)
    try:
        start_all(there, stand_ins.parts(), say)
    except BaseException:
        _down(there)
        shutil.rmtree(there.folder)
        raise


def down(lab: Lab) -> int:
    """End everything this lab started, its stand-ins too, and remove what a killed server leaves in the kernel.

    Returns how many processes were ended. The folders stay, with their logs.
    """
    return sum(_down(each) for each in (lab, stand_ins.of(lab)))


def _down(lab: Lab) -> int:
    recorded = process.recorded(lab)
    alive = [running for running in recorded if running.alive]
    # The dead ones too: what they had started may live on.
    process.kill(recorded, marks=[process.mark(lab, Postgres(region).name) for region in REGIONS])
    scratch = [*(lab.folder / "data").glob("scratch-*/*/data")]
    leftovers.end(scratch)
    for data in (*(lab.folder / "data").glob("postgres-*"), *scratch):
        leftovers.clear(data)
    for record in (lab.folder / "run").glob("*.json"):
        record.unlink()
    return len(alive)


def _failed(part: Part, error: BaseException) -> RecoveryError:
    said = str(error).strip().splitlines()
    return Unavailable(f"{part.name} did not come up: {said[0] if said else type(error).__name__}")
