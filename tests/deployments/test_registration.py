"""The forms that `dr deploy` registers: what they send is what the flows take."""

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from deployments.registration import REGION_FIELDS, offered
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
