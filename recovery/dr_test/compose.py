"""From the journals of a test and of its operations to the document. Nothing else is asked: no clock, no server."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from recovery.dr_test import comparison
from recovery.dr_test.document import DrTest, OperationEvidence, ScenarioResult, SignOff
from recovery.dr_test.found import findings
from recovery.dr_test.gaps import gaps, is_independent
from recovery.dr_test.opening import people_in, plan_in
from recovery.dr_test.operation_evidence import approvals_in, evidence_of, sha256_of
from recovery.dr_test.outcome import Deviation, ScenarioOutcome
from recovery.dr_test.people import People
from recovery.dr_test.plan import DrTestPlan
from recovery.dr_test.results import Tried, outcomes_in, results
from recovery.dr_test.scenarios import ScenarioName
from recovery.dr_test.summary import gone, summary
from recovery.dr_test.walked import walked
from recovery.journal import Event, closed_at
from recovery.report.document import Ending, Environment
from recovery.report.ending import ending
from recovery.report.opening import environment, opening
from recovery.report.reading import mapping, text
from recovery.report.steps import step_records


def compose_dr_test(
    events: Sequence[Event],
    journals: Mapping[str, Sequence[Event]],
    earlier: Sequence[DrTest] = (),
) -> DrTest:
    """Return the document of the test that *events* tell of: a whole journal, or one that stops anywhere.

    *journals* has the events of the operations that it started, by id; *earlier* the tests before it. Raises
    `BadInput` for what is not the beginning of a journal.
    """
    opened = opening(events)
    plan, people = plan_in(opened.data), people_in(opened.data)
    outcomes = outcomes_in(events)
    operations = _operations(outcomes, journals)
    proof, end = environment(events), ending(events, step_records(events))
    tried = Tried(outcomes, {one.id: one for one in operations}, _doubt(proof))
    found = results(plan, tried, events) if plan else []
    before = sorted(
        (test for test in earlier if test.started_at < opened.time), key=lambda test: test.started_at
    )
    fields = {
        **_asked(events, plan),
        **_people(people),
        **_told(found),
        **_beside(events, found, people, before),
        "operations": operations,
        "approvals": [one for each in (events, *journals.values()) for one in approvals_in(each)],
        "steps": step_records(events),
        "ending": end,
        "environment": proof,
    }
    first_page = walked if plan and plan.is_tabletop else summary
    fields["summary"] = first_page(
        found, fields["findings"], open_because=_open_because(plan, end, proof), next_due=fields["next_due"]
    )
    return DrTest(**fields, gaps=gaps(fields, people, found))


def operations_named(events: Sequence[Event]) -> list[str]:
    """Return the ids of the operations that a test's outcomes name, in their order."""
    named = [one.id for outcome in outcomes_in(events).values() for one in outcome.operations]
    return list(dict.fromkeys(named))


def _asked(events: Sequence[Event], plan: DrTestPlan | None) -> dict[str, Any]:
    opened, last = events[0], events[-1]
    return {
        "id": opened.operation,
        "reason": text(mapping(opened.data, "parameters"), "reason"),
        "started_by": text(opened.data, "started_by", opened.actor),
        "started_at": opened.time,
        "ended_at": closed_at(events),
        "length_s": (last.time - opened.time).total_seconds(),
        "plan": plan,
        "plan_digest": plan.digest() if plan else None,
        "journal_sha256": sha256_of(events),
    }


def _people(people: People) -> dict[str, Any]:
    reviewer = people.reviewer if is_independent(people) else None
    signs = [SignOff(role=one.role, name=one.name) for one in people.signs]
    return {
        "participants": people.participants,
        "absentees": people.absentees,
        "third_parties": people.third_parties,
        "reviewer": reviewer,
        "sign_off": signs,
    }


def _told(found: Sequence[ScenarioResult]) -> dict[str, Any]:
    """Return what the scenarios tell, in their order."""
    outcomes = [result.outcome for result in found if result.outcome]
    untried = [
        Deviation(what=f"{result.plan.name.heading} was not tried to the end", why=result.reason)
        for result in found
        if result.outcome is None
    ]
    return {
        "scenarios": list(found),
        "alarms": [alarm for outcome in outcomes for alarm in outcome.alarms],
        "deviations": [each for outcome in outcomes for each in outcome.deviations] + untried,
        "lost_for_good": gone(found),
    }


def _beside(
    events: Sequence[Event], found: Sequence[ScenarioResult], people: People, before: Sequence[DrTest]
) -> dict[str, Any]:
    """Return what must be put right, and how it stands beside earlier tests; a tabletop stands beside none."""
    name, ended_at = events[0].operation, closed_at(events) or events[-1].time
    put_right = findings(name, found, people, ended_at)
    plan = plan_in(events[0].data)
    tests = [test for test in before if not test.is_tabletop]
    if plan and plan.is_tabletop:
        due = tests[-1].next_due if tests else None
        return {"findings": put_right, "retests": [], "compared": [], "history": [], "next_due": due}
    days = people.interval_days
    return {
        "findings": put_right,
        "retests": comparison.retests(name, found, put_right, before),
        "compared": comparison.compared(found, tests),
        "history": comparison.history(tests, comparison.run_of(name, events[0].time, found, plan))
        if plan
        else [],
        "next_due": ended_at + timedelta(days=days) if days else None,
    }


def _operations(
    outcomes: Mapping[ScenarioName, ScenarioOutcome], journals: Mapping[str, Sequence[Event]]
) -> list[OperationEvidence]:
    """Return the evidence of every operation whose journal is there, in the order of their opening."""
    of = {started.id: name for name, outcome in outcomes.items() for started in outcome.operations}
    found = [evidence_of(events, of.get(name)) for name, events in journals.items() if events]
    return sorted(found, key=lambda one: (one.opened_at, one.id))


def _doubt(proof: Environment) -> str | None:
    return None if proof.chain_verified else f"The test's journal is broken at event {proof.broken_at}."


def _open_because(plan: DrTestPlan | None, end: Ending, proof: Environment) -> str | None:
    if plan is None:
        return "The journal has no plan: nothing can be held against it."
    return _doubt(proof) or (None if end.closed else f"The test has not ended. {end.summary}")
