"""The schedule of the flow `readiness-check`: every five minutes, unless the estate file says otherwise."""

from prefect.client.schemas.actions import DeploymentScheduleUpdate
from prefect.client.schemas.schedules import CronSchedule

from recovery.estate import EstateFile
from recovery.readiness.order import ReadinessCheck


def readiness_schedule(file: EstateFile, estate: str) -> list[DeploymentScheduleUpdate]:
    """Return it, by a name of its own, so that a repeated registration changes it."""
    order = ReadinessCheck(estate=estate)
    return [
        DeploymentScheduleUpdate(
            slug="readiness",
            schedule=CronSchedule(cron=file.settings.readiness.checked_at, timezone="UTC"),
            active=True,
            parameters={"order": order.model_dump(mode="json")},
        )
    ]
