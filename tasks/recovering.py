"""What makes an operation a recovery of both regions: what it refuses, how its journal begins, and how it ends."""

from pydantic import JsonValue

from recovery.errors import BadInput
from recovery.estate_in_hand import EstateInHand
from recovery.journal import Event
from recovery.multi_region_recovery import MultiRegionRecovery
from recovery.procedures import ProcedureName
from recovery.report.restore_document import RestoreReport
from tasks import restore_reporting
from tasks.journal import Procedure
from tasks.recovered import measure_recovery
from tasks.restore_run import RecoveryRun


def _refuse(operation: MultiRegionRecovery, estate: EstateInHand) -> None:
    """Raise `BadInput` for an estate without stand-ins or backups, an unknown repository, or a forbidden procedure."""
    if not estate.file.disaster_recovery.procedures.multi_region_failure:
        raise BadInput(
            f"{estate.file.name}: disaster_recovery.procedures.multi_region_failure is not true, and this is that "
            "procedure; set it to true to allow it."
        )
    for region in estate.file.regions:
        estate.stand_ins.restorable(region)
    if operation.repository:
        estate.file.other(operation.repository)


def _refuse_changed(operation: MultiRegionRecovery, begun: Event) -> None:
    """Raise `BadInput` where the journal's operation was asked for with other parameters."""
    before = MultiRegionRecovery.model_validate(begun.data["parameters"])
    if changed := [
        name for name in ("time", "repository") if getattr(before, name) != getattr(operation, name)
    ]:
        raise BadInput(
            f"Operation {operation.id} was asked for with another {', '.join(changed)}; resume it as it was with "
            f"`dr resume {operation.id}`."
        )


def _opening(run: RecoveryRun) -> dict[str, JsonValue]:
    stand_ins: dict[str, JsonValue] = {
        name: run.estate.region(name).database.endpoint for name in run.file.regions
    }
    return {
        "region": run.region,
        "scope": run.operation.scope,
        "moment": str(run.operation.target),
        "stand_ins": stand_ins,
    }


def _going_on(run: RecoveryRun) -> list[str]:
    return [
        f"mend what stopped it, then run `dr resume {run.id}`: it goes on with the step that failed",
        f"or follow runbooks/multi_region_recovery.md from that step on, then run `dr close {run.id}`",
    ]


def publish(run: RecoveryRun) -> RestoreReport:
    """End the operation, and publish its report. Safe to repeat."""
    regions, achieved = " and ".join(part.region for part in run.parts), measure_recovery.result(run)
    lost = achieved.rows_given_up if achieved else None
    following = [
        "put the stand-ins into the estate file: `dr estate moved` prints it; no failover or restore begins before",
        "keep the hosts of the lost regions off: a cluster that comes back there has a history of its own",
        "point the prober's regional probes, and the monitoring, at the stand-ins",
        "see by `dr backups status` that WAL is archived, and take a full backup of each region",
        "the caches began empty: tell who relies on more than what they can be filled with again",
    ]
    if len(run.parts) < len(run.file.regions):
        other = run.file.other(run.region)
        following.append(f"{other} was left before: its record and health check still lead to where it was")
    if lost:
        following.insert(
            2, f"{lost} promised rows are on the lost regions' disks only, if those are ever seen again"
        )
    run.close("recovered", f"{regions} are served by their stand-ins.", following=following)
    return restore_reporting.publish_interim(run)


PROCEDURE = Procedure(
    name=ProcedureName.MULTI_REGION_RECOVERY,
    short="recovery",
    run=RecoveryRun,
    refuse=_refuse,
    refuse_changed=_refuse_changed,
    opening=_opening,
    going_on=_going_on,
    publish=restore_reporting.publish_interim,
    publish_missing=restore_reporting.publish_missing,
)
