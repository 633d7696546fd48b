"""What makes an operation a restore: what it refuses, how its journal begins, how it goes on after a stop."""

from pydantic import JsonValue

from recovery.errors import BadInput
from recovery.estate_in_hand import EstateInHand
from recovery.journal import Event
from recovery.procedures import ProcedureName
from recovery.restore_operation import Restore
from tasks import restore_reporting
from tasks.journal import Procedure
from tasks.restore_run import RestoreRun


def _refuse(operation: Restore, estate: EstateInHand) -> None:
    """Raise `BadInput` for a region, a scope or a table that can not be restored, or a forbidden procedure."""
    estate.restorable(operation.region)
    if not estate.file.disaster_recovery.procedures.data_corruption:
        raise BadInput(
            f"{estate.file.name}: disaster_recovery.procedures.data_corruption is not true, and this is that "
            "procedure; set it to true to allow it."
        )
    groups = estate.file.node_groups
    if strangers := [table for table in operation.tables if table.split(".")[0] not in groups]:
        raise BadInput(
            f"{', '.join(strangers)}: no such database is restored; begin a table with one of {', '.join(groups)}."
        )


def _refuse_changed(operation: Restore, begun: Event) -> None:
    """Raise `BadInput` where the journal's operation was asked for with other parameters."""
    before = Restore.model_validate(begun.data["parameters"])
    asked = ("region", "scope", "target", "tables", "damage_until", "apply")
    if changed := [name for name in asked if getattr(before, name) != getattr(operation, name)]:
        raise BadInput(
            f"Operation {operation.id} was asked for with another {', '.join(changed)}; resume it as it was with "
            f"`dr resume {operation.id}`."
        )


def _opening(run: RestoreRun) -> dict[str, JsonValue]:
    asked = run.operation
    return {"region": asked.region, "scope": asked.scope, "moment": str(asked.target)}


def _going_on(run: RestoreRun) -> list[str]:
    return [
        f"mend what stopped it, then run `dr resume {run.id}`: it goes on with the step that failed",
        f"or follow runbooks/pitr_restore.md from that step on, then run `dr close {run.id}`",
    ]


PROCEDURE = Procedure(
    name=ProcedureName.PITR_RESTORE,
    short="restore",
    run=RestoreRun,
    refuse=_refuse,
    refuse_changed=_refuse_changed,
    opening=_opening,
    going_on=_going_on,
    publish=restore_reporting.publish_interim,
    publish_missing=restore_reporting.publish_missing,
)
