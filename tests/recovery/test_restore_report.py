"""The report of a restore says what its journal says, and never more."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from recovery.errors import BadInput
from recovery.journal import Event, Kind, broken_link, following
from recovery.objectives import Judgement
from recovery.report.document import StepState
from recovery.report.restore_compose import compose_restore
from recovery.report.restore_document import RestoreReport

SAMPLES = Path(__file__).parents[1] / "samples"
NAMES = sorted(path.stem.removeprefix("restore-") for path in SAMPLES.glob("restore-*.jsonl"))


def journal(name: str) -> list[Event]:
    lines = (SAMPLES / f"restore-{name}.jsonl").read_bytes().splitlines()
    return [Event.model_validate_json(line) for line in lines]


def report_of(name: str) -> RestoreReport:
    return compose_restore(journal(name))


def retold(events: list[Event], change: Callable[[Event], dict[str, JsonValue]]) -> list[Event]:
    """The same journal with changed data, its chain whole again."""
    told: list[Event] = []
    for event in events:
        fields: dict[str, Any] = event.model_dump(exclude={"seq", "previous", "hash", "data"})
        told.append(following(told, **fields, data=change(event)))
    return told


def with_result(name: str, step: str, **changes: JsonValue) -> list[Event]:
    """A sample in which a step found something else."""

    def change(event: Event) -> dict[str, JsonValue]:
        result = event.data.get("result")
        if event.kind is not Kind.DONE or event.step != step or not isinstance(result, dict):
            return event.data
        return {**event.data, "result": {**result, **changes}}

    return retold(journal(name), change)


def with_data(name: str, kind: Kind, **changes: JsonValue) -> list[Event]:
    """A sample in which events of a kind tell something else."""
    return retold(journal(name), lambda e: {**e.data, **changes} if e.kind is kind else e.data)


def test_a_restore_beside_shows_what_it_brought_back_and_how_fast() -> None:
    report = report_of("beside")

    assert report.verdict.overall is Judgement.MET
    assert report.verdict.headline == "Objectives met"
    assert report.verdict.brought_back == (
        "A scratch cluster beside the live one has the data of us-east-1 "
        "as it was at 2026-03-14 02:17:41.399 UTC."
    )
    assert (report.verdict.rto.achieved_s, report.verdict.rpo.achieved_s) == (12.4, 0.38)
    assert (report.verdict.proofs.held, report.verdict.proofs.tried) == (5, 5)
    assert report.verdict.rows_after == 7
    assert report.chosen is not None
    assert report.chosen.place == "us-east-1"


def test_the_phases_and_the_tool_add_up_to_the_rto() -> None:
    spent = report_of("repaired").spent

    told = "fetch replay compare promote validate approval repair"
    assert [phase.what for phase in spent.phases] == told.split()
    assert spent.sum_s + (spent.tool.length_s or 0) == pytest.approx(42.5)
    assert spent.waited_s == pytest.approx(28.3)
    assert spent.predicted.length_s == 9.8


def test_a_surgical_repair_tells_what_is_left_to_a_person() -> None:
    report = report_of("repaired")

    assert report.verdict.overall is Judgement.MET
    assert report.verdict.brought_back.startswith(
        "213 damaged rows in 2 tables of us-east-1 are again as they"
    )
    assert "2 rows changed again since, and left to a person" in report.verdict.brought_back
    assert report.damage is not None
    assert report.repaired is not None
    assert report.ending.next == [
        "decide about the 2 rows that were written again since: they are in the plan"
    ]


def test_rows_that_did_not_read_back_as_planned_leave_nothing_met() -> None:
    verdict = compose_restore(with_result("repaired", "repair", verified=211)).verdict

    assert verdict.overall is Judgement.NOT_MEASURED
    assert verdict.reason == "213 rows were changed, and only 211 read back as planned."


def test_a_plan_alone_is_never_met() -> None:
    """What it took is shown all the same."""
    verdict = report_of("planned").verdict

    assert verdict.overall is Judgement.NOT_MEASURED
    assert verdict.reason == "Only the plan was made: no live row was changed."
    assert verdict.rto.achieved_s == 13.3
    assert verdict.brought_back.startswith("Nothing was brought back.")


def test_a_failed_replay_says_why_and_what_was_removed() -> None:
    report = report_of("refused")

    assert report.verdict.overall is Judgement.NOT_MEASURED
    assert (report.verdict.reason or "").startswith(
        "“Replay up to the moment” failed: scratch 127.0.10.1:5499"
    )
    assert report.verdict.rto.reason == "The operation did not come as far as the step “measure_restore”."
    assert report.ending.outcome == "backed out"
    assert [step.step for step in report.steps if step.undo] == ["tear_down"]
    assert {"Achieved RTO", "Achieved RPO", "The replay", "The proofs"} <= {
        x.what for x in report.not_measured
    }


def test_a_rung_that_does_not_hold_leaves_nothing_met() -> None:
    """Whatever the operation calls its own end, and however fast it was."""
    report = report_of("unproved")

    assert report.ending.outcome == "restored beside"
    assert report.verdict.overall is Judgement.NOT_MEASURED
    assert report.verdict.headline == "Proofs failed, objectives not measured"
    assert report.verdict.reason == "1 of 5 proofs does not hold: “Every page's checksum is right”."
    assert report.verdict.brought_back.endswith("it is not proved.")
    assert report.verdict.proofs.judgement is Judgement.MISSED


def test_proofs_that_a_refusal_found_are_shown() -> None:
    """Where something would be changed by it, the step itself fails; its evidence is the ladder."""
    wrong = journal("unproved")
    [proof] = [e for e in wrong if e.kind is Kind.DONE and e.step == "prove"]
    events = wrong[: wrong.index(proof)]
    fields = proof.model_dump(exclude={"seq", "previous", "hash", "kind", "data"})
    error = "What was restored is not proved, and is not used"
    events.append(
        following(events, **fields, kind=Kind.FAILED, data={"error": error, "result": proof.data["result"]})
    )

    report = compose_restore(events)

    assert report.verdict.proofs.failed == ["Every page's checksum is right"]
    assert report.proved is not None
    assert {step.step: step.state for step in report.steps}["prove"] is StepState.FAILED


def test_without_a_proof_nothing_is_met() -> None:
    untried = with_result("beside", "prove", rungs=[])

    assert compose_restore(untried).verdict.reason == "No rung of the validation ladder could be tried."


def test_an_rpo_that_was_not_measured_has_its_reason() -> None:
    why = "nobody said when the fault was"
    unknown = with_result("beside", "measure_restore", rpo_s=None, rpo_reason=why)

    verdict = compose_restore(unknown).verdict

    assert verdict.overall is Judgement.NOT_MEASURED
    assert verdict.reason == "RPO was not measured: nobody said when the fault was."
    assert verdict.rto.judgement is Judgement.MET


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"rpo_s": -3.0}, "3.0 s after the fault"), ({"rto_s": -1.0}, "compare the clocks")],
)
def test_a_figure_below_zero_is_none(changes: dict[str, JsonValue], reason: str) -> None:
    verdict = compose_restore(with_result("beside", "measure_restore", **changes)).verdict

    assert verdict.overall is Judgement.NOT_MEASURED
    assert reason in (verdict.reason or "")


def test_without_objectives_figures_are_shown_and_not_judged() -> None:
    verdict = compose_restore(with_data("beside", Kind.OPENED, objectives={})).verdict

    assert verdict.rto.achieved_s == 12.4
    assert verdict.rto.judgement is Judgement.NOT_MEASURED
    assert verdict.rto.reason == "The journal does not say what the objective is."


@pytest.mark.parametrize("result", ["soon", {"rto_s": float("nan"), "rpo_s": 0.0, "phases": {}}, None])
def test_a_result_that_is_none_is_a_reason_and_no_crash(result: JsonValue) -> None:
    def change(event: Event) -> dict[str, JsonValue]:
        measured = event.kind is Kind.DONE and event.step == "measure_restore"
        return {**event.data, "result": result} if measured else event.data

    verdict = compose_restore(retold(journal("beside"), change)).verdict

    assert verdict.overall is Judgement.NOT_MEASURED
    assert verdict.rto.reason == "What “Measure what was achieved” left in the journal can not be read."


@pytest.mark.parametrize("name", NAMES)
def test_a_journal_that_stops_anywhere_composes_and_is_never_met(name: str) -> None:
    events = journal(name)

    for length in range(1, len(events)):
        report = compose_restore(events[:length])

        verdict = report.verdict
        assert Judgement.MET not in {verdict.overall, verdict.rto.judgement, verdict.rpo.judgement}
        assert verdict.reason
        assert report.ending.next
        assert not report.ending.closed


def test_a_restore_that_stopped_half_way_says_where_and_how_to_go_on() -> None:
    report = report_of("interrupted")

    assert "“Replay up to the moment” (us-east-1)" in report.ending.summary
    assert report.ending.next[0].startswith("Resume operation restore-20260314-022741-6f70")
    assert report.verdict.brought_back.startswith("Nothing is brought back yet")
    assert [phase.what for phase in report.spent.phases] == ["fetch"]


def test_one_that_stopped_while_it_repaired_claims_nothing_of_the_live_rows() -> None:
    events = journal("repaired")
    stopped = next(i for i, event in enumerate(events) if event.kind is Kind.DONE and event.step == "repair")

    assert compose_restore(events[:stopped]).verdict.brought_back.startswith(
        "Live data may be changed in part"
    )


def test_a_resumed_restore_shows_attempts_and_the_time_in_which_nobody_ran_it() -> None:
    report = report_of("resumed")
    steps = {step.step: step for step in report.steps}

    assert report.verdict.overall is Judgement.MISSED
    assert report.verdict.reason == "RTO was missed: 20 min 10 s, the objective is 15 min."
    assert steps["replay"].attempts == 2
    assert steps["fetch"].skipped_on_resume == 1
    assert {phase.what: phase.length_s for phase in report.spent.phases}["resumption"] == pytest.approx(
        1196.8
    )
    assert report.notes[0].text == "Resumed by b.okafor@ops-2:811."


def test_a_changed_event_leaves_nothing_met() -> None:
    events = journal("beside")
    events[3] = events[3].model_copy(update={"actor": "somebody else"})

    verdict = compose_restore(events).verdict

    assert verdict.overall is Judgement.NOT_MEASURED
    assert "broken at event 4" in (verdict.reason or "")


def test_a_dry_run_brought_nothing_back() -> None:
    verdict = compose_restore(with_data("beside", Kind.OPENED, parameters={"dry_run": True})).verdict

    assert verdict.reason == "Only the plan was shown: nothing was changed."
    assert verdict.brought_back.startswith("Nothing was changed, as asked.")


def test_phases_that_add_up_to_more_than_the_rto_leave_the_tools_own_time_open() -> None:
    spent = compose_restore(with_result("beside", "measure_restore", phases={"fetch": 20.0})).spent

    assert spent.tool.length_s is None
    assert "more than the RTO" in (spent.tool.reason or "")


def test_what_does_not_begin_with_the_opening_is_refused() -> None:
    with pytest.raises(BadInput, match="begins with started, event 2"):
        compose_restore(journal("beside")[1:])


@pytest.mark.parametrize("name", NAMES)
def test_the_same_journal_gives_the_same_report_and_it_can_be_read_back(name: str) -> None:
    first, second = (report_of(name).to_json() for _ in range(2))

    assert first == second
    assert RestoreReport.model_validate_json(first).to_json() == first


def test_the_samples_are_whole_and_what_their_script_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else run `python tests/samples/restores.py`."""
    monkeypatch.syspath_prepend(SAMPLES)
    restores = importlib.import_module("restores")

    for tell in restores.TALES:
        assert restores.path_of(tell.__name__).read_bytes() == restores.as_lines(tell()), tell.__name__
        assert broken_link(tell()) is None
    assert len(restores.TALES) == len(NAMES)
