"""A region that is there again: kept closed, and looked at, part by part."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from recovery.errors import RecoveryError, Unavailable
from recovery.findings import Fences, Finding, Findings
from recovery.readiness.amounts import size
from recovery.salvage.ports import SlotState
from tasks import traffic
from tasks.checks import refuse_unless_all
from tasks.failback_run import FailbackRun
from tasks.fencing import fenced
from tasks.marks import clocks_apart
from tasks.step import step

Check = Callable[[FailbackRun], Finding]
WRITTEN_AGAIN = 2
"""What comes is written as rows, and as WAL of the region itself."""


def parts_of_target(run: FailbackRun) -> list[str]:
    """Return the endpoints of the region that is back."""
    target = run.target
    return [target.database.endpoint, target.cache.endpoint, target.gateway.endpoint]


def parts_of_both(run: FailbackRun) -> list[str]:
    """Return the endpoints of both regions' data."""
    parts = [part for one in (run.source, run.target) for part in (one.database, one.tables, one.cache)]
    return list(dict.fromkeys(part.endpoint for part in parts))


@step(
    title="Keep the returned region fenced",
    side="target",
    mutates=True,
    touches=parts_of_target,
    looks_again=lambda run: run.is_kept_out,
)
def keep_fenced(run: FailbackRun) -> Fences:
    """Close it by every means, all of which must work: it may have come back open, as it was when it was lost.

    Safe to repeat: a fenced part is left as it is. A resumed process does, until it opens the region: that may have
    been started anew, and be open.
    """
    fences = fenced(run.target, prove=run.epoch.prove)
    if silent := [f"{one.means}: {one.detail}" for one in fences.means if not one.worked]:
        raise Unavailable(f"{run.target.name} is not all back: {'; '.join(silent)}")
    return fences


@step(title="Leave the region fenced", side="target", mutates=True, undoes=True, touches=parts_of_target)
def leave_fenced(run: FailbackRun) -> None:
    """Close it again, whatever was opened. What was brought home stays, and so does replication. Safe to repeat.

    Where traffic is held, it serves customers whom nobody could serve better: a person closes it.
    """
    if traffic.is_held(run):
        return
    fenced(run.target, prove=run.epoch.prove)
    run.epoch.prove()
    run.outside.traffic.mark_unhealthy(run.target.name)
    if stop := run.outside.stops.get(run.target.name):
        run.epoch.prove()
        stop.put()


@step(
    title="See that the region is back",
    side="target",
    touches=lambda run: [*parts_of_both(run), run.target.gateway.endpoint, run.source.gateway.endpoint],
    looks_again=lambda run: run.is_kept_out,
)
def is_back(run: FailbackRun) -> Findings:
    """Refuse a region of which a part is missing, is of another version, or has another time. Reads, but for marks."""
    checks: list[Check] = [_serves, _database, _cache, _services, _clocks, _room]
    with ThreadPoolExecutor(len(checks)) as pool:
        found = list(pool.map(lambda check: check(run), checks))
    return refuse_unless_all(f"{run.target.name} can not be brought back", found)


def _serves(run: FailbackRun) -> Finding:
    """The other region has to be sound: everybody is there."""
    failed = run.source.gateway.answers(run.file.services_in(run.source.name))
    return Finding(
        check=f"{run.source.name}'s services answer",
        ok=not failed,
        value=_told(failed) or "all of them",
        witness="orchestrator",
        remedy="mend them first: all customers are there",
    )


def _database(run: FailbackRun) -> Finding:
    check = f"{run.target.name}'s PostgreSQL is of the other region's release, and no standby"
    try:
        here, there = run.target.database.look(), run.source.database.look()
    except RecoveryError as error:
        return _missing(check, error, "start it; see that the operator's role may connect")
    release = [one.version.split(".", maxsplit=1)[0] for one in (here, there)]
    return Finding(
        check=check,
        ok=release[0] == release[1] and not here.in_recovery,
        value=f"{here.version}{', a standby' if here.in_recovery else ''}",
        limit=there.version,
        witness="target",
        remedy="bring it to the same release, and promote it",
    )


def _cache(run: FailbackRun) -> Finding:
    check = f"{run.target.name}'s Redis answers"
    try:
        state = run.target.cache.look()
    except RecoveryError as error:
        return _missing(check, error, "start it")
    return Finding(check=check, ok=True, value=f"{state.role} at offset {state.offset}", witness="target")


def _services(run: FailbackRun) -> Finding:
    check = f"{run.target.name}'s services stand behind its gateway"
    if not run.target.gateway.fences:
        return Finding(check=check, ok=True, value="not looked at: no runtime API is configured")
    try:
        state = run.target.gateway.look()
    except RecoveryError as error:
        return _missing(check, error, "start the gateway")
    known = len(state.services_up) + len(state.services_down)
    return Finding(
        check=check,
        ok=known > 0,
        value=f"{known} are known to it, {len(state.services_up)} up: shut out of PostgreSQL, none need be",
        witness="target",
        remedy="see its configuration",
    )


def _clocks(run: FailbackRun) -> Finding:
    check = "the regions' clocks agree"
    limit_s = float(run.file.settings.reconciliation.most_clock_skew_seconds)
    try:
        apart_s, error_s = clocks_apart(run.estate)
    except RecoveryError as error:
        return _missing(check, error, "start PostgreSQL")
    return Finding(
        check=check,
        ok=abs(apart_s) + error_s <= limit_s,
        value=f"{abs(apart_s):.3f} s apart, give or take {error_s:.3f} s",
        limit=f"{limit_s:g} s",
        witness="orchestrator",
        remedy="set the clocks: of two writes, the later one wins",
    )


def _room(run: FailbackRun) -> Finding:
    """The other region has kept what is to come; of what it has not kept, nobody knows how much that is."""
    check = f"{run.target.name}'s disk has room"
    try:
        free = run.estate.restorable(run.target.name).scratch(run.id).room().free_bytes
        slots = run.source.sending.slots(run.target.database.subscriptions())
    except RecoveryError as error:
        return Finding(check=check, ok=True, value=f"not looked at: {error}")
    needed = WRITTEN_AGAIN * max((slot.kept_bytes for slot in slots), default=0)
    unknown = [one.subscription.node_group for one in slots if one.state is not SlotState.KEPT]
    more = f", and what {', '.join(unknown)} missed, which is not known" if unknown else ""
    return Finding(
        check=check,
        ok=free > needed,
        value=f"{size(free)} are free",
        limit=f"{size(needed)}{more}",
        witness="target",
        remedy="make room: the region has to take all that was committed meanwhile",
    )


def _told(failed: Mapping[str, str]) -> str:
    return ", ".join(f"{service}: {how}" for service, how in failed.items())


def _missing(check: str, error: RecoveryError, remedy: str) -> Finding:
    return Finding(check=check, ok=False, value=str(error), remedy=remedy)
