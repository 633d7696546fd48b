"""The report says what the journal says, and never more."""

import time
from collections.abc import Container
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from recovery.errors import BadInput
from recovery.journal import Event, Kind, following
from recovery.objectives import Judgement
from recovery.report.compose import compose
from recovery.report.document import Report, StepState

SAMPLES = Path(__file__).parents[1] / "samples"


def journal(name: str) -> list[Event]:
    lines = (SAMPLES / f"journal-{name}.jsonl").read_bytes().splitlines()
    return [Event.model_validate_json(line) for line in lines]


def retold(events: list[Event], change: Any) -> list[Event]:
    """The same journal with changed data, its chain whole again."""
    told: list[Event] = []
    for event in events:
        fields = {name: getattr(event, name) for name in type(event).model_fields}
        for name in ("seq", "previous", "hash"):
            del fields[name]
        told.append(following(told, **fields | {"data": change(event)}))
    return told


def measured(*, without: Container[str] = (), **changes: JsonValue) -> list[Event]:
    """The restored sample with another measurement."""

    def change(event: Event) -> dict[str, JsonValue]:
        result = event.data.get("result")
        if event.step != "measure" or not isinstance(result, dict):
            return event.data
        told = {key: value for key, value in {**result, **changes}.items() if key not in without}
        return {**event.data, "result": told}

    return retold(journal("restored"), change)


def test_a_restored_failover_shows_what_it_achieved() -> None:
    report = compose(journal("restored"))

    assert report.verdict.overall is Judgement.MET
    assert report.verdict.rto.achieved_s == 6.0
    assert report.verdict.rto.error_s == 0.5
    assert report.verdict.rpo.achieved_s == pytest.approx(1.46)
    assert report.verdict.rows_lost == 2
    assert report.ending.outcome == "restored"
    assert report.environment.chain_verified


def test_the_phases_of_the_path_add_up_to_the_rto() -> None:
    report = compose(journal("restored"))

    path = [phase for phase in report.timeline.phases if phase.on_path]

    assert sum(phase.length_s for phase in path) == pytest.approx(report.verdict.rto.achieved_s)
    assert [phase.what for phase in path if phase.longest] == ["fencing and promoting"]


@pytest.mark.parametrize("name", ["restored", "resumed", "moved", "refused", "backed-out", "interrupted"])
def test_a_journal_that_stops_anywhere_composes_and_is_never_met(name: str) -> None:
    """A process may be killed after any event; the report then says where, and claims nothing."""
    events = journal(name)

    for length in range(1, len(events)):
        report = compose(events[:length])

        assert Judgement.MET not in {
            report.verdict.overall,
            report.verdict.rto.judgement,
            report.verdict.rpo.judgement,
        }
        assert report.verdict.reason
        assert not report.ending.closed
        assert report.ending.stopped_at
        assert report.ending.next


def test_a_figure_measured_before_the_close_is_shown_and_not_judged_as_met() -> None:
    report = compose(journal("restored")[:-1])

    assert report.verdict.rto.achieved_s == 6.0
    assert report.verdict.rto.judgement is Judgement.NOT_MEASURED
    assert report.verdict.reason == "The operation is not closed: its figures may still change."


def test_an_interrupted_operation_says_where_it_stopped_and_how_to_go_on() -> None:
    ending = compose(journal("interrupted")).ending

    assert ending.outcome == "not closed"
    assert "“Let the target's databases take over” (us-west-2)" in ending.summary
    assert ending.next[0].startswith("Resume operation region-failover-20260314-021743-41aa")
    assert "Put nothing back by hand" in ending.next[1]


def test_a_changed_event_leaves_nothing_met() -> None:
    """Who can edit one line of the journal gains nothing by it."""
    events = journal("restored")
    events[3] = events[3].model_copy(update={"actor": "somebody else"})

    report = compose(events)

    assert report.environment.broken_at == 4
    assert not report.environment.chain_verified
    assert report.verdict.overall is Judgement.NOT_MEASURED
    assert "broken at event 4" in (report.verdict.reason or "")


def test_a_missed_objective_stays_missed_in_an_open_operation() -> None:
    assert compose(journal("resumed")[:-1]).verdict.overall is Judgement.MISSED


def test_rows_that_were_not_compared_are_not_zero() -> None:
    report = compose(measured(rows=None, rows_reason="the target's databases did not answer"))

    assert report.verdict.rows_lost is None
    assert report.verdict.rows_reason == "the target's databases did not answer"
    assert report.verdict.rpo.judgement is Judgement.NOT_MEASURED
    assert report.verdict.overall is Judgement.NOT_MEASURED
    assert "Rows lost" in {item.what for item in report.not_measured}


def test_single_clients_stand_beside_the_clock_points() -> None:
    timeline = compose(journal("restored")).timeline
    seen = timeline.interruptions

    assert seen is not None
    assert (seen.clients, seen.still_failing, seen.longest_s) == (8, 0, 5.96)
    assert [s.after_fault_s for s in (seen.first, seen.median, seen.last)] == [3.12, 4.41, 5.87]
    assert timeline.interruptions_reason is None


def test_a_client_that_still_fails_leaves_the_last_without_a_time() -> None:
    seen = {"clients": 8, "still_failing": 5, "first": "2026-03-14T02:17:45Z", "median": None, "last": None}

    told = compose(measured(interruptions={**seen, "longest_s": 14.0})).timeline.interruptions

    assert told is not None
    assert told.first.after_fault_s == pytest.approx(3.6)
    assert (told.last.at, told.last.after_fault_s) == (None, None)
    assert told.median.reason == told.last.reason == "5 of 8 clients still failing when last seen"


def test_a_move_that_interrupted_nobody_says_so_and_is_measured() -> None:
    seen = compose(journal("moved")).timeline.interruptions

    assert seen is not None
    assert (seen.clients, seen.longest_s, seen.last.reason) == (0, 0.0, "no client was interrupted")


def test_a_journal_from_before_interruptions_were_measured_is_judged_as_ever() -> None:
    report = compose(measured(without={"interruptions", "interruptions_reason"}))

    assert report.verdict.overall is Judgement.MET
    assert report.timeline.interruptions is None
    assert (report.timeline.interruptions_reason or "").startswith("The journal was written before")
    assert "Interruptions of single clients" in {item.what for item in report.not_measured}


def test_interruptions_that_were_not_measured_have_a_reason() -> None:
    timeline = compose(measured(interruptions=None, interruptions_reason="the prober was off")).timeline

    assert (timeline.interruptions, timeline.interruptions_reason) == (None, "the prober was off")


def test_met_by_less_than_the_error_is_said() -> None:
    def tight(event: Event) -> dict[str, JsonValue]:
        return {**event.data, "objectives": {"rto_s": 6.2, "rpo_s": 300.0}} if event.seq == 1 else event.data

    report = compose(retold(journal("restored"), tight))

    assert report.verdict.rto.judgement is Judgement.MET
    assert report.verdict.rto.reason == "Met by less than the measurement's error."


def test_a_result_that_is_no_measurement_is_a_reason_and_no_crash() -> None:
    report = compose(measured(points="soon"))

    assert report.verdict.overall is Judgement.NOT_MEASURED
    assert "is not a measurement" in report.not_measured[0].why


def test_an_outcome_that_restored_nothing_is_never_met() -> None:
    def stopped(event: Event) -> dict[str, JsonValue]:
        return {**event.data, "outcome": "stopped"} if event.kind is Kind.CLOSED else event.data

    report = compose(retold(journal("restored"), stopped))

    assert report.verdict.overall is Judgement.NOT_MEASURED
    assert "“stopped”" in (report.verdict.reason or "")


def test_a_dry_run_is_not_measured() -> None:
    def dry(event: Event) -> dict[str, JsonValue]:
        parameters = event.data.get("parameters")
        return (
            {**event.data, "parameters": {**parameters, "dry_run": True}}
            if isinstance(parameters, dict)
            else event.data
        )

    report = compose(retold(journal("restored"), dry))

    assert report.verdict.reason == "Only the plan was shown: nothing was changed."


def test_a_resumed_operation_shows_attempts_actors_and_skips() -> None:
    report = compose(journal("resumed"))
    steps = {step.step: step for step in report.steps}

    assert steps["promote"].attempts == 2
    assert steps["take_over"].actors == ["ops-witness-1:3107", "ops-laptop-7:811"]
    assert steps["take_over"].length_s == pytest.approx(2284.1)
    assert steps["fence"].skipped_on_resume == 1
    assert report.environment.actors == ["ops-witness-1:3107", "ops-laptop-7:811"]
    assert len(report.rows.lost if report.rows else []) == 240


def test_a_refused_failover_keeps_the_findings_and_the_remedy() -> None:
    report = compose(journal("refused"))

    bad = [finding for finding in report.findings if not finding.ok]

    assert [step.state for step in report.steps] == [StepState.DONE, StepState.FAILED]
    assert bad[0].remedy is not None
    assert bad[0].remedy.startswith("Start replication")
    assert report.ending.next[0] == "Decide whether 21 min of orders may be lost."


def test_a_backed_out_failover_says_why_and_marks_the_undo() -> None:
    report = compose(journal("backed-out"))

    assert report.ending.outcome == "backed out"
    assert "would lose 640 s" in report.ending.summary
    assert [step.step for step in report.steps if step.undo] == ["unfence"]


def test_a_step_that_was_left_out_says_why() -> None:
    events = journal("interrupted")[:2]
    fields: dict[str, Any] = {"time": events[-1].time + timedelta(seconds=1), "operation": "x", "actor": "a"}
    events.append(following(events, **fields, kind=Kind.SKIPPED, step="shift", data={"why": "only the plan"}))

    step = compose(events).steps[-1]

    assert (step.state, step.sentence, step.skipped_on_resume) == (StepState.SKIPPED, "only the plan", 0)


def test_a_step_that_looked_again_and_was_refused_is_not_told_as_done() -> None:
    """A later process asked again, since what had been seen was hours old."""
    events = journal("interrupted")[:1]
    told: list[tuple[Kind, dict[str, Any]]] = [
        (Kind.STARTED, {"title": "Confirm"}),
        (Kind.DONE, {"summary": "2 of 3 checks hold"}),
        (Kind.STARTED, {"title": "Confirm", "looks_again": True}),
        (Kind.FAILED, {"error": "it serves again"}),
    ]
    for kind, data in told:
        at = events[-1].time + timedelta(seconds=1)
        events.append(
            following(events, time=at, operation="x", actor="a", kind=kind, step="confirm_source", data=data)
        )

    step = compose(events).steps[-1]

    assert (step.state, step.sentence, step.attempts) == (StepState.FAILED, "it serves again", 2)


@pytest.mark.parametrize(
    ("result", "columns"),
    [
        ("just a word", ["step", "region", "what", "value"]),
        (None, None),
        ([{"database": "orders", "ok": True}], ["database", "ok"]),
        ({"a_s": 1.5, "b": {"deep": [1]}}, ["step", "region", "what", "value"]),
    ],
)
def test_an_unknown_result_becomes_a_table(result: JsonValue, columns: list[str] | None) -> None:
    events = journal("interrupted")[:1]
    fields: dict[str, Any] = {"time": events[-1].time, "operation": "x", "actor": "a"}
    events.append(following(events, **fields, kind=Kind.DONE, step="novel", data={"result": result}))

    tables = compose(events).tables

    assert [table.columns for table in tables] == ([columns] if columns else [])


def test_what_does_not_begin_with_the_opening_is_refused() -> None:
    with pytest.raises(BadInput, match="begins with started, event 2"):
        compose(journal("restored")[1:])
    with pytest.raises(BadInput, match="it has no event"):
        compose([])


def test_the_same_journal_gives_the_same_report_and_it_can_be_read_back() -> None:
    first, second = (compose(journal("resumed")).to_json() for _ in range(2))

    assert first == second
    assert Report.model_validate_json(first).to_json() == first


def test_composing_is_fast() -> None:
    """Measured at 7 ms; a report must never be the slow part of a failover."""
    events = journal("resumed")

    began = time.perf_counter()
    compose(events)

    assert time.perf_counter() - began < 0.5
