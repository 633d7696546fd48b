"""The schedules of the flow `cross-region-reconciliation`: what changed, often; everything, now and then."""

from prefect.client.schemas.actions import DeploymentScheduleUpdate
from prefect.client.schemas.schedules import CronSchedule

from recovery.estate import EstateFile
from recovery.reconciliation_order import LookAt, Reconciliation

SLUGS = {LookAt.CHANGED: "what-changed", LookAt.CONFLICTS: "conflicts"}
REASON = "the schedule in recovery.reconciliation"


def reconciliation_schedules(file: EstateFile, estate: str) -> list[DeploymentScheduleUpdate]:
    """Return them, each by a name of its own, so that a repeated registration changes it; none without a time.

    They plan, and repair nothing: what is written follows from somebody having read the plan.
    """
    block = file.settings.reconciliation
    times = {LookAt.CHANGED: block.changed_at, LookAt.CONFLICTS: block.conflicts_at}
    return [
        _schedule(look_at, CronSchedule(cron=cron, timezone=block.time_zone), estate)
        for look_at, cron in times.items()
        if cron
    ]


def _schedule(look_at: LookAt, times: CronSchedule, estate: str) -> DeploymentScheduleUpdate:
    order = Reconciliation(look_at=look_at, samples=0, reason=REASON, estate=estate)
    return DeploymentScheduleUpdate(
        slug=SLUGS[look_at], schedule=times, active=True, parameters={"order": order.model_dump(mode="json")}
    )
