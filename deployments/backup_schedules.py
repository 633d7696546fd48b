"""The schedules of the flow `backup`: for each region and each kind that the estate file gives a time."""

from prefect.client.schemas.actions import DeploymentScheduleUpdate
from prefect.client.schemas.schedules import CronSchedule

from recovery.backup_order import BackupOrder
from recovery.backups import BackupKind
from recovery.estate import EstateFile
from recovery.estate_file.backups import Schedules


def schedules(file: EstateFile, estate: str) -> list[DeploymentScheduleUpdate]:
    """Return them, each with a name of its own, so that a repeated registration changes them; none without backups."""
    block = file.settings.backups
    return (
        [
            _schedule(region, kind, block.schedules, estate)
            for region in file.regions
            for kind in _kinds(block.schedules)
        ]
        if block
        else []
    )


def _kinds(asked: Schedules) -> list[BackupKind]:
    return [kind for kind, cron in _times(asked).items() if cron]


def _times(asked: Schedules) -> dict[BackupKind, str | None]:
    return {
        BackupKind.FULL: asked.full,
        BackupKind.DIFFERENTIAL: asked.differential,
        BackupKind.INCREMENTAL: asked.incremental,
    }


def _schedule(region: str, kind: BackupKind, asked: Schedules, estate: str) -> DeploymentScheduleUpdate:
    order = BackupOrder(region=region, kind=kind, estate=estate)
    return DeploymentScheduleUpdate(
        slug=f"{kind}-{region}",
        schedule=CronSchedule(cron=_times(asked)[kind] or "", timezone=asked.time_zone),
        active=True,
        parameters={"order": order.model_dump(mode="json")},
    )
