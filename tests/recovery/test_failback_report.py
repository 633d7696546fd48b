"""The report of a failback says what its journal says, and never more."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from recovery.errors import BadInput
from recovery.journal import Event, Kind, broken_link, following
from recovery.objectives import Judgement
from recovery.report.failback_compose import compose_failback
from recovery.report.failback_document import FailbackReport

SAMPLES = Path(__file__).parents[1] / "samples"
NAMES = sorted(path.stem.removeprefix("failback-") for path in SAMPLES.glob("failback-*.jsonl"))


def journal(name: str) -> list[Event]:
    lines = (SAMPLES / f"failback-{name}.jsonl").read_bytes().splitlines()
    return [Event.model_validate_json(line) for line in lines]


def report_of(name: str) -> FailbackReport:
    return compose_failback(journal(name))


def retold(events: list[Event], change: Callable[[Event], dict[str, JsonValue]]) -> list[Event]:
    """The same journal with changed data, its chain whole again."""
    told: list[Event] = []
    for event in events:
        fields: dict[str, Any] = event.model_dump(exclude={"seq", "previous", "hash", "data"})
        told.append(following(told, **fields, data=change(event)))
    return told


def without_result(name: str, step: str) -> list[Event]:
    """A sample in which a step left something that is no result of its own."""
    return retold(
        journal(name),
        lambda e: {**e.data, "result": {"odd": 1}} if (e.kind, e.step) == (Kind.DONE, step) else e.data,
    )


def missing(report: FailbackReport) -> dict[str, str]:
    return {one.what: one.why for one in report.not_measured}


def test_a_region_that_serves_again_without_a_loss_meets_what_was_asked() -> None:
    report = report_of("returned")

    assert report.judgement is Judgement.MET
    assert report.headline == "us-east-1 serves again, and nothing is lost"
    assert report.verdict == (
        "38 transactions with 71 rows had not left; 66 replayed, 1 alike, 1 superseded, 3 by rule; "
        "0 of 82688 rows of 9 tables differ; 1,204 keys of Redis were compared, and 0 differ; "
        "redundant 3482 s after the loss; final loss 0 rows."
    )
    assert missing(report) == {}
    assert (report.operation.region, report.operation.serving) == ("us-east-1", "us-west-2")


def test_the_time_unprotected_is_from_the_loss_to_redundancy() -> None:
    """For so long a second loss would have had no target."""
    assert report_of("returned").unprotected_s == pytest.approx(3482.5)


def test_rows_that_neither_region_has_are_lost_for_good() -> None:
    report = report_of("lossy")

    assert (report.judgement, report.lost_now) == (Judgement.MISSED, 2)
    assert report.headline == "us-east-1 serves again, and 2 rows are lost"


def test_a_final_loss_that_nobody_looked_for_is_not_none() -> None:
    report = report_of("unseen")

    assert (report.judgement, report.lost_now) == (Judgement.NOT_MEASURED, None)
    assert report.headline == "us-east-1 serves again; whether something is lost is not known"
    assert missing(report) == {"Final loss": "the prober did not answer"}


def test_rows_that_wait_for_a_person_leave_the_region_fenced_and_missed() -> None:
    report = report_of("asked")

    assert report.judgement is Judgement.MISSED
    assert report.headline == "us-east-1 was not brought back"
    assert report.ending.outcome == "backed out"
    assert report.ending.summary.startswith(
        "The region stays fenced, and gets no customers; what was brought"
    )
    assert "start a new failback" in report.ending.next[0]
    assert missing(report)["Whether the regions differ"].startswith("“Prove that nothing differs” failed")
    assert report.alike is None


def test_traffic_that_is_held_leaves_the_region_open_and_says_so() -> None:
    """It would be wrong to call it fenced."""
    report = report_of("held")

    assert report.ending.outcome == "held"
    assert report.ending.summary.startswith("Traffic stays as it is, and the region is open")
    assert "fenced" not in report.ending.summary
    assert report.ending.next[0].startswith("Look at both regions")


def test_what_could_not_be_listed_is_told_beside_what_could() -> None:
    report = report_of("gapped")

    assert report.lost_set
    assert str(report.lost_set).endswith("not known of customers: its slot is lost")
    assert report.lost_set.untold == {"orders.public.events": 12}


def test_one_that_was_interrupted_says_where_and_how_to_go_on() -> None:
    report = report_of("interrupted")

    assert report.judgement is Judgement.NOT_MEASURED
    assert report.headline == "us-east-1 is not brought back yet"
    assert "within “Catch up with what was committed meanwhile” (us-east-1)" in report.ending.summary
    assert report.ending.next == [
        "Resume operation failback-20260314-031502-4b7e: it skips the steps that are done."
    ]
    assert set(missing(report)) == {"T7, redundant again", "Whether the regions differ", "Final loss"}


@pytest.mark.parametrize("name", NAMES)
def test_a_journal_that_stops_anywhere_is_never_met(name: str) -> None:
    """Only a closed one past the point of no return can be."""
    events = journal(name)

    for length in range(1, len(events)):
        report = compose_failback(events[:length])

        assert report.judgement is not Judgement.MET
        assert report.headline
        assert FailbackReport.model_validate_json(report.to_json()) == report


@pytest.mark.parametrize(
    ("step", "what"),
    [
        ("list_unsent", "lost_set"),
        ("catch_up", "caught_up"),
        ("bring_home", "brought_home"),
        ("replicate_both_ways", "reprotected"),
        ("follow_cache", "cache"),
        ("prove_alike", "alike"),
        ("return_traffic", "returned"),
        ("return_cache", "cache_returned"),
        ("verify_return", "served"),
    ],
)
def test_a_result_that_can_not_be_read_is_none(step: str, what: str) -> None:
    """As one of a newer version: the rest of the report stands."""
    assert getattr(report_of("returned"), what) is not None
    assert getattr(compose_failback(without_result("returned", step)), what) is None


def test_without_the_proof_nothing_is_met() -> None:
    report = compose_failback(without_result("returned", "prove_alike"))

    assert report.judgement is Judgement.NOT_MEASURED


def test_the_fence_is_told_and_the_opening_is_none() -> None:
    fences = report_of("returned").fences

    assert [fence.means for fence in fences] == [
        "PostgreSQL roles without login",
        "Redis refusing writes",
        "gateway closed",
    ]


@pytest.mark.parametrize("events", [[], journal("returned")[1:]], ids=["nothing", "without its beginning"])
def test_what_is_no_beginning_of_a_journal_is_refused(events: list[Event]) -> None:
    with pytest.raises(BadInput):
        compose_failback(events)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_a_whole_journal(name: str) -> None:
    assert broken_link(journal(name)) is None


def test_the_samples_are_what_their_script_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else run `python tests/samples/failbacks.py`."""
    monkeypatch.syspath_prepend(SAMPLES)
    failbacks = importlib.import_module("failbacks")

    for tell in failbacks.TALES:
        assert failbacks.path_of(tell.__name__).read_bytes() == failbacks.as_lines(tell()), tell.__name__
    assert len(failbacks.TALES) == len(NAMES)
