"""The automations on a real Prefect server: made, changed and removed by `dr deploy`, and no others."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from prefect.blocks.system import Secret
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.events.actions import DoNothing
from prefect.events.schemas.automations import AutomationCore, EventTrigger

from deployments import registration
from deployments.automations.declared import DRILL, START, TAG
from deployments.automations.of_estate import Blocks, put_in_force
from recovery.errors import BadInput
from recovery.estate import EstateFile
from recovery.waiting import wait_until

pytestmark = pytest.mark.lab


def automations(client: SyncPrefectClient) -> dict[str, tuple[UUID, bool]]:
    return {found.name: (found.id, found.enabled) for found in client.read_automations()}


def test_dr_deploy_makes_them_and_says_so(deployed: Any, client: SyncPrefectClient) -> None:
    made = [line for line in deployed.lines if line.endswith(": created")]

    assert "region-failover/region-failover can be started from the UI" in deployed.lines
    assert {line.removesuffix(": created") for line in made} == automations(client).keys()
    assert len(made) == 9


def test_what_is_scheduled_is_started(deployed: Any, client: SyncPrefectClient) -> None:
    """The server puts the runs down in advance. With SQLAlchemy 2.1 it puts none, in silence."""
    readiness = client.read_deployment_by_name(registration.READINESS)
    wanted = DeploymentFilter(id=DeploymentFilterId(any_=[readiness.id]))

    def planned() -> tuple[bool | None, str]:
        runs = client.read_flow_runs(deployment_filter=wanted)
        return (True if runs else None), f"{len(runs)} runs"

    assert deployed.lines
    assert wait_until(planned, what="a run of the readiness check by its schedule", deadline_s=90)


def test_deploying_again_leaves_them_as_they_are(deployed: Any, client: SyncPrefectClient) -> None:
    """An update would have each trigger forget what it waits for: a drill would never be overdue."""
    before = automations(client)

    lines = put_in_force(client, deployed.file, deployed.deployment, deployed.blocks)

    assert automations(client) == before
    assert all(line.endswith(": as it was") for line in lines)


def test_another_objective_changes_its_automation_only(deployed: Any, client: SyncPrefectClient) -> None:
    values = yaml.safe_load(deployed.path.read_text())
    values["disaster_recovery"]["rto_minutes"] = 30
    file = EstateFile.from_values(values, name="estate.yaml")

    lines = put_in_force(client, file, deployed.deployment, deployed.blocks)

    changed = [line for line in lines if not line.endswith(": as it was")]
    late = client.read_automations_by_name("eden-dr: page when a failover is not done within the RTO")
    assert changed == ["eden-dr: page when a failover is not done within the RTO: changed"]
    assert [one.trigger.within for one in late] == [timedelta(minutes=30)]  # type: ignore[union-attr]


def test_what_the_estate_does_not_name_is_removed_and_others_stay(
    deployed: Any, client: SyncPrefectClient
) -> None:
    """An automation of somebody else is left alone, even with our tag, or under one of our names."""
    trigger = EventTrigger(expect={"x"})
    theirs = {
        client.create_automation(AutomationCore(name=name, tags=tags, trigger=trigger, actions=[DoNothing()]))
        for name, tags in ((START, []), ("tell the team too", [TAG]))
    }

    lines = put_in_force(client, deployed.file, deployed.deployment, Blocks(page=None, notice=None))

    left = {found.id: found.name for found in client.read_automations()}
    for automation in theirs:
        client.delete_automation(automation)
    assert theirs < left.keys()
    assert sorted(left.values()) == [START, START, "tell the team too"]
    assert f"{DRILL}: removed" in lines
    assert any(line.startswith("no automation pages anybody") for line in lines)


def test_one_that_a_person_paused_stays_paused(deployed: Any, client: SyncPrefectClient) -> None:
    put_in_force(client, deployed.file, deployed.deployment, deployed.blocks)
    paused = automations(client)[START][0]
    client.pause_automation(paused)

    lines = put_in_force(client, deployed.file, deployed.deployment, deployed.blocks)

    assert automations(client)[START] == (paused, False)
    assert f"{START}: as it was; it is paused, and stays so" in lines
    client.resume_automation(paused)


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ("slack-webhook/nobody", "no such block; make it in the UI"),
        ("secret/token", "which sends no notifications"),
    ],
)
def test_a_block_that_can_not_notify_is_refused_before_anything_is_changed(
    client: SyncPrefectClient, written: Callable[..., Path], tmp_path: Path, block: str, told: str
) -> None:
    Secret(value="a canary").save("token", overwrite=True)
    before = automations(client)

    with pytest.raises(BadInput, match=told):
        registration.register(written(tmp_path, page=block))

    assert automations(client) == before
