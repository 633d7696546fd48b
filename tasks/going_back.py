"""The returned region is opened, and gets its share of customers, step by step."""

from datetime import timedelta

from recovery.errors import DeadlinePassed, NotReady, RecoveryError
from recovery.failback import CacheReturned, Opened, Returned, Served
from recovery.forecast import drain_s
from recovery.shift import WHOLE
from recovery.traffic import CONTROL_PLANE, stop_object_of
from recovery.waiting import wait_until
from tasks import traffic
from tasks.accounting import accounted_for, look_back
from tasks.failback_run import FailbackRun
from tasks.returning import parts_of_both, parts_of_target
from tasks.step import step
from tasks.verification import served_by

CACHE_S = 30.0
CLIENTS = {"write", "read"}
"""What the prober does as a customer does; it also asks each region by itself, whoever is sent there."""
EVEN = 50
"""Percent, where nobody knows what the region had before."""


def _opened(run: FailbackRun) -> list[str]:
    stop = [stop_object_of(run.target.name)] if run.target.name in run.outside.stops else []
    return [*parts_of_target(run), *stop, CONTROL_PLANE]


@step(
    title="Open the region",
    side="target",
    mutates=True,
    touches=_opened,
)
def open_region(run: FailbackRun) -> Opened:
    """Let applications in, open its gateway, and let it be answered: with weight zero, nobody is sent there yet.

    Returns once every service answers through its gateway; `NotReady` where one does not. Safe to repeat.
    """
    target, means = run.target, ["PostgreSQL roles may log in", "Redis"]
    opens = [target.database.unfence, target.cache.unfence]
    if target.gateway.fences:
        opens.append(target.gateway.unfence)
        means.append("gateway")
    for let_in in opens:
        run.epoch.prove()
        let_in()

    def answers() -> tuple[bool | None, str]:
        failed = target.gateway.answers(run.file.services_in(target.name))
        return (None if failed else True), ", ".join(f"{name}: {how}" for name, how in failed.items())

    try:
        deadline_s = float(run.file.settings.deadlines.verify_seconds)
        wait_until(answers, what=f"{target.name}'s services through its gateway", deadline_s=deadline_s)
    except DeadlinePassed as error:
        raise NotReady(f"{target.name} can not be brought back: {error}; start what is down.") from error
    run.epoch.prove()
    run.outside.traffic.mark_healthy(target.name)
    if stop := run.outside.stops.get(target.name):
        run.epoch.prove()
        stop.remove()
        means.append("stop object removed")
    return Opened(means=[*means, "health check"])


def share_of(run: FailbackRun) -> int:
    """Return the share of traffic that the region gets, percent: as asked for, or as it was before it was left."""
    if run.operation.share_percent is not None:
        return run.operation.share_percent
    weights = run.failover.weights or {}
    share = round(WHOLE * weights.get(run.target.name, 0) / (sum(weights.values()) or 1))
    return share if 0 < share < WHOLE else EVEN


@step(
    title="Return its traffic",
    side="target",
    mutates=True,
    retries=0,
    timeout_s=None,
    touches=traffic.in_steps,
    deadline=lambda run: drain_s(run.file) + _late(run).total_seconds(),
)
def return_traffic(run: FailbackRun) -> Returned:
    """Send the region its share of traffic in the estate's steps, each verified by what the prober saw.

    Rolled back by itself over the failure threshold. Safe to repeat: it goes on from the weights that the zone has.
    """
    share = share_of(run)
    plan = traffic.plan_of(run)
    plan = plan.model_copy(update={"final_percent": share, "max_hold": plan.max_hold + _late(run)})
    steps = traffic.moved_in_steps(run, plan, step=traffic.RETURN)
    return Returned(original=traffic.original_of(run) or {}, steps=steps)


def _late(run: FailbackRun) -> timedelta:
    """Return how much later answers lead there: once its health check has been well so often in a row."""
    checks = run.file.global_load_balancing.health_checks
    return timedelta(seconds=float(checks.interval_seconds) * (1 + int(checks.failure_threshold)))


@step(
    title="Give its Redis back what it had",
    mutates=True,
    touches=parts_of_both,
    timeout_s=None,
    deadline=lambda _run: 2 * CACHE_S,
)
def return_cache(run: FailbackRun) -> CacheReturned:
    """Have the region's Redis take writes again, if it did before the failover; nothing is lost on the way.

    The other one refuses writes until its last byte has arrived. Safe to repeat: each part looks before it acts.
    """
    here, there = run.target, run.source
    if not run.failover.moved_cache:
        return CacheReturned(master=there.name, moved=False)
    if here.cache.look().role == "replica":
        there.cache.fence()
        last = there.cache.look().offset

        def arrived() -> tuple[bool | None, str]:
            state = here.cache.look()
            return (True if state.offset >= last else None), f"{last - state.offset} bytes behind"

        wait_until(arrived, what="the last write of the other Redis", deadline_s=CACHE_S)
        run.epoch.prove()
        here.cache.promote()
    run.epoch.prove()
    there.cache.follow(run.file.redis_reached(here.name))

    def follows() -> tuple[bool | None, str]:
        state = there.cache.look()
        return (True if state.role == "replica" and state.link_up else None), f"it is a {state.role}"

    wait_until(follows, what=f"{there.name}'s Redis as a replica", deadline_s=CACHE_S)
    run.epoch.prove()
    there.cache.unfence()
    return CacheReturned(master=here.name, moved=True)


@step(
    title="Verify through the global name",
    side="target",
    touches=lambda run: [*parts_of_both(run), run.outside.front_door.name, run.outside.prober.endpoint],
)
def verify_return(run: FailbackRun) -> Served:
    """Every service answers through the global name; what was lost at the failover is looked for in both regions."""
    regions = {run.source.name, run.target.name}
    deadline_s = float(run.file.settings.deadlines.verify_seconds)
    served = wait_until(
        lambda: served_by(run, regions), what="every service", deadline_s=deadline_s, poll_s=0.2
    )
    services, before = {one.service: one.detail for one in served}, run.failover.report.rows
    lost_then = len(before.lost) if before else None
    try:
        requests = run.outside.prober.requests(run.journal.events[0].time)
        rows = accounted_for(run.estate, look_back(run.estate, run.failover.at))
    except RecoveryError as error:
        return Served(services=services, lost_then=lost_then, reason=str(error))
    clients = [one for one in requests if one.kind in CLIENTS]
    return Served(
        services=services,
        failed_requests=sum(not one.succeeded for one in clients),
        requests=len(clients),
        acknowledged=rows.acknowledged,
        lost_then=lost_then,
        lost_now=len(rows.lost),
        gone=rows.lost,
    )
