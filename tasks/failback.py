"""What makes an operation a failback: what it refuses, how its journal begins, how it goes on after a stop."""

from pydantic import JsonValue

from recovery.epoch import Epoch, holder_of
from recovery.errors import BadInput, NotReady, RecoveryError
from recovery.estate_in_hand import EstateInHand
from recovery.failback import Failback
from recovery.journal import Event
from recovery.left_region import left_region
from recovery.operation_journal import OperationJournal, read
from recovery.procedures import ProcedureName
from tasks import failback_reporting, going_back
from tasks.failback_run import FailbackRun
from tasks.journal import Procedure


def show(operation: Failback, estate: EstateInHand) -> str:
    """Return what would be done, and change nothing: what is known of how the region was left, and of its parts now."""
    quorum, target = estate.outside.journal, estate.region(operation.region)
    left = left_region(quorum, operation.region, but="")
    run = FailbackRun(
        operation, estate, OperationJournal(quorum, "dry-run", actor="dry run"), Epoch(quorum, estate.name, 0)
    )
    lines = [f"{operation.region} was left by {left.operation} at {left.at:%Y-%m-%d %H:%M:%S} UTC."]
    try:
        subscriptions = run.source.database.subscriptions()
        slots = target.sending.slots(subscriptions)
        lines += [
            f"{one.subscription.node_group}: {one.state}, applied up to {one.subscription.received_lsn}"
            for one in slots
        ]
        lines += [f"{operation.region}'s Redis is a {target.cache.look().role}."]
        _refuse_served(operation.region, estate)
    except RecoveryError as error:
        lines.append(f"WOULD BE REFUSED now: {error}")
    lines.append(f"It would get {going_back.share_of(run)} % of the traffic.")
    if holder := holder_of(quorum, estate.name):
        lines.append(f"WOULD BE REFUSED now: {holder.operation} holds the estate.")
    return "\n".join([*lines, "Nothing was changed."])


def _refuse(operation: Failback, estate: EstateInHand) -> None:
    """Raise `BadInput` for a region that is not there, or that nobody has left."""
    estate.file.other(operation.region)
    left_region(estate.outside.journal, operation.region, but=operation.id or "")
    if not (operation.id and read(estate.outside.journal, operation.id)):
        _refuse_served(operation.region, estate)


def customers_weight(region: str, estate: EstateInHand) -> int:
    """Return by which weight a region is sent customers; none where it is called unhealthy, or has its stop object."""
    weight = estate.outside.traffic.weights().get(region, 0)
    stop = estate.outside.stops.get(region)
    closed = estate.outside.traffic.forced_unhealthy(region) or (stop is not None and stop.present())
    return 0 if closed else weight


def _refuse_served(region: str, estate: EstateInHand) -> None:
    """Raise `NotReady` for a region that has customers: the fence would leave them without service."""
    if weight := customers_weight(region, estate):
        raise NotReady(
            f"{region} is sent customers, by weight {weight}, and a failback begins with its fence. Send them all to "
            f"{estate.file.other(region)} first, by step 12 of runbooks/region_failback.md; where it was brought "
            "back by hand, there is nothing to do."
        )


def _refuse_changed(operation: Failback, begun: Event) -> None:
    """Raise `BadInput` where the journal's operation was asked for with other parameters."""
    before = Failback.model_validate(begun.data["parameters"])
    if before.region != operation.region:
        raise BadInput(
            f"Operation {operation.id} brings {before.region} back, not {operation.region}; resume it as it was with "
            f"`dr resume {operation.id}`."
        )


def _opening(run: FailbackRun) -> dict[str, JsonValue]:
    return {
        "returned": run.target.name,
        "serving": run.source.name,
        "failover": run.failover.operation,
        "left_at": run.failover.at.isoformat(),
    }


def _going_on(run: FailbackRun) -> list[str]:
    return [
        f"{run.target.name} serves its share; mend what stopped it, then run `dr resume {run.id}`",
        f"or follow runbooks/region_failback.md from that step on, then run `dr close {run.id}`",
    ]


PROCEDURE = Procedure(
    name=ProcedureName.REGION_FAILBACK,
    short="failback",
    run=FailbackRun,
    refuse=_refuse,
    refuse_changed=_refuse_changed,
    opening=_opening,
    going_on=_going_on,
    publish=failback_reporting.publish_interim,
    publish_missing=failback_reporting.publish_missing,
)
