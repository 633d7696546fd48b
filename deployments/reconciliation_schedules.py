"""The schedules of the flow `cross-region-reconciliation`: what changed, often; everything, now and then."""

from prefect.client.schemas.actions import DeploymentScheduleUpdate
from prefect.client.schemas.schedules import CronSchedule

from recovery.estate import EstateFile
from recovery.reconciliation_order import Reconciliation

CHANGED = "what-changed"
REASON = "the schedule in recovery.reconciliation"


def reconciliation_schedules(file: EstateFile, estate: str) -> list[DeploymentScheduleUpdate]:
    """Return it, by a name of its own, so that a repeated registration changes it; none without a time.

    It plans, and repairs nothing: what is written follows from somebody having read the plan.
    """
    block = file.settings.reconciliation
    if block.changed_at is None:
        return []
    order = Reconciliation(changed_only=True, samples=0, reason=REASON, estate=estate)
    return [
        DeploymentScheduleUpdate(
            slug=CHANGED,
            schedule=CronSchedule(cron=block.changed_at, timezone=block.time_zone),
            active=True,
            parameters={"order": order.model_dump(mode="json")},
        )
    ]
