"""The disasters of the lab, and how each is undone.

What was broken, and when, is written to `faults.jsonl` before it is done: the drill's T0.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from lab import bigger_faults, dark, process
from lab.parts.aws import Aws
from lab.parts.aws_tls import AwsTls
from lab.parts.backups import Backups
from lab.parts.intake import Intake
from lab.parts.link import LinkCondition, set_condition
from lab.parts.monitoring import Alertmanager, Prometheus
from lab.parts.part import Part
from lab.parts.postgres import Postgres
from lab.parts.prefect import PrefectServer, Worker
from lab.parts.services import set_faults
from lab.place import OUTSIDE, REGIONS, Lab
from lab.running import Proof, Say, monitoring_of, parts_of, start_all
from recovery.errors import BadInput


class Fault(StrEnum):
    """What `dr lab break` can break."""

    REGION = "region"
    DARK = "dark"
    """The same, and its network with it: packets to it are lost, nothing is refused."""
    HOSTS = "hosts"
    """All of a region but its S3, which is not on its hosts."""
    POSTGRES = "postgres"
    REDIS = "redis"
    GATEWAY = "gateway"
    LINK = "link"
    SLOW_LINK = "slow-link"
    ERRORS = "errors"
    LATENCY = "latency"
    GRAY = "gray"
    """Some requests fail, and all are slow: health checks say yes most of the time."""
    CORRUPTION = "corruption"
    """A transaction deletes rows that customers were promised, and replication carries it to the other region."""
    CLUSTERS = "clusters"
    """Both regions' clusters with their disks, and this region's S3: fresh hosts stand where they were."""
    ORCHESTRATOR = "orchestrator"
    """The intake, which runs failovers, as soon as one has begun to change something."""
    PREFECT = "prefect"
    """The Prefect server, which is in neither region; `heal` starts it again on what it knew."""
    ALERTING = "alerting"
    """All that watches the estate, and the intake."""


@dataclass(frozen=True)
class Severity:
    """How bad: the share of requests that fail, how late services answer, how slow the link is."""

    error_rate: float = 0.3
    gray_error_rate: float = 0.05
    latency_s: float = 0.8
    link_delay_s: float = 0.2
    link_bytes_per_s: int = 50_000


DEFAULT_SEVERITY = Severity()


@dataclass(frozen=True)
class Injected:
    """A fault that was injected."""

    at: datetime
    details: dict[str, str] = field(default_factory=dict)
    """What has to be known to undo it."""


def break_it(lab: Lab, fault: Fault, region: str, severity: Severity = DEFAULT_SEVERITY) -> datetime:
    """Inject the fault, and return the instant of injection."""
    return inject(lab, fault, region, severity).at


def inject(lab: Lab, fault: Fault, region: str, severity: Severity = DEFAULT_SEVERITY) -> Injected:
    """Inject the fault, and return when that was, with what has to be known to undo it."""
    if fault is Fault.ORCHESTRATOR:
        bigger_faults.await_failover(lab)
    at = datetime.now(UTC)
    if fault is Fault.CORRUPTION:
        with bigger_faults.corruption(lab, region) as details:
            _record(lab, fault, region, at, details)
        return Injected(at, details)
    _record(lab, fault, region, at, {})
    if fault is Fault.CLUSTERS:
        bigger_faults.lose_clusters(lab, region)
    elif condition := _condition(fault, severity):
        set_condition(lab, condition)
    elif wrong := _wrong(fault, severity):
        rate, latency_s = wrong.get("error_rate", 0.0), wrong.get("latency_s", 0.0)
        set_faults(lab, region, error_rate=rate, latency_s=latency_s)
    else:
        _kill(lab, fault, region)
    return Injected(at)


def _record(lab: Lab, fault: Fault, region: str, at: datetime, details: Mapping[str, str]) -> None:
    with (lab.folder / "faults.jsonl").open("a") as record:
        record.write(json.dumps({"at": at.isoformat(), "fault": fault, "region": region, **details}) + "\n")


def _kill(lab: Lab, fault: Fault, region: str) -> None:
    """End what the fault ends; where the region goes dark, each port is taken as its server ends."""
    hit = [running for running in process.recorded(lab) if _is_hit(running, fault, region)]
    if fault is Fault.DARK:
        dark.begin(lab, region)
    process.kill(hit)
    if fault is Fault.DARK:
        dark.await_darkness(lab, region)


def _condition(fault: Fault, severity: Severity) -> LinkCondition | None:
    """Return what becomes of the link; None for a fault that leaves it as it is."""
    if fault is Fault.LINK:
        return LinkCondition(cut=True)
    slow = LinkCondition(delay_s=severity.link_delay_s, bytes_per_s=severity.link_bytes_per_s)
    return slow if fault is Fault.SLOW_LINK else None


def _wrong(fault: Fault, severity: Severity) -> dict[str, float]:
    """Return what the services do wrong; nothing for a fault that leaves them as they are."""
    return {
        Fault.ERRORS: {"error_rate": severity.error_rate},
        Fault.LATENCY: {"latency_s": severity.latency_s},
        Fault.GRAY: {"error_rate": severity.gray_error_rate, "latency_s": severity.latency_s},
    }.get(fault, {})


def _is_hit(running: process.Running, fault: Fault, region: str) -> bool:
    """Whether the fault ends this process."""
    match fault:
        case Fault.REGION | Fault.DARK:
            return running.region == region
        case Fault.HOSTS:
            return running.region == region and running.part not in {Aws(region).name, AwsTls(region).name}
        case Fault.ORCHESTRATOR:
            return running.part == Intake().name
        case Fault.PREFECT:
            return running.part == PrefectServer().name
        case Fault.ALERTING:
            return running.part in {part.name for part in watching_parts()}
        case _:
            return running.part == f"{fault}-{region}"


def heal(lab: Lab, regions: tuple[str, ...], say: Say) -> None:
    """Make the link and the services good again, and start what is dead, with the data it had.

    What a failover changed stays changed: going back is a failback's job. A cluster whose disk is lost stays lost,
    until it is restored: an empty one in its place would keep that from being done. Backups that a lost S3 held are
    taken again, as soon as both regions are there.
    """
    set_condition(lab, LinkCondition())
    for region in regions:
        dark.lift(lab, region)
    had = {one.part for one in process.recorded(lab)}
    parts_outside: list[Part] = [PrefectServer(), Worker(), *watching_parts()]
    outside = parts_outside if set(regions) == set(REGIONS) else []
    mine = {
        part.name: part for part in (*(part for region in regions for part in parts_of(region)), *outside)
    }
    parts = [part for part in mine.values() if part.name in had]
    lost = [part for part in parts if isinstance(part, Postgres) and not part.has_cluster(lab)]
    for part in lost:
        say(Proof(part.name, part.region, "its disk is lost: `dr restore` brings it back from backups", 0.0))
    if dead := [part for part in parts if part not in lost and not _alive(lab, part)]:
        start_all(lab, [*dead, *_backups_forgotten(lab, dead)], say)
    if suffered := _backups_that_suffered(lab):
        start_all(lab, suffered, say)
    for region in regions:
        set_faults(lab, region)


def watching_parts() -> list[Part]:
    """Return all that watches the estate, and what is made of it."""
    inside = [part for region in REGIONS for part in monitoring_of(region)]
    return [*inside, Alertmanager(OUTSIDE), Prometheus(OUTSIDE), Intake()]


def injected(lab: Lab) -> list[dict[str, str]]:
    """Every fault injected so far, oldest first: `at`, `fault`, `region`."""
    path = lab.folder / "faults.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def damaged(lab: Lab) -> list[dict[str, str]]:
    """Every corruption so far that was committed: what `Faults.heal` tells, which brings no row back.

    Where the disk is lost, the damage is lost with it.
    """
    corrupted = [one for one in injected(lab) if one["fault"] == Fault.CORRUPTION]
    recorded = [one for one in corrupted if Postgres(one["region"]).has_cluster(lab)]
    return [
        {name: one[name] for name in ("at", "region", "transaction", "table")}
        for one in recorded
        if bigger_faults.has_committed(lab, one["region"], one["transaction"])
    ]


def parse(name: str) -> Fault:
    """Return the fault of that name; `BadInput` lists the known ones."""
    try:
        return Fault(name)
    except ValueError as error:
        raise BadInput(f"There is no fault {name!r}; choose one of {', '.join(Fault)}.") from error


def _backups_forgotten(lab: Lab, dead: list[Part]) -> list[Backups]:
    """Return those that an S3 among the dead has forgotten, unless something that they need stays down."""
    servers: list[Part] = [part(region) for part in (AwsTls, Postgres) for region in REGIONS]
    forgotten = any(isinstance(part, Aws) for part in dead)
    there = all(server in dead or _alive(lab, server) for server in servers)
    return list(map(Backups, REGIONS)) if forgotten and there else []


def _backups_that_suffered(lab: Lab) -> list[Backups]:
    """Return those that can be taken again, and are missing: a lost region's S3 has forgotten both clusters'."""
    servers: list[Part] = [part(region) for part in (AwsTls, Postgres) for region in REGIONS]
    if not all(_alive(lab, part) for part in servers):
        return []
    return [backups for backups in map(Backups, REGIONS) if not backups.are_there(lab)]


def _alive(lab: Lab, part: Part) -> bool:
    if isinstance(part, Postgres):
        return part.runs(lab)
    return any(r.part == part.name and r.alive for r in process.recorded(lab))
