"""What only people know comes from the estate file, goes into the opening event, and comes out again."""

from typing import Any

import dr_tests
import pytest

from recovery.dr_test.fields import FIELDS
from recovery.dr_test.opening import (
    interval_days,
    opening_data,
    people_in,
    people_of,
    plan_in,
    planned,
    risk_of,
)
from recovery.dr_test.scenarios import Announced, DrTestKind, ScenarioName
from recovery.errors import BadInput
from recovery.estate import EstateFile
from recovery.estate_file.concerns import warnings_about

DOCS = dr_tests.HERE.parents[2] / "docs" / "evidence.md"
SAID: dict[str, Any] = {
    "plan_version": "2026-1",
    "scope_in": ["all of it"],
    "risks": {"region-loss": "R-03"},
    "participants": [{"name": "Anna Meyer", "role": "commander"}],
    "nobody_absent": True,
    "days_until_due": {"critical": 3},
    "reviewer": {"name": "Eva Novak", "role": "audit"},
    "signing_key_secret": "evidence-key",
}


def estate(values: dict[str, Any], **testing: Any) -> EstateFile:
    recovery = values["recovery"] | ({"testing": testing} if testing else {})
    return EstateFile.from_values(values | {"recovery": recovery}, name="estate.yaml")


def test_what_the_estate_says_goes_into_the_opening_event_and_comes_out(
    estate_values: dict[str, Any],
) -> None:
    file = estate(estate_values, **SAID)
    plan = planned(file, dr_tests.PLAN.scenarios, kind=DrTestKind.LIVE, announced=Announced.SURPRISE)

    opened = opening_data(plan, people_of(file))

    assert plan_in(opened) == plan
    assert people_in(opened) == people_of(file)
    assert opened["plan_digest"] == plan.digest()
    assert (plan.version, plan.scope_in, plan.rto_s) == ("2026-1", ["all of it"], file.rto.total_seconds())
    assert people_of(file).days_until_due["critical"] == 3
    assert people_of(file).interval_days == 92
    assert risk_of(file, ScenarioName.REGION_LOSS) == "R-03"
    assert risk_of(file, ScenarioName.CACHE_LOSS) is None


def test_another_plan_has_another_hash() -> None:
    shorter = dr_tests.PLAN.model_copy(update={"scenarios": dr_tests.PLAN.scenarios[:2]})

    assert shorter.digest() != dr_tests.PLAN.digest()


def test_who_takes_part_does_not_change_what_the_estate_is(estate_values: dict[str, Any]) -> None:
    """Else a proof would lose half its worth by a new colleague."""
    assert estate(estate_values, **SAID).digest() == estate(estate_values).digest()


def test_an_interval_that_is_not_known_is_told_with_what_would_do(estate_values: dict[str, Any]) -> None:
    estate_values["disaster_recovery"]["testing"]["frequency"] = "now and then"

    file = estate(estate_values, **SAID)

    assert interval_days(file) is None
    assert "give recovery.testing.interval_days" in (people_of(file).interval_reason or "")
    assert interval_days(estate(estate_values, **SAID, interval_days=30)) == 30


def test_a_scenario_that_does_not_exist_is_refused(estate_values: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=r"recovery\.testing\.risks"):
        estate(estate_values, risks={"meteor": "R-99"})


def test_evidence_that_nobody_signs_or_its_own_people_review_is_warned_about(
    estate_values: dict[str, Any],
) -> None:
    unsigned = SAID | {"reviewer": SAID["participants"][0]}
    del unsigned["signing_key_secret"]

    told = {concern.path: concern for concern in warnings_about(estate(estate_values, **unsigned))}

    assert "dr evidence key" in told["recovery.testing.signing_key_secret"].remedy
    assert "Anna Meyer" in told["recovery.testing.reviewer"].fact
    assert not [c for c in warnings_about(estate(estate_values)) if "recovery.testing" in c.path]


def test_the_documentation_has_every_field_where_it_is() -> None:
    rows = [
        f"| {field.name} | {', '.join(f'`{key}`' for key in field.keys)} | {field.section} | "
        f"{', '.join(field.asked_by)} |"
        for field in FIELDS
    ]

    assert [row for row in rows if row not in DOCS.read_text()] == []
