"""What makes an operation a failover: what it refuses, how its journal begins, how it goes on after a stop."""

from prefect.logging import get_run_logger
from pydantic import JsonValue

from recovery.errors import BadInput
from recovery.estate_file.concerns import missed_objective
from recovery.estate_in_hand import EstateInHand
from recovery.forecast import forecast
from recovery.journal import Event
from recovery.operation import Failover, Mode
from tasks import blackout, planning, reporting
from tasks.journal import Procedure
from tasks.run import FailoverRun


def _refuse(operation: Failover, estate: EstateInHand) -> None:
    """Raise `BadInput` for a region that is not there, or a procedure that the estate forbids."""
    estate.file.other(operation.source)
    if not estate.file.disaster_recovery.procedures.region_failure:
        raise BadInput(
            f"{estate.file.name}: disaster_recovery.procedures.region_failure is false, and this is that "
            "procedure; set it to true to allow it."
        )


def _refuse_changed(operation: Failover, begun: Event) -> None:
    """Raise `BadInput` where the journal's operation was asked for with other parameters."""
    before = Failover.model_validate(begun.data["parameters"])
    if (before.source, before.mode) != (operation.source, operation.mode):
        raise BadInput(
            f"Operation {operation.id} leaves {before.source} ({before.mode}), not {operation.source} "
            f"({operation.mode}); resume it as it was with `dr resume {operation.id}`."
        )


def _refuse_plan(run: FailoverRun) -> None:
    """Raise `NeedsTheLost` where a step would need what may be lost with the source."""
    blackout.refuse_needy(run, [step for step, _look in planning.procedure(run.operation.mode)])


def _beyond_rto(run: FailoverRun) -> str | None:
    """Say where the deadlines on the critical path add up to more than the RTO: nobody is refused for that at night."""
    concern = missed_objective(run.file, forecast(run.file, Mode(run.operation.mode)))
    return concern.sentence if concern else None


def _opening(run: FailoverRun) -> dict[str, JsonValue]:
    if beyond := _beyond_rto(run):
        get_run_logger().warning("The deadlines add up to more than the RTO: %s", beyond)
    return {
        "beyond_rto": beyond,
        "source": run.source.name,
        "target": run.target.name,
        "forecast_s": forecast(run.file, Mode(run.operation.mode)).total.total_seconds(),
    }


def _going_on(run: FailoverRun) -> list[str]:
    return [
        f"mend what stopped it, then run `dr resume {run.id}`: it goes on with the step that failed",
        f"or follow runbooks/region_failover.md from that step on, then run `dr close {run.id}`",
        f"do not bring {run.source.name} back into service before a failback",
    ]


PROCEDURE = Procedure(
    name="region-failover",
    short="failover",
    run=FailoverRun,
    refuse=_refuse,
    refuse_changed=_refuse_changed,
    refuse_plan=_refuse_plan,
    opening=_opening,
    going_on=_going_on,
    publish=reporting.publish_interim,
    publish_missing=reporting.publish_missing,
)
