"""The document: nothing better than its journals, nothing empty without a reason."""

import json
from collections.abc import Callable
from typing import Any

import dr_tests
import jsonschema
import pytest
from pydantic import ValidationError

from recovery.dr_test import schema
from recovery.dr_test.compose import compose_dr_test
from recovery.dr_test.document import MAY_BE_EMPTY, DrTest, ScenarioResult
from recovery.dr_test.fields import FIELDS, told
from recovery.dr_test.kept import KeptTest
from recovery.dr_test.opening import PROCEDURE
from recovery.dr_test.scoring import Score
from recovery.journal import Event, Kind
from recovery.objectives import Judgement

Told = Callable[..., list[Event]]
NOT_DONE = {"state": "not done", "sentence": "nobody had the time"}


def scenario(test: DrTest, name: str) -> ScenarioResult:
    return next(result for result in test.scenarios if result.plan.name == name)


def composed(events: list[Event], without: str = "") -> DrTest:
    started = {name: own for name, own in dr_tests.operations().items() if name != without}
    return compose_dr_test(events, started)


def test_there_and_back_is_whole_and_there_only_is_half(quarter: KeptTest) -> None:
    assert [result.score for result in quarter.test.scenarios] == [
        Score.THERE_AND_BACK,
        Score.THERE_ONLY,
        Score.THERE_AND_BACK,
    ]
    assert quarter.test.summary.headline == "Not proved: 2½ of 3 scenarios"


@pytest.mark.parametrize("proof", ["failback", "reconciliation", "steady_after"])
def test_a_way_back_that_lacks_one_proof_is_half(told_otherwise: Told, proof: str) -> None:
    """A failover without a proved failback scores half, whatever the flow claims."""
    test = composed(told_otherwise("region_loss", **{proof: NOT_DONE}))

    assert scenario(test, "region-loss").score is Score.THERE_ONLY
    assert "was not done: nobody had the time" in scenario(test, "region-loss").why[0]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"rto": {"seconds": 901.0}}, "RTO was missed."),
        ({"rto": {"reason": "the prober was off"}}, "RTO was not measured: the prober was off"),
        ({"there": False}, "The hypothesis did not hold."),
        ({"there": None}, "The way there was not tried."),
        ({"steady_before": NOT_DONE}, "The estate was not proved to be well before"),
        (
            {"rto": {"seconds": 1.0}},
            "RTO is told as 1.0 s, and region-failover-20260314-021743-9c1e measured 6.0 s.",
        ),
    ],
)
def test_a_way_there_that_is_not_borne_out_is_nothing(told_otherwise: Told, changed: Any, why: str) -> None:
    test = composed(told_otherwise("region_loss", **changed))

    found = scenario(test, "region-loss")
    assert found.score is Score.NOT_THERE
    assert any(why in one for one in found.why)
    assert test.summary.verdict is Judgement.MISSED


def test_a_figure_that_does_not_apply_is_no_gap(told_otherwise: Told) -> None:
    never = {"reason": "no traffic moved", "applies": False}

    test = composed(told_otherwise("data_corruption", rto=never, rpo=never))

    assert scenario(test, "data-corruption").score is Score.THERE_AND_BACK


def test_an_operation_without_a_journal_proves_nothing(told_otherwise: Told) -> None:
    test = composed(told_otherwise("region_loss"), without="region-failover-20260314-021743-9c1e")

    found = scenario(test, "region-loss")
    assert found.score is Score.NOT_THERE
    assert "was not found" in found.why[0]
    assert (found.rto.judgement, found.rto.reason) == (Judgement.NOT_MEASURED, found.why[0])


def test_a_changed_journal_of_an_operation_proves_nothing() -> None:
    started = dr_tests.operations()
    name = "region-failback-20260314-022741-1f1f"
    started[name][3] = started[name][3].model_copy(update={"actor": "somebody else"})

    test = compose_dr_test(dr_tests.quarterly(), started)

    assert scenario(test, "region-loss").score is Score.THERE_ONLY
    assert f"The journal of {name} is broken at event 4." in scenario(test, "region-loss").why


def test_a_changed_journal_of_the_test_itself_makes_nothing_count() -> None:
    events = dr_tests.quarterly()
    events[2] = events[2].model_copy(update={"actor": "somebody else"})

    test = composed(events)

    assert test.summary.points == 0
    assert test.summary.sentence.startswith("The test's journal is broken at event 3.")


@pytest.mark.parametrize("length", range(1, 8))
def test_a_journal_that_stops_anywhere_has_a_document(length: int) -> None:
    """A killed test is told of as far as it came, and never as passed."""
    test = composed(dr_tests.quarterly()[:length])

    assert test.summary.verdict is not Judgement.MET
    assert len(test.scenarios) == 3
    assert test.ended_at is None


def test_a_scenario_that_failed_says_why() -> None:
    events = dr_tests.quarterly()[:2]
    tale = dr_tests.TestTale(dr_tests.TEST, events=events)
    tale.tell(30, Kind.FAILED, step="scenario_region_loss", error="us-west-2 can not take over", attempt=1)

    test = composed(tale.events)

    assert scenario(test, "region-loss").reason == "It stopped: us-west-2 can not take over"
    assert scenario(test, "planned-move").reason == "It was planned, and the journal has nothing of it."
    assert [one.why for one in test.deviations if "Region loss" in one.what] == [
        scenario(test, "region-loss").reason
    ]


def test_findings_have_an_owner_a_date_and_a_retest(quarter: KeptTest) -> None:
    first, second, third = quarter.test.findings

    assert (first.severity, first.owner, f"{first.due:%Y-%m-%d}") == ("high", "Ben Okafor", "2026-04-13")
    assert second.owner == "Chloé Durand", "the outcome named its owner"
    assert "RowsDeleted did not fire" in third.what
    assert all(one.retest for one in quarter.test.findings)


def test_an_earlier_finding_is_closed_by_a_test_that_does_not_find_it_again(before: list[DrTest]) -> None:
    """Planned move was never back until the last test but one; the comparison still fails."""
    closed = {one.finding.rpartition("/")[2]: one.closed for one in before[-1].retests}

    assert True in closed.values()
    assert False in closed.values()


def test_each_scenario_is_beside_its_last_test(quarter: KeptTest) -> None:
    first = quarter.test.compared[0]

    assert first.told == "RTO 2.4 s shorter; RPO 0.6 s shorter; score as before: there and back"
    assert [run.points for run in quarter.test.history] == [1.5, 1.5, 2.5, 2.5]


def test_redundant_again_is_taken_from_the_way_back(quarter: KeptTest) -> None:
    points = {point.name: point for point in scenario(quarter.test, "region-loss").points}

    assert points["T7"].at is not None
    assert len(points) == 8


def test_a_reviewer_who_took_part_is_none() -> None:
    events = dr_tests.quarterly()
    people = dr_tests.PEOPLE.model_copy(update={"reviewer": dr_tests.PEOPLE.participants[0]})
    opened = events[0].model_copy(
        update={"data": events[0].data | {"people": people.model_dump(mode="json")}}
    )

    test = composed([opened, *events[1:]])

    assert test.reviewer is None
    assert test.gaps["reviewer"] == "not recorded: Anna Meyer took part, and can not review it"


@pytest.mark.parametrize("name", MAY_BE_EMPTY)
def test_each_field_is_filled_or_says_why_not(name: str, quarter: KeptTest, bare: KeptTest) -> None:
    for kept in (quarter, bare):
        value, why = getattr(kept.test, name), kept.test.gaps.get(name, "")
        assert value or why.startswith(("not recorded: ", "none: ")), name
        assert not (value and why), name


def test_a_document_without_a_reason_is_refused(bare: KeptTest) -> None:
    said = json.loads(bare.test.to_json())
    del said["gaps"]["participants"]

    with pytest.raises(ValidationError, match="without a reason in `gaps`: participants"):
        DrTest.model_validate(said)


def test_every_field_that_auditors_ask_for_is_filled_or_says_why_not(
    quarter: KeptTest, bare: KeptTest
) -> None:
    """The sample fills them all, or there was nothing; the bare one says of each what is missing."""
    filled = {one.name: told(one, quarter.test) for one in FIELDS}
    empty = {one.name: told(one, bare.test) for one in FIELDS}

    assert not [name for name, said in filled.items() if "not recorded" in said]
    assert {name for name, said in empty.items() if "not recorded" in said} >= {
        "Participants and roles",
        "Absentees",
        "Third parties",
        "Next test due",
        "Sign-off and independent reviewer",
    }


def test_the_same_journals_give_the_same_document(quarter: KeptTest, before: list[DrTest]) -> None:
    again = compose_dr_test(dr_tests.quarterly(), dr_tests.operations(), before)

    assert again.to_json() == quarter.test.to_json()
    assert DrTest.model_validate_json(again.to_json()) == again


def test_documents_keep_to_the_published_schema(quarter: KeptTest, bare: KeptTest) -> None:
    published = json.loads(schema.PATH.read_text())

    for kept in (quarter, bare):
        jsonschema.validate(json.loads(kept.test.to_json()), published)


def test_the_published_schema_is_in_step() -> None:
    """Else run `python -m recovery.dr_test.schema`."""
    assert schema.PATH.read_bytes() == schema.schema_json()


def test_the_samples_are_what_their_script_tells() -> None:
    """Else run `python tests/samples/dr_tests.py`."""
    kept = {path.name: path.read_bytes() for path in dr_tests.HERE.glob("*.jsonl")}

    assert kept == dr_tests.files()
    assert dr_tests.quarterly()[0].data["procedure"] == PROCEDURE
