"""The procedures by their names in the journal, and what one of their operations was asked for with."""

from collections.abc import Sequence
from enum import StrEnum
from typing import assert_never

from recovery.errors import Unavailable
from recovery.journal import Event, Kind, find
from recovery.multi_region_recovery import MultiRegionRecovery
from recovery.operation import Failover
from recovery.regions_repair import RegionsRepair
from recovery.restore_operation import Restore

AnyOperation = Failover | Restore | MultiRegionRecovery | RegionsRepair


class ProcedureName(StrEnum):
    """A procedure, named as its flow."""

    REGION_FAILOVER = "region-failover"
    PITR_RESTORE = "pitr-restore"
    MULTI_REGION_RECOVERY = "multi-region-recovery"
    CROSS_REGION_REPAIR = "cross-region-repair"


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
    match ProcedureName(str(name)):
        case ProcedureName.REGION_FAILOVER:
            return Failover.model_validate(opened.data["parameters"])
        case ProcedureName.PITR_RESTORE:
            return Restore.model_validate(opened.data["parameters"])
        case ProcedureName.MULTI_REGION_RECOVERY:
            return MultiRegionRecovery.model_validate(opened.data["parameters"])
        case ProcedureName.CROSS_REGION_REPAIR:
            return RegionsRepair.model_validate(opened.data["parameters"])
        case never:
            assert_never(never)


def failover_of(events: Sequence[Event]) -> Failover | None:
    """Return the failover that the journal tells of; None where it is of another procedure."""
    opened = find(events, Kind.OPENED)
    is_one = opened is not None and opened.data.get("procedure") == ProcedureName.REGION_FAILOVER
    return Failover.model_validate(opened.data["parameters"]) if opened and is_one else None
