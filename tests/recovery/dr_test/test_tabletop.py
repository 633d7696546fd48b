"""The document of a tabletop: what was walked through, and what stands against it; it proves and fails nothing."""

import json
from collections.abc import Sequence
from typing import Any

import dr_tests
import jsonschema
import pytest

from recovery.dr_test import schema
from recovery.dr_test.compose import compose_dr_test
from recovery.dr_test.document import DrTest
from recovery.dr_test.outcome import Injection, Losses, Measured, Proof, ProofState, ScenarioOutcome
from recovery.dr_test.scenarios import ScenarioName
from recovery.findings import Finding
from recovery.journal import Event, Kind, following
from recovery.objectives import Judgement
from recovery.report.dr_test_html import render_dr_test
from recovery.report.dr_test_markdown import render_dr_test_markdown
from recovery.reports_index.entries import entry_of

NOTHING = "a tabletop touches nothing"
ROOM = Finding(check="the gateway has room", ok=False, value="90 of 80 sessions", remedy="raise maxconn")
HEARD = Finding(check="the monitoring is alive", ok=True, value="heard")


def walked(scenario: ScenarioName, *checks: Finding) -> ScenarioOutcome:
    """What the step of a scenario leaves that was walked through."""
    not_done = Proof(state=ProofState.NOT_DONE, sentence=NOTHING)
    began, *_, ended = dr_tests.quarterly()
    return ScenarioOutcome(
        scenario=scenario,
        started_at=began.time,
        ended_at=ended.time,
        injection=Injection(what="nothing", at=None, reason=NOTHING),
        happened="walked through",
        rto=Measured(reason=NOTHING, applies=False),
        rpo=Measured(reason=NOTHING, applies=False),
        losses=Losses(reason=NOTHING),
        integrity=list(checks),
        steady_before=not_done,
        steady_after=not_done,
        reconciliation=not_done,
        failback=not_done,
        there=None,
        back=None,
    )


def a_tabletop(outcomes: dict[str, ScenarioOutcome]) -> list[Event]:
    """The sample's test as a tabletop, with these outcomes in place of its own, by step."""
    events: list[Event] = []
    for event in dr_tests.quarterly():
        data: dict[str, Any] = dict(event.data)
        if event.kind is Kind.OPENED:
            data["plan"] = {**data["plan"], "kind": "tabletop"}
        if event.kind is Kind.DONE and event.step in outcomes:
            data["result"] = outcomes[event.step].model_dump(mode="json")
        fields = event.model_dump(exclude={"seq", "previous", "hash", "data"})
        events.append(following(events, **fields, data=data))
    return events


def composed(*against: Finding, earlier: Sequence[DrTest] = ()) -> DrTest:
    """Return a tabletop in which all holds, but what stands *against* leaving a lost region."""
    outcomes = {
        "scenario_region_loss": walked(ScenarioName.REGION_LOSS, HEARD, *against),
        "scenario_planned_move": walked(ScenarioName.PLANNED_MOVE, HEARD),
        "scenario_data_corruption": walked(ScenarioName.DATA_CORRUPTION, HEARD),
    }
    return compose_dr_test(a_tabletop(outcomes), {}, earlier)


def test_a_tabletop_says_what_it_is_and_is_neither_passed_nor_failed() -> None:
    test = composed()

    assert test.summary.headline == "Walked through: preconditions of 3 of 3 scenarios hold"
    assert test.summary.verdict is Judgement.NOT_MEASURED
    assert test.summary.points == 0
    assert "no recovery is proved" in test.summary.sentence
    assert {str(result.score) for result in test.scenarios} == {"not tried"}
    assert test.findings == []


def test_a_precondition_that_does_not_hold_is_a_finding_and_no_critical_failure() -> None:
    test = composed(ROOM)

    (found,) = test.findings
    assert test.summary.headline == "Walked through: preconditions of 2 of 3 scenarios hold"
    assert "Region loss could not begin as things stand." in test.summary.sentence
    assert (found.scenario, found.severity, found.remedy) == ("region-loss", "high", "raise maxconn")
    assert test.scenarios[0].why == [str(ROOM)]


def test_a_scenario_that_was_not_looked_at_does_not_count_as_one_that_holds() -> None:
    """One that was stopped half-way has walked through what it has."""
    begun = a_tabletop({"scenario_region_loss": walked(ScenarioName.REGION_LOSS, HEARD)})
    until = next(number for number, event in enumerate(begun) if event.step == "scenario_planned_move")

    test = compose_dr_test(begun[:until], {})

    assert test.summary.headline == "Walked through: preconditions of 1 of 3 scenarios hold"
    assert "Planned move, Data corruption were not looked at." in test.summary.sentence
    assert test.findings == []


def test_an_outcome_that_claims_more_earns_nothing_on_a_tabletop() -> None:
    """There and back is for what was tried: the plan says that nothing is."""
    test = compose_dr_test(a_tabletop({}), dr_tests.operations())

    assert test.summary.points == 0


def test_a_tabletop_stands_beside_no_test_and_puts_none_off(before: list[DrTest]) -> None:
    """A year of tabletops is no trend, and the next test is due as it was."""
    test = composed(earlier=before)
    entry = entry_of("dr-test", test.to_json())

    assert (test.history, test.compared, test.retests) == ([], [], [])
    assert test.next_due == before[-1].next_due
    assert (entry.score, entry.run) == ("", None)


def test_a_test_is_compared_with_the_last_one_that_tried_something(before: list[DrTest]) -> None:
    later = before[-1].started_at
    tabletop = composed().model_copy(update={"id": "dr-test-walked", "started_at": later})

    test = compose_dr_test(dr_tests.quarterly(), dr_tests.operations(), [*before, tabletop])

    assert [run.test for run in test.history] == [*(one.id for one in before), dr_tests.TEST]
    assert all(one.test != "dr-test-walked" for one in test.compared)


@pytest.mark.parametrize("against", [(), (ROOM,)])
def test_its_pages_speak_of_preconditions_and_not_of_marks(against: tuple[Finding, ...]) -> None:
    test = composed(*against)

    page, short = render_dr_test(test, {}), render_dr_test_markdown(test)

    for shown in (page, short):
        assert "Preconditions that hold" in shown
        assert "Not passed" not in shown
        assert "not there" not in shown
    assert ("What stands against it:" in page) == bool(against)


def test_it_keeps_to_the_published_schema() -> None:
    jsonschema.validate(json.loads(composed(ROOM).to_json()), json.loads(schema.PATH.read_text()))
