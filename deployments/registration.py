"""`dr deploy`: the work pool, the deployments of prefect.yaml, and this estate's regions as choices in the form."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentUpdate, WorkPoolCreate
from prefect.exceptions import ObjectAlreadyExists

from recovery.errors import Unavailable
from recovery.estate import EstateFile

ROOT = Path(__file__).resolve().parent.parent
POOL = "dr"
DEPLOYMENTS = ("region-failover/region-failover",)
DEADLINE_S = 60


def register(estate: Path) -> list[str]:
    """Apply prefect.yaml to the Prefect server, and return the deployments' names. Safe to repeat."""
    file = EstateFile.read(estate)
    with get_client(sync_client=True) as client:
        _make_pool(client)
        _apply()
        for name in DEPLOYMENTS:
            _offer_regions(client, name, file, str(estate.resolve()))
    return list(DEPLOYMENTS)


def _make_pool(client: SyncPrefectClient) -> None:
    try:
        client.create_work_pool(WorkPoolCreate(name=POOL, type="process", description="Eden DR's operations"))
    except ObjectAlreadyExists:
        return


def _apply() -> None:
    command = [str(Path(sys.executable).with_name("prefect")), "--no-prompt", "deploy", "--all"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_S,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Unavailable(f"prefect.yaml was not applied: {''.join(last)} See that the Prefect server is up.")


def _offer_regions(client: SyncPrefectClient, name: str, file: EstateFile, estate: str) -> None:
    """Put the estate's regions, and its path, into the form: a choice cannot be mistyped."""
    deployment = client.read_deployment_by_name(name)
    schema: dict[str, Any] = deployment.parameter_openapi_schema or {}
    fields = schema["definitions"]["Failover"]["properties"]
    fields["source"]["enum"] = list(file.regions)
    fields["estate"]["default"] = estate
    client.update_deployment(deployment.id, DeploymentUpdate(parameter_openapi_schema=schema))
