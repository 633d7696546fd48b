"""The forms that `dr deploy` registers: what they send is what the flows take."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from deployments import registration
from deployments.registration import FAILOVER, POOL, REGION_FIELDS, STARTED, offered
from recovery.backup_order import BackupOrder
from recovery.drill.order import DrTestOrder
from recovery.failback import Failback
from recovery.multi_region_recovery import MultiRegionRecovery
from recovery.operation import Failover
from recovery.reconciliation_order import Reconciliation
from recovery.regions_repair import RegionsRepair
from recovery.restore_operation import Restore

FORMS: dict[str, type[BaseModel]] = {
    form.__name__: form
    for form in (
        Failover,
        Failback,
        Restore,
        MultiRegionRecovery,
        BackupOrder,
        Reconciliation,
        DrTestOrder,
    )
}
PREFECT_YAML = Path(__file__).parents[2] / "prefect.yaml"
REGIONS = ("us-east-1", "us-west-2")
FIELDS = [(form, field) for form, fields in REGION_FIELDS.values() for field in fields]


def test_a_repair_that_is_filled_in_by_hand_only_shows_its_plan_unless_told_otherwise() -> None:
    """`dr` and a comparison that repairs say themselves what they want: a run's parameters replace these."""
    deployments = yaml.safe_load(PREFECT_YAML.read_text())["deployments"]
    filled_in = {each["name"]: each.get("parameters", {}) for each in deployments}["cross-region-repair"]

    assert RegionsRepair(plan="comparison-1", **filled_in["operation"]).dry_run
    assert not RegionsRepair(plan="comparison-1").dry_run


@pytest.mark.parametrize(("form", "field"), FIELDS)
def test_a_region_is_a_choice_and_one_that_may_be_left_out_may_be_null(form: str, field: str) -> None:
    """The form sends null for what is left out, and the server refuses what its schema does not have."""
    before = FORMS[form].model_json_schema()["properties"][field]

    after = Draft202012Validator(offered(REGIONS, before))

    assert [after.is_valid(region) for region in (*REGIONS, "mars", 5)] == [True, True, False, False]
    assert after.is_valid(None) is ("anyOf" in before)
    assert after.schema["title"] == before["title"]


class Server:
    """As much of Prefect's client as a deployment is changed by: it keeps what it is given."""

    def __init__(self, pool: str) -> None:
        schema = {"definitions": {"Failover": Failover.model_json_schema()}}
        self.kept = {"parameter_openapi_schema": schema, "work_pool_name": pool, "job_variables": {"env": {}}}

    def read_deployment_by_name(self, _name: str) -> Any:
        return SimpleNamespace(id=uuid4(), **self.kept)

    def update_deployment(self, _id: object, update: BaseModel) -> None:
        self.kept |= update.model_dump(exclude_unset=True)


@pytest.mark.parametrize(
    ("pool", "variables"), [(POOL, {"env": {}} | STARTED), ("pods", {"env": {}})], ids=["ours", "another"]
)
def test_a_worker_of_the_pool_is_given_this_projects_own_command(pool: str, variables: object) -> None:
    """By Prefect's own, a run ends with its server; where pods run it, their image says what they start."""
    server, file = Server(pool), SimpleNamespace(regions=REGIONS)

    registration._offer_regions(server, FAILOVER, file, "/estate.yaml")  # type: ignore[arg-type]  # noqa: SLF001

    assert server.kept["job_variables"] == variables
