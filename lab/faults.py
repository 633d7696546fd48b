"""The disasters of the lab, and how each is undone.

What was broken, and when, is written to `faults.jsonl` before it is done: the drill's T0.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from lab import process
from lab.parts.aws import Aws
from lab.parts.aws_tls import AwsTls
from lab.parts.backups import Backups
from lab.parts.link import LinkCondition, set_condition
from lab.parts.part import Part
from lab.parts.postgres import Postgres
from lab.parts.services import set_faults
from lab.place import REGIONS, Lab
from lab.running import Say, parts_of, start_all
from recovery.errors import BadInput


class Fault(StrEnum):
    """What `dr lab break` can break."""

    REGION = "region"
    HOSTS = "hosts"
    """All of a region but its S3, which is not on its hosts."""
    POSTGRES = "postgres"
    REDIS = "redis"
    GATEWAY = "gateway"
    LINK = "link"
    SLOW_LINK = "slow-link"
    ERRORS = "errors"
    LATENCY = "latency"


@dataclass(frozen=True)
class Severity:
    """How bad: the share of requests that fail, how late services answer, how slow the link is."""

    error_rate: float = 0.3
    latency_s: float = 0.8
    link_delay_s: float = 0.2
    link_bytes_per_s: int = 50_000


DEFAULT_SEVERITY = Severity()


def break_it(lab: Lab, fault: Fault, region: str, severity: Severity = DEFAULT_SEVERITY) -> datetime:
    """Inject the fault, and return the instant of injection."""
    at = datetime.now(UTC)
    with (lab.folder / "faults.jsonl").open("a") as record:
        record.write(json.dumps({"at": at.isoformat(), "fault": fault, "region": region}) + "\n")
    match fault:
        case Fault.REGION:
            process.kill(r for r in process.recorded(lab) if r.region == region)
        case Fault.HOSTS:
            kept = {Aws(region).name, AwsTls(region).name}
            process.kill(r for r in process.recorded(lab) if r.region == region and r.part not in kept)
        case Fault.POSTGRES | Fault.REDIS | Fault.GATEWAY:
            process.kill(r for r in process.recorded(lab) if r.part == f"{fault}-{region}")
        case Fault.LINK:
            set_condition(lab, LinkCondition(cut=True))
        case Fault.SLOW_LINK:
            slow = LinkCondition(delay_s=severity.link_delay_s, bytes_per_s=severity.link_bytes_per_s)
            set_condition(lab, slow)
        case Fault.ERRORS:
            set_faults(lab, region, error_rate=severity.error_rate)
        case Fault.LATENCY:
            set_faults(lab, region, latency_s=severity.latency_s)
    return at


def heal(lab: Lab, regions: tuple[str, ...], say: Say) -> None:
    """Make the link and the services good again, and start what is dead, with the data it had.

    What a failover changed stays changed: going back is a failback's job. Backups that a lost S3
    held are taken again, as soon as both regions are there.
    """
    set_condition(lab, LinkCondition())
    had = {one.part for one in process.recorded(lab)}
    parts = [part for region in regions for part in parts_of(region) if part.name in had]
    dead = [part for part in parts if not _alive(lab, part)]
    if _backups_suffered(lab, dead):
        dead += map(Backups, REGIONS)
    if dead:
        start_all(lab, dead, say)
    for region in regions:
        set_faults(lab, region)


def injected(lab: Lab) -> list[dict[str, str]]:
    """Every fault injected so far, oldest first: `at`, `fault`, `region`."""
    path = lab.folder / "faults.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def parse(name: str) -> Fault:
    """Return the fault of that name; `BadInput` lists the known ones."""
    try:
        return Fault(name)
    except ValueError as error:
        raise BadInput(f"There is no fault {name!r}; choose one of {', '.join(Fault)}.") from error


def _backups_suffered(lab: Lab, dead: list[Part]) -> bool:
    """Whether backups may be missing that can be taken again: a lost region's S3 has forgotten both clusters'."""
    servers: list[Part] = [part(region) for part in (AwsTls, Postgres) for region in REGIONS]
    names = {part.name for part in dead}
    suffered = any(part.name in names for part in servers)
    return suffered and all(part.name in names or _alive(lab, part) for part in servers)


def _alive(lab: Lab, part: Part) -> bool:
    if isinstance(part, Postgres):
        return part.runs(lab)
    return any(r.part == part.name and r.alive for r in process.recorded(lab))
