"""Whether the target can take over: each finding with its value, its limit and its remedy."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from recovery import operation_journal
from recovery.drill.order import is_test
from recovery.errors import RecoveryError, Unavailable
from recovery.estate_in_hand import EstateInHand
from recovery.findings import Finding, exposure
from recovery.journal import Kind, closed_at
from recovery.operation import Mode
from tasks.fencing import begun_at
from tasks.run import FailoverRun, now
from tasks.traffic import DRAIN, RETURN

SESSIONS_SHARE = 0.8
"""Of the gateway's limit: above it, new sessions begin to queue."""


def of_target(run: FailoverRun) -> list[Finding]:
    """Return every finding; all are made at the same time."""
    checks: list[Callable[[FailoverRun], Finding]] = [
        _database_answers,
        _database_writes,
        _exposure,
        _services,
        capacity,
        _cache,
        _traffic,
        _front_door,
        _cooled_down,
    ]
    with ThreadPoolExecutor(len(checks)) as pool:
        return list(pool.map(lambda check: check(run), checks))


def _database_answers(run: FailoverRun) -> Finding:
    check = f"{run.target.name}'s PostgreSQL is in its role"
    role = run.file.postgres_in(run.target.name).role
    try:
        state = run.target.database.look()
    except RecoveryError as error:
        return _missing(check, error, "start it; see that the operator's role may connect")
    shut = [role for role, may in state.logins.items() if not may]
    return Finding(
        check=check,
        ok=not shut and state.in_recovery == (role == "standby"),
        value=f"{'standby' if state.in_recovery else 'primary'}, {len(shut)} application roles shut out",
        limit=f"{role}, none shut out",
        witness="target",
        remedy="a region that was left before stays fenced until it has failed back",
    )


def _database_writes(run: FailoverRun) -> Finding:
    check = f"{run.target.name}'s PostgreSQL takes writes"
    if run.file.postgres_in(run.target.name).role == "standby":
        return Finding(check=check, ok=True, value="a standby: it does once it is promoted", witness="target")
    try:
        run.target.database.try_write()
    except RecoveryError as error:
        return _missing(check, error, "see that every node group's database takes writes")
    return Finding(check=check, ok=True, value="in every node group", witness="target")


def _exposure(run: FailoverRun) -> Finding:
    check = f"what {run.target.name} lacks of {run.source.name}'s commits"
    limit = f"RPO {run.file.rpo.total_seconds():g} s"
    try:
        beats = list(run.target.database.heartbeats(run.source.name).values())
    except RecoveryError as error:
        return _missing(check, error, "start PostgreSQL")
    lacking = exposure(beats, fault_at=_committed_until(run))
    if lacking is None:
        return Finding(
            check=check,
            ok=False,
            value="unknown: a node group never got a heartbeat",
            limit=limit,
            witness="target",
            remedy="see that heartbeats are written and replicated in every node group",
        )
    remedy = "let replication catch up, or restore to a point in time"
    lag_s = float(run.file.postgres_multi_region.monitoring.lag_threshold_seconds)
    return Finding(
        check=check,
        ok=lacking <= run.file.rpo,
        value=f"{lacking.total_seconds():.2f} s{_warned(lacking, lag_s)}",
        limit=limit,
        witness="target",
        remedy=remedy,
    )


def _committed_until(run: FailoverRun) -> datetime:
    """Return until when the source has committed: its heartbeats end with the fence, however long ago that was."""
    closed_at = begun_at(run) if run.operation.mode is Mode.PLANNED else None
    return closed_at or fault_estimate(run)


def _warned(lag: timedelta, threshold_s: float) -> str:
    """Say where a lag is above the estate's threshold: a warning, the RPO is what refuses."""
    return f", above the lag threshold of {threshold_s:g} s" if lag.total_seconds() > threshold_s else ""


def fault_estimate(run: FailoverRun) -> datetime:
    """Return when the source was last seen good: by the prober, or now where it does not say it failed."""
    if run.operation.injected_at is not None:
        return run.operation.injected_at
    try:
        seen = run.outside.prober.evidence(timedelta(seconds=10)).regions.get(run.source.name)
    except Unavailable:
        return now()
    if run.operation.mode is Mode.PLANNED or seen is None or not seen.consecutive_failures:
        return now()
    return seen.last_good_at or now()


def _services(run: FailoverRun) -> Finding:
    failed = run.target.gateway.answers(run.file.services_in(run.target.name))
    return Finding(
        check=f"{run.target.name}'s services answer through its gateway",
        ok=not failed,
        value=", ".join(f"{service}: {how}" for service, how in failed.items()) or "all of them",
        limit="all of them",
        witness="orchestrator",
        remedy="mend the gateway and its services",
    )


def capacity(run: FailoverRun) -> Finding:
    """Return whether the target's gateway has room for everybody."""
    check = f"{run.target.name}'s gateway has room"
    if not run.target.gateway.fences:
        return Finding(check=check, ok=True, value="not looked at: no runtime API is configured")
    try:
        state = run.target.gateway.look()
    except RecoveryError as error:
        return _missing(check, error, "start the gateway, or correct `recovery.gateways`")
    share = _share_of_target(run)
    expected = round(state.sessions / share) if share else state.sessions
    told = "expected" if share is not None else "now, its share of all is not known"
    room = round(SESSIONS_SHARE * state.sessions_limit)
    down = f", down: {', '.join(state.services_down)}" if state.services_down else ""
    return Finding(
        check=check,
        ok=expected <= room and not state.services_down and not state.fenced,
        value=f"{expected} sessions {told}{down}{', fenced' if state.fenced else ''}",
        limit=f"{room} sessions, all services up, open",
        witness="target",
        remedy="raise maxconn, start what is down, or unfence the region",
    )


def _share_of_target(run: FailoverRun) -> float | None:
    """Return its share of the answers, None where the control plane does not tell: no failover waits for that."""
    try:
        weights = run.outside.traffic.weights()
    except RecoveryError:
        return None
    return weights[run.target.name] / sum(weights.values()) if sum(weights.values()) else 0.0


def _cache(run: FailoverRun) -> Finding:
    check = f"{run.target.name}'s Redis answers"
    try:
        state = run.target.cache.look()
    except RecoveryError as error:
        return _missing(check, error, "start Redis")
    lag_s = run.file.redis_multi_region.monitoring.lag_threshold_ms / 1000
    heard = timedelta(seconds=state.lag_s or 0)
    lag = "" if state.lag_s is None else f", heard its master {state.lag_s:g} s ago{_warned(heard, lag_s)}"
    return Finding(check=check, ok=True, value=f"{state.role}{lag}", witness="target")


def _traffic(run: FailoverRun) -> Finding:
    check = f"{run.target.name} may be answered by the global name"
    try:
        forced = run.outside.traffic.forced_unhealthy(run.target.name)
        stopped = _is_stopped(run)
    except RecoveryError as error:
        return _traffic_silent(run, check, error)
    return Finding(
        check=check,
        ok=not forced and not stopped,
        value="forced unhealthy" if forced else "stopped by its stop object" if stopped else "yes",
        limit="yes",
        witness="Route 53",
        remedy="fail back first: this region was left before",
    )


def _is_stopped(run: FailoverRun) -> bool:
    """Whether the target's stop object is there. It is kept in the source: one that is lost with that stops nothing."""
    stop = run.outside.stops.get(run.target.name)
    try:
        return stop is not None and stop.present()
    except Unavailable:
        if run.operation.mode is Mode.UNPLANNED:
            return False
        raise


def _traffic_silent(run: FailoverRun, check: str, error: RecoveryError) -> Finding:
    """Without the control plane an unplanned move still has the stop object; a planned one waits."""
    can_stop = run.operation.mode is Mode.UNPLANNED and run.source.name in run.outside.stops
    return Finding(
        check=check,
        ok=can_stop,
        value=f"unknown, {'the stop object will do' if can_stop else 'and there is no other switch'}: {error}",
        witness="Route 53",
        remedy="wait for Route 53's control plane, or configure `recovery.route53.stop_objects`",
    )


def _front_door(run: FailoverRun) -> Finding:
    check = f"{run.outside.front_door.name} is answered"
    try:
        answered = run.outside.front_door.regions_answered()
    except RecoveryError as error:
        return _missing(check, error, "see `recovery.route53.authoritative_servers`")
    return Finding(check=check, ok=True, value=f"now by {', '.join(answered)}", witness="DNS")


def _cooled_down(run: FailoverRun) -> Finding:
    """An estate rests after an operation; an unplanned loss does not wait for a planned move's rest."""
    check = "the estate has rested since the last operation"
    if run.operation.mode is Mode.UNPLANNED:
        return Finding(check=check, ok=True, value="not asked of an unplanned failover")
    until = rests_until(run.estate, but=run.id)
    rested = until is None or now() >= until
    return Finding(
        check=check,
        ok=rested,
        value="yes" if rested else f"rests until {until:%H:%M:%S} UTC",
        limit="cooldown_seconds, and after a rollback cooldown_period_minutes",
        remedy="wait until then",
    )


def rests_until(estate: EstateInHand, *, but: str = "") -> datetime | None:
    """Return the end of the cooldown that the newest ended operation began, None where there is none."""
    quorum, file = estate.outside.journal, estate.file
    begun = operation_journal.newest_first(quorum)
    newest = next((name for name in begun if name != but and not is_test(name)), None)
    events = operation_journal.read(quorum, newest) if newest else []
    if (at := closed_at(events)) is None:
        return None
    moved = any(event.kind is Kind.NOTED and event.step in {DRAIN, RETURN} for event in events)
    rolled_back = moved and any(event.kind is Kind.BACKED_OUT for event in events)
    rollback = timedelta(minutes=file.automated_failover.rollback.cooldown_period_minutes)
    rest = timedelta(seconds=file.global_load_balancing.failover.cooldown_seconds)
    return at + (rollback if rolled_back else rest)


def _missing(check: str, error: RecoveryError, remedy: str) -> Finding:
    return Finding(check=check, ok=False, value=str(error), remedy=remedy)
