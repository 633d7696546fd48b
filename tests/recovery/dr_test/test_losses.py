"""Promised rows by their fate: what a failover lost, less what came home, is what is gone, row by row."""

from pathlib import Path
from typing import Any

from recovery.dr_test.kept import KeptTest
from recovery.dr_test.outcome import Losses
from recovery.dr_test.summary import gone, rows
from recovery.drill.evidence import losses, losses_of
from recovery.journal import Event
from recovery.measurement import Row, Rows
from recovery.report.compose import compose
from recovery.report.document import Report
from recovery.report.failback_compose import compose_failback
from recovery.report.failback_document import FailbackReport

SAMPLES = Path(__file__).parents[2] / "samples"


def journal(name: str) -> list[Event]:
    return [Event.model_validate_json(line) for line in (SAMPLES / f"{name}.jsonl").read_bytes().splitlines()]


def row(seq: int) -> Row:
    return Row(
        service="task",
        client="a",
        seq=seq,
        region="us-east-1",
        acknowledged_at=None,
        committed_at=None,
    )


def there(*lost: int) -> Report:
    """A failover that lost these rows."""
    report = compose(journal("journal-restored"))
    assert report.rows
    told = {"lost": [row(seq) for seq in lost], "acknowledged": 900}
    return report.model_copy(update={"rows": report.rows.model_copy(update=told)})


def back(*gone: int, **changed: Any) -> FailbackReport:
    """A failback after which these rows are in neither region."""
    report = compose_failback(journal("failback-returned"))
    assert report.served
    told = {"lost_now": len(gone), "gone": [row(seq) for seq in gone]} | changed
    return report.model_copy(update={"served": report.served.model_copy(update=told)})


def seqs(found: Losses) -> list[int]:
    return [one.seq for one in found.gone]


def test_only_the_rows_that_are_still_lost_are_gone() -> None:
    """Ten were lost, nine were brought home: the list has the one that was not."""
    found = losses(there(*range(10)), back(7))

    assert (found.lost, found.salvaged, found.final) == (10, 9, 1)
    assert seqs(found) == [7]


def test_nothing_is_gone_where_all_came_home() -> None:
    found = losses(there(1, 2), back())

    assert (found.lost, found.salvaged, found.final, found.gone) == (2, 2, 0, [])


def test_a_row_that_the_failover_had_not_lost_is_gone_all_the_same() -> None:
    """A row may be lost on the way back; what was salvaged does not count less for it."""
    found = losses(there(1), back(5))

    assert (found.lost, found.salvaged, found.final, seqs(found)) == (1, 1, 1, [5])


def test_without_a_way_back_nobody_knows_what_is_gone() -> None:
    found = losses(there(1, 2), None)

    assert (found.lost, found.salvaged, found.final, found.gone) == (2, None, None, [])
    assert found.reason == "the way back did not come to look for them"


def test_a_failover_that_compared_nothing_says_why_and_the_way_back_counts() -> None:
    blind = there()
    verdict = blind.verdict.model_copy(update={"rows_reason": "the prober did not answer"})

    found = losses(blind.model_copy(update={"rows": None, "verdict": verdict}), back(3, acknowledged=40))

    assert (found.acknowledged, found.lost, found.final, seqs(found)) == (40, None, 1, [3])
    assert found.reason == "the prober did not answer"


def test_where_nothing_was_failed_over_what_neither_region_has_is_gone() -> None:
    seen = there().rows
    assert seen

    found = losses_of(Rows(**seen.model_dump() | {"acknowledged": 50, "present": 49, "lost": [row(4)]}))

    assert (found.acknowledged, found.lost, found.salvaged, found.final) == (50, 1, 0, 1)
    assert (seqs(found), found.reason) == ([4], None)


def test_a_row_that_two_scenarios_find_gone_is_listed_and_counted_once(quarter: KeptTest) -> None:
    """Each looks back an hour: what one of them lost, the next one misses too."""
    lost = losses(there(1, 2), back(2)), losses(there(2, 3), back(2, 3))
    results = [
        result.model_copy(update={"outcome": result.outcome.model_copy(update={"losses": one})})
        for result, one in zip(quarter.test.scenarios, lost, strict=False)
        if result.outcome
    ]

    assert [one.seq for one in gone(results)] == [2, 3]
    assert rows(results)[0] == 2
