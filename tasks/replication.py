"""How much of what the source committed is in the target."""

from datetime import datetime

from recovery.errors import LossBeyondRpo, NotReady, RecoveryError, Unavailable
from recovery.findings import Exposure, exposure, oldest
from recovery.forecast import wait_for_source_s
from recovery.operation import Mode
from recovery.waiting import wait_until
from tasks.fencing import database_answered
from tasks.readiness import fault_estimate
from tasks.run import FailoverRun
from tasks.step import step


def _both(run: FailoverRun) -> list[str]:
    planned = run.operation.mode is Mode.PLANNED
    databases = [run.source.database.endpoint, run.target.database.endpoint]
    caches = [*([run.source.cache.endpoint] if planned else []), run.target.cache.endpoint]
    return [run.outside.prober.endpoint, *databases, *caches]


@step(
    title="Measure the exposure",
    side="target",
    touches=_both,
    deadline=lambda run: wait_for_source_s(run.file, run.operation.mode),
    without_source="what it had sent is measured by the heartbeats that arrived",
    looks_again=True,
)
def measure_exposure(run: FailoverRun) -> Exposure:
    """Wait for what the fenced source can still send; measure what it can not; refuse more than the RPO.

    Server lag reads zero when replication is broken, so heartbeats are asked. Planned:
    everything must arrive. Reads, but for one mark at the source: safe to repeat.
    """
    fault_at = fault_estimate(run)
    caught_up = _caught_up(run)
    beats = run.target.database.heartbeats(run.source.name)
    lacking = None if caught_up else exposure(list(beats.values()), fault_at=fault_at)
    if not caught_up and lacking is None:
        raise LossBeyondRpo(
            f"What a failover to {run.target.name} would lose is unknown: a node group never got a heartbeat of "
            f"{run.source.name}. See that heartbeats are written and replicated."
        )
    rpo = run.file.rpo
    if lacking is not None and lacking > rpo:
        raise LossBeyondRpo(
            f"A failover to {run.target.name} now would lose {lacking.total_seconds():.0f} s of commits, and the RPO "
            f"is {rpo.total_seconds():.0f} s. Let replication catch up, or restore to a point in time."
        )
    return Exposure(
        exposure_s=lacking.total_seconds() if lacking else 0.0,
        limit_s=rpo.total_seconds(),
        caught_up=caught_up,
        fault_at=fault_at,
        by_node_group=beats,
        cache=_cache(run),
    )


def _caught_up(run: FailoverRun) -> bool:
    """Write a mark at the source, and wait until the target has it in every node group."""
    planned = run.operation.mode is Mode.PLANNED
    if not planned and not database_answered(run):
        return False
    try:
        mark = run.source.database.beat(run.source.name)
        deadline_s = wait_for_source_s(run.file, run.operation.mode)
        wait_until(lambda: _arrived(run, mark), what="the mark of the fenced source", deadline_s=deadline_s)
        if planned:
            wait_until(lambda: _cache_arrived(run), what="Redis's last write", deadline_s=deadline_s)
    except RecoveryError as error:
        if planned:
            raise NotReady(f"A planned move may lose nothing, and not all has arrived: {error}") from error
        return False
    return True


def _arrived(run: FailoverRun, mark: datetime) -> tuple[bool | None, str]:
    seen = oldest(list(run.target.database.heartbeats(run.source.name).values()))
    return (True if seen and seen >= mark else None), f"the newest mark that arrived is of {seen}"


def _cache_arrived(run: FailoverRun) -> tuple[bool | None, str]:
    source, target = run.source.cache.look(), run.target.cache.look()
    if target.role == "master":
        return True, "the target's Redis is a master already"
    return (True if target.offset >= source.offset else None), f"{source.offset - target.offset} bytes behind"


def _cache(run: FailoverRun) -> str:
    """What is known of Redis: a cache, so its loss is told and not judged."""
    try:
        state = run.target.cache.look()
    except Unavailable as error:
        return str(error)
    heard = "" if state.lag_s is None else f", heard its master {state.lag_s:g} s ago"
    return f"{state.role} at offset {state.offset}{heard}"
