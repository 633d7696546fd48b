"""`dr deploy`: work pool, deployments of prefect.yaml with this estate's regions in the form, automations."""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentUpdate, WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists

from deployments.automations.of_estate import blocks_of, put_in_force
from deployments.backup_schedules import schedules
from deployments.readiness_schedule import readiness_schedule
from deployments.reconciliation_schedules import reconciliation_schedules
from recovery.errors import Unavailable
from recovery.estate import EstateFile

ROOT = Path(__file__).resolve().parent.parent
POOL = "dr"
FAILBACK = "region-failback/region-failback"
FAILOVER, RESTORE, BACKUP = "region-failover/region-failover", "pitr-restore/pitr-restore", "backup/backup"
RECOVERY = "multi-region-recovery/multi-region-recovery"
RECONCILIATION = "cross-region-reconciliation/cross-region-reconciliation"
REPAIR = "cross-region-repair/cross-region-repair"
TEST = "quarterly-dr-test/quarterly-dr-test"
READINESS = "readiness-check/readiness-check"
REGION_FIELDS = {
    FAILOVER: ("Failover", ("source",)),
    FAILBACK: ("Failback", ("region",)),
    RESTORE: ("Restore", ("region", "repository")),
    RECOVERY: ("MultiRegionRecovery", ("repository",)),
    BACKUP: ("BackupOrder", ("region",)),
    RECONCILIATION: ("Reconciliation", ("redis_winner",)),
    REPAIR: ("RegionsRepair", ()),
    TEST: ("DrTestOrder", ("region",)),
    READINESS: ("ReadinessCheck", ()),
}
"""Each deployment, its form, and the fields of it that take one of the estate's regions."""
STARTED: dict[str, Any] = {
    "command": shlex.join([sys.executable, "-m", "deployments.worker"]),
    "working_dir": str(ROOT),
}
"""What a worker of the pool runs, and where: this project's own command, by which a run outlives its server."""
APPLIED_DEADLINE_S = 180
"""Nine deployments took 26 s on two busy cores, and once more than a minute."""


def register(estate: Path) -> list[str]:
    """Apply prefect.yaml and the automations to the Prefect server, and say in lines what is there. Safe to repeat.

    What the estate names and the server does not have is refused before anything is changed.
    """
    file = EstateFile.read(estate)
    with get_client(sync_client=True) as client:
        blocks = blocks_of(client, file)
        _make_pool(client)
        _apply()
        ids = {name: _offer_regions(client, name, file, str(estate.resolve())) for name in REGION_FIELDS}
        planned = schedules(file, str(estate.resolve()))
        client.update_deployment(ids[BACKUP], DeploymentUpdate(schedules=planned))
        compared = reconciliation_schedules(file, str(estate.resolve()))
        client.update_deployment(ids[RECONCILIATION], DeploymentUpdate(schedules=compared))
        looked = readiness_schedule(file, str(estate.resolve()))
        client.update_deployment(ids[READINESS], DeploymentUpdate(schedules=looked))
        automations = put_in_force(client, file, ids[FAILOVER], blocks)
    told = [f"{name} can be started from the UI" for name in REGION_FIELDS]
    scheduled = [f"{len(planned)} schedules take backups", f"{len(compared)} schedules compare what changed"]
    scheduled.append(f"readiness is checked at {file.settings.readiness.checked_at} UTC")
    return [*told, *scheduled, *automations]


def _make_pool(client: SyncPrefectClient) -> None:
    try:
        client.create_work_pool(WorkPoolCreate(name=POOL, type="process", description="Eden DR's operations"))
    except ObjectAlreadyExists:
        return


def _apply() -> None:
    command = [str(Path(sys.executable).with_name("prefect")), "--no-prompt", "deploy", "--all"]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=APPLIED_DEADLINE_S,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(
            f"prefect.yaml was not applied within {APPLIED_DEADLINE_S} s."
            " See that the Prefect server is up and answers, and deploy again."
        ) from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Unavailable(f"prefect.yaml was not applied: {''.join(last)} See that the Prefect server is up.")


def offered(regions: tuple[str, str], field: dict[str, Any]) -> dict[str, Any]:
    """Return the field with the regions as its choices; one that may be left out may be null, which the form sends."""
    kept = {name: value for name, value in field.items() if name not in {"anyOf", "pattern", "type"}}
    choices = {"type": "string", "title": "Region", "enum": list(regions)}
    if "anyOf" in field:
        return kept | {"anyOf": [choices, {"type": "null"}]}
    return {**choices, **kept}


def _offer_regions(client: SyncPrefectClient, name: str, file: EstateFile, estate: str) -> UUID:
    """Put the estate's regions, and its path, into the form: a choice cannot be mistyped. Return its id."""
    deployment = client.read_deployment_by_name(name)
    schema: dict[str, Any] = deployment.parameter_openapi_schema or {}
    form, of_regions = REGION_FIELDS[name]
    fields = schema["definitions"][form]["properties"]
    for field in of_regions:
        fields[field] = offered(file.regions, fields[field])
    fields["estate"]["default"] = estate
    client.update_deployment(deployment.id, DeploymentUpdate(parameter_openapi_schema=schema))
    if deployment.work_pool_name == POOL:  # another pool's pods have a command of their own
        client.update_deployment(
            deployment.id, DeploymentUpdate(job_variables=deployment.job_variables | STARTED)
        )
    return deployment.id
