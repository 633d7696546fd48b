"""The stand-ins, opened to customers, and the customers sent to them."""

from time import monotonic

from recovery.errors import RecoveryError
from recovery.estate_file.gateway import Gateway
from recovery.journal import Kind
from recovery.left_hosts import Moved, clusters, is_written, leave
from recovery.restoring import Opened, Redirected
from recovery.traffic import CONTROL_PLANE, ChangeRef, Door, Move, Redirection
from recovery.waiting import wait_until
from tasks.answers import answered_only
from tasks.both_lost import seen_lost
from tasks.replacing import openings, served_s
from tasks.restore_run import RecoveryRun
from tasks.run import now
from tasks.step import step


def _stand_ins(run: RecoveryRun) -> list[str]:
    regions = [run.estate.region(part.region) for part in run.parts]
    return [end for one in regions for end in (one.database.endpoint, one.gateway.endpoint)]


def _dns(run: RecoveryRun) -> list[str]:
    return [CONTROL_PLANE, run.outside.front_door.name]


def _opening_s(run: RecoveryRun) -> float:
    return float(run.file.settings.deadlines.confirm_seconds) + served_s(run)


def _sending_s(run: RecoveryRun) -> float:
    """The records, then the weights, then what is answered."""
    return 3 * float(run.file.settings.deadlines.shift_seconds)


@step(title="Open the stand-ins", mutates=True, touches=_stand_ins, timeout_s=None, deadline=_opening_s)
def open_stand_ins(run: RecoveryRun) -> Opened:
    """Let the applications in, open the gateways, and see every service answer behind each.

    Before that it is written down where the estate is from now on: nothing is done to the lost hosts any more. And
    before that it is looked at once more, since a process may have been killed in between: a region that is back has
    newer data, and serves. Safe to repeat.
    """
    began = monotonic()
    if not is_written(run.outside.journal, run.estate.name, run.id):
        seen_lost(run)
    decided = run.journal.find(Kind.POINT_OF_NO_RETURN)
    moved = Moved(operation=run.id, at=decided.time if decided else now(), clusters=clusters(run.file))
    leave(run.outside.journal, run.estate.name, moved)
    for part in run.parts:
        run.epoch.prove()
        part.replacement.archive()
    for opens in openings(run):
        run.epoch.prove()
        opens()
    for part in run.parts:
        _see_it_answer(run, part.region)
    return Opened(regions=[part.region for part in run.parts], closed_s=monotonic() - began)


@step(
    title="Send the traffic to the stand-ins",
    mutates=True,
    retries=3,
    touches=_dns,
    timeout_s=None,
    deadline=_sending_s,
)
def send_traffic(run: RecoveryRun) -> Redirected:
    """Have the records and health checks that name the lost gateways name the stand-ins', and see it answered.

    What a failover had left is put right: forced health, stop objects, weights of zero. It needs the provider's control
    plane, as nothing else does. Safe to repeat: what names the stand-ins already is left as it is.
    """
    traffic, regions = run.outside.traffic, [part.region for part in run.parts]
    changed = _foretold(run)
    run.epoch.prove()
    _applied(run, traffic.redirect(redirection(run)))
    left = _stops_removed(run)
    for region in regions:
        run.epoch.prove()
        traffic.mark_healthy(region)
    weights = dict(traffic.weights())
    if not all(weights[region] for region in regions):
        even = {region: weights[region] or max(weights.values()) or 1 for region in regions}
        run.epoch.prove()
        _applied(run, traffic.set_weights(weights | even))
    answered_at, error_s = answered_only(run, set(regions))
    return Redirected(changed=changed, answered_at=answered_at, error_s=error_s, left=left)


def _foretold(run: RecoveryRun) -> list[str]:
    """Return what is to be changed, as the first try saw it: a later one finds nothing left."""
    for event in run.journal.events:
        if event.kind is Kind.NOTED and isinstance(told := event.data.get("changed"), list):
            return [str(one) for one in told]
    changed = run.outside.traffic.redirected(redirection(run))
    run.note("What leads to the lost gateways.", step="send_traffic", changed=[*changed])
    return changed


def _applied(run: RecoveryRun, change: ChangeRef) -> None:
    wait_until(
        lambda: (True if run.outside.traffic.applied(change) else None, "not yet applied"),
        what="the records of the stand-ins",
        deadline_s=float(run.file.settings.deadlines.shift_seconds),
    )


def redirection(run: RecoveryRun) -> Redirection:
    """Return each region's lost gateway, with the one of its stand-in."""
    lost, here = run.lost.file.settings.gateways, run.file.settings.gateways
    return {part.region: Move(_door(lost[part.region]), _door(here[part.region])) for part in run.parts}


def _door(gateway: Gateway) -> Door:
    return Door(str(gateway.address), int(gateway.port))


def _see_it_answer(run: RecoveryRun, region: str) -> None:
    services = run.file.services_in(region)

    def answers() -> tuple[bool | None, str]:
        failed = run.estate.region(region).gateway.answers(services)
        return (None if failed else True), ", ".join(f"{name}: {how}" for name, how in failed.items())

    wait_until(
        answers,
        what=f"every service of {region}'s stand-in",
        deadline_s=float(run.file.settings.deadlines.verify_seconds),
        poll_s=0.2,
    )


def _stops_removed(run: RecoveryRun) -> list[str]:
    """Remove the stop objects of the regions that are rebuilt; one in a lost region stops nobody while it is lost."""
    left = []
    for part in run.parts:
        if stop := run.outside.stops.get(part.region):
            run.epoch.prove()
            try:
                stop.remove()
            except RecoveryError as error:
                left.append(f"{part.region}'s stop object was not seen gone: {error}")
    return left
