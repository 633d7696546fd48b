"""The procedures by their names in the journal, and what one of their operations was asked for with."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from recovery.drill.order import DrTestOrder
from recovery.errors import Unavailable
from recovery.failback import Failback
from recovery.journal import Event, Kind, find
from recovery.multi_region_recovery import MultiRegionRecovery
from recovery.operation import Failover
from recovery.regions_repair import RegionsRepair
from recovery.restore_operation import Restore

AnyOperation = Failover | Failback | DrTestOrder | Restore | MultiRegionRecovery | RegionsRepair


class ProcedureName(StrEnum):
    """A procedure, named as its flow."""

    REGION_FAILOVER = "region-failover"
    REGION_FAILBACK = "region-failback"
    PITR_RESTORE = "pitr-restore"
    MULTI_REGION_RECOVERY = "multi-region-recovery"
    CROSS_REGION_REPAIR = "cross-region-repair"
    QUARTERLY_DR_TEST = "quarterly-dr-test"


FORMS: Mapping[ProcedureName, type[AnyOperation]] = {
    ProcedureName.REGION_FAILOVER: Failover,
    ProcedureName.REGION_FAILBACK: Failback,
    ProcedureName.PITR_RESTORE: Restore,
    ProcedureName.MULTI_REGION_RECOVERY: MultiRegionRecovery,
    ProcedureName.CROSS_REGION_REPAIR: RegionsRepair,
    ProcedureName.QUARTERLY_DR_TEST: DrTestOrder,
}


def asked_for(events: Sequence[Event]) -> AnyOperation | None:
    """Return what the operation was opened with; None where its journal does not begin with that.

    Raises `Unavailable` for a procedure that this version does not know: a newer one began it.
    """
    if (opened := find(events, Kind.OPENED)) is None:
        return None
    name = opened.data.get("procedure")
    if name not in [*ProcedureName]:
        raise Unavailable(
            f"{opened.operation} is of the procedure {name!r}, which this version does not have."
        )
    return FORMS[ProcedureName(str(name))].model_validate(opened.data["parameters"])


def failover_of(events: Sequence[Event]) -> Failover | None:
    """Return the failover that the journal tells of; None where it is of another procedure."""
    opened = find(events, Kind.OPENED)
    is_one = opened is not None and opened.data.get("procedure") == ProcedureName.REGION_FAILOVER
    return Failover.model_validate(opened.data["parameters"]) if opened and is_one else None
