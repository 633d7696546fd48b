"""The steady state: both regions serve, each has what the other one writes, and nobody works on the estate."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

from recovery import operation_journal
from recovery.epoch import holder_of
from recovery.errors import RecoveryError
from recovery.estate_in_hand import EstateInHand
from recovery.findings import Finding, Findings
from recovery.traffic import told
from recovery.waiting import wait_until
from tasks.marks import crossed

WINDOW = timedelta(seconds=3)
MARK_S = 5.0


def findings(estate: EstateInHand, *, marks: bool = True) -> Findings:
    """Return what holds of the steady state now; all is looked at at once. Writes nothing but *marks*."""
    looks = (_serves, _arrives) if marks else (_serves,)
    checks: list[Callable[[], Finding]] = [
        *(partial(look, estate, name) for look in looks for name in estate.file.regions),
        *(partial(look, estate) for look in (_weighted, _customers, _free)),
    ]
    with ThreadPoolExecutor(len(checks)) as pool:
        return Findings(findings=list(pool.map(lambda check: check(), checks)))


def awaited(estate: EstateInHand, *, deadline_s: float) -> Findings:
    """Return the findings as soon as all hold; `DeadlinePassed` says what does not."""

    def steady() -> tuple[Findings | None, str]:
        found = findings(estate)
        return (None if found.failed else found), "; ".join(map(str, found.failed))

    return wait_until(steady, what="the steady state", deadline_s=deadline_s, poll_s=0.5)


def _serves(estate: EstateInHand, region: str) -> Finding:
    failed = estate.region(region).gateway.answers(estate.file.services_in(region))
    return Finding(
        check=f"{region}'s services answer",
        ok=not failed,
        value=", ".join(f"{service}: {how}" for service, how in failed.items()) or "all of them",
        witness="orchestrator",
        remedy="start what is down, or bring the region back",
    )


def _arrives(estate: EstateInHand, writer: str) -> Finding:
    check = f"what {writer} commits arrives in the other region"
    try:
        lag_s = crossed(estate, writer, deadline_s=MARK_S)
    except RecoveryError as error:
        return Finding(
            check=check, ok=False, value=str(error), witness="target", remedy="mend the replication"
        )
    return Finding(check=check, ok=True, value=f"in {lag_s:.2f} s", limit=f"{MARK_S:g} s", witness="target")


def _weighted(estate: EstateInHand) -> Finding:
    check = "both regions are sent customers"
    try:
        weights = estate.outside.traffic.weights()
        forced = [name for name in estate.file.regions if estate.outside.traffic.forced_unhealthy(name)]
        stopped = [name for name, stop in estate.outside.stops.items() if stop.present()]
    except RecoveryError as error:
        return Finding(
            check=check, ok=False, value=str(error), witness="Route 53", remedy="wait for Route 53"
        )
    off = sorted({*forced, *stopped, *(name for name, weight in weights.items() if not weight)})
    return Finding(
        check=check,
        ok=not off,
        value=told(weights) + (f"; switched off: {', '.join(off)}" if off else ""),
        witness="Route 53",
        remedy="bring the region back by a failback",
    )


def _customers(estate: EstateInHand) -> Finding:
    check, limit = "customers are served", float(estate.file.settings.prober.success_target)
    try:
        success = estate.outside.prober.evidence(WINDOW).global_name.success
    except RecoveryError as error:
        return Finding(check=check, ok=False, value=str(error), witness="prober", remedy="start the prober")
    return Finding(
        check=check,
        ok=success is not None and success >= limit,
        value="nothing was seen" if success is None else f"{100 * success:.2f} %",
        limit=f"{100 * limit:g} %",
        witness="prober",
        remedy="see what fails through the global name",
    )


def _free(estate: EstateInHand) -> Finding:
    """Nobody works on it, and no region is left."""
    quorum = estate.outside.journal
    holder = holder_of(quorum, estate.name)
    left = [by for name in estate.file.regions if (by := operation_journal.left_by(quorum, name, but=""))]
    value = f"{holder.operation} holds it" if holder else f"left by {left[0]}" if left else "yes"
    return Finding(
        check="no operation is under way, and no region is left",
        ok=holder is None and not left,
        value=value,
        witness="journal",
        remedy="wait for its end, or bring the region back",
    )
