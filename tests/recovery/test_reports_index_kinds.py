"""Every kind of report is read in the index: what it is of, when, how it was judged and how it ended."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from telling import SOURCE, TARGET, Tale, after

from recovery.dr_test.kept import KeptTest
from recovery.journal import Event, Kind, following
from recovery.objectives import Judgement
from recovery.reconcile.findings import Findings, Lag, TableFindings
from recovery.regions_repair import ComparedAgain
from recovery.report.compose import compose
from recovery.report.failback_compose import compose_failback
from recovery.report.repair_compose import compose_repair
from recovery.report.restore_compose import compose_restore
from recovery.reports_index.entries import Entry, entry_of

SAMPLES = Path(__file__).parents[1] / "samples"
BOTH = f"{SOURCE} and {TARGET}"


def journal(path: Path) -> list[Event]:
    return [Event.model_validate_json(line) for line in path.read_bytes().splitlines()]


def sample(name: str) -> list[Event]:
    return journal(SAMPLES / f"{name}.jsonl")


def told_with(events: list[Event], **changed: Any) -> list[Event]:
    """Return the journal as if its opening event had told otherwise."""
    retold: list[Event] = []
    for event in events:
        data = {**event.data, **changed} if event.kind is Kind.OPENED else event.data
        fields = event.model_dump(exclude={"seq", "previous", "hash", "data"})
        retold.append(following(retold, **fields, data=data))
    return retold


def a_repair(what: str, *, different: int = 0) -> list[Event]:
    tale = Tale("repair-20260314-031502-1c1c")
    tale.tell(0, Kind.OPENED, procedure="cross-region-repair", regions=[SOURCE, TARGET], what=what)
    tale.tell(1, Kind.STARTED, step="compare_again", title="Compare again", mutating=False, attempt=1)
    found = ComparedAgain(
        rows=3, same=3 - different, under_way=0, different=different, restless=0, some=[], length_s=0.4
    )
    tale.done(2, "compare_again", str(found), result=found.model_dump(mode="json"))
    tale.tell(3, Kind.CLOSED, outcome="repaired", summary="Repaired.", next=[])
    return tale.events


def a_comparison(*, different: int) -> Findings:
    table = TableFindings(
        table="orders.public.orders",
        rows_left=90,
        rows_right=90,
        blocks=1,
        differing_blocks=1,
        different=different,
        left_only=0,
        right_only=0,
        in_flight=0,
        restless=0,
        length_s=0.2,
        samples=[],
    )
    lag = Lag(first_s=0.1, second_s=0.1)
    return Findings(
        id="comparison-20260314-031502-5e5e",
        estate="eden",
        regions=(SOURCE, TARGET),
        reason="",
        began_at=after(0),
        ended_at=after(1),
        lag_before=lag,
        lag_after=lag,
        tables=[table],
        not_compared=[],
    )


def said(entry: Entry) -> tuple[str, str, str, str]:
    return entry.what, str(entry.judgement), entry.outcome, entry.headline


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("failback-*.jsonl")), ids=lambda path: path.stem)
def test_every_failback_is_read_however_it_ended(path: Path) -> None:
    report = compose_failback(journal(path))

    entry = entry_of("failback-a", report.to_json())

    assert entry.at == report.operation.opened_at
    assert said(entry) == (
        f"Region failback: {SOURCE}",
        str(report.judgement),
        report.ending.outcome,
        report.headline,
    )
    assert (entry.rto_s, entry.rpo_s) == (None, None)


def test_a_failback_that_is_complete_says_that_nothing_is_lost() -> None:
    entry = entry_of("failback-a", compose_failback(sample("failback-returned")).to_json())

    assert (entry.judgement, entry.outcome) == (Judgement.MET, "returned")
    assert entry.headline == f"{SOURCE} serves again, and nothing is lost"


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("journal-*.jsonl")), ids=lambda path: path.stem)
def test_every_failover_is_read_with_its_figures(path: Path) -> None:
    report = compose(journal(path))

    entry = entry_of("failover-a", report.to_json())

    verdict = report.verdict
    assert entry.at == report.operation.opened_at
    what = f"Region failover: {SOURCE} to {TARGET}"
    assert said(entry) == (what, str(verdict.overall), report.ending.outcome, verdict.headline)
    assert (entry.rto_s, entry.rpo_s) == (verdict.rto.achieved_s, verdict.rpo.achieved_s)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("restore-*.jsonl")), ids=lambda path: path.stem)
def test_every_restore_is_read_with_its_figures(path: Path) -> None:
    report = compose_restore(journal(path))

    entry = entry_of("restore-a", report.to_json())

    verdict = report.verdict
    assert entry.at == report.operation.opened_at
    what = f"Restore: {SOURCE}"
    assert said(entry) == (what, str(verdict.overall), report.ending.outcome, verdict.headline)
    assert (entry.rto_s, entry.rpo_s) == (verdict.rto.achieved_s, verdict.rpo.achieved_s)


def test_a_recovery_in_a_third_place_is_of_both_regions() -> None:
    stand_ins = {TARGET: "127.0.20.9:5432", SOURCE: "127.0.10.9:5432"}
    events = told_with(
        sample("restore-repaired"), procedure="multi-region-recovery", scope="two region", stand_ins=stand_ins
    )

    entry = entry_of("recovery-a", compose_restore(events).to_json())

    assert entry.what == f"Multi region recovery: {BOTH}"
    assert entry.outcome == "repaired"


@pytest.mark.parametrize(
    "what", ["the plan of comparison-1", "what takes repair-1 back"], ids=["repair", "undo"]
)
def test_a_repair_is_read_and_so_is_one_that_takes_another_back(what: str) -> None:
    entry = entry_of("repair-a", compose_repair(a_repair(what)).to_json())

    assert entry.at == after(0)
    assert said(entry) == (f"Repair: {BOTH}", "met", "repaired", "Repaired, and nothing of the plan differs")


def test_a_repair_in_part_is_missed() -> None:
    entry = entry_of("repair-a", compose_repair(a_repair("the plan of comparison-1", different=1)).to_json())

    assert entry.judgement is Judgement.MISSED


@pytest.mark.parametrize(
    ("different", "judged", "headline"),
    [(0, "met", "Nothing differs"), (2, "missed", "The regions have drifted apart")],
)
def test_a_comparison_is_read(different: int, judged: str, headline: str) -> None:
    entry = entry_of("comparison-a", a_comparison(different=different).to_json())

    assert entry.at == after(0)
    assert said(entry) == (f"Comparison: {BOTH}", judged, "compared", headline)


def test_a_test_is_read_with_its_figures_and_its_score(quarter: KeptTest) -> None:
    told = quarter.test.summary

    entry = entry_of("dr-test-a", quarter.test.to_json())

    assert entry.what.startswith("Test: ")
    assert (entry.judgement, entry.outcome) == (told.verdict, quarter.test.ending.outcome)
    assert (entry.rto_s, entry.rpo_s) == (told.rto.achieved_s, told.rpo.achieved_s)
    assert (entry.headline, entry.score) == (told.headline, "2½ of 3")
    assert entry.at > datetime(2026, 1, 1, tzinfo=UTC)
