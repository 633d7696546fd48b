"""The forms that `dr deploy` registers: what they send is what the flows take."""

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from deployments.registration import REGION_FIELDS, offered
from recovery.backup_order import BackupOrder
from recovery.drill.order import DrTestOrder
from recovery.failback import Failback
from recovery.multi_region_recovery import MultiRegionRecovery
from recovery.operation import Failover
from recovery.reconciliation_order import Reconciliation
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
REGIONS = ("us-east-1", "us-west-2")
FIELDS = [(form, field) for form, fields in REGION_FIELDS.values() for field in fields]


@pytest.mark.parametrize(("form", "field"), FIELDS)
def test_a_region_is_a_choice_and_one_that_may_be_left_out_may_be_null(form: str, field: str) -> None:
    """The form sends null for what is left out, and the server refuses what its schema does not have."""
    before = FORMS[form].model_json_schema()["properties"][field]

    after = Draft202012Validator(offered(REGIONS, before))

    assert [after.is_valid(region) for region in (*REGIONS, "mars", 5)] == [True, True, False, False]
    assert after.is_valid(None) is ("anyOf" in before)
    assert after.schema["title"] == before["title"]
