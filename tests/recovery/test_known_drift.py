"""A failover's report says what the newest comparison had found, or that there was none."""

from collections.abc import Callable
from typing import Any

from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate
from recovery.known_drift import UNKNOWN
from recovery.operation_journal import read
from recovery.report.compose import compose

EAST = "us-east-1"
TABLE = orders("eden_task").name
Flow = Callable[..., Any]


def remarks(estate: FakeEstate) -> list[str]:
    return [note.text for note in compose(read(estate.outside.journal, "failover-1")).notes]


def test_a_failover_tells_how_far_the_regions_were_alike_before(
    estate: FakeEstate, reconcile: Flow, leave: Flow
) -> None:
    estate.region(EAST).tables.put(TABLE, {("7",): "(7,east's)"})
    reconcile(estate)
    estate.loses(EAST)

    leave(estate)

    (told,) = [text for text in remarks(estate) if "comparison-1" in text]
    assert "0 min before, comparison-1 had ended: The regions have drifted apart." in told
    assert "1 differ" in told


def test_a_comparison_of_a_part_says_nothing_of_the_estate(
    estate: FakeEstate, reconcile: Flow, leave: Flow
) -> None:
    """By their names they are later ones: `Nothing differs` was told of one table, or of rows of conflicts."""
    estate.region(EAST).tables.put(TABLE, {("7",): "(7,east's)"})
    reconcile(estate, id="a-whole-one")
    reconcile(estate, id="b-part", node_groups=["eden_vault"])
    reconcile(estate, id="c-conflicts", look_at="conflicts")
    estate.loses(EAST)

    leave(estate)

    (told,) = [text for text in remarks(estate) if "had ended" in text]
    assert "a-whole-one had ended: The regions have drifted apart." in told


def test_of_two_comparisons_the_later_one_is_told_whatever_they_are_called(
    estate: FakeEstate, reconcile: Flow, leave: Flow
) -> None:
    estate.region(EAST).tables.put(TABLE, {("7",): "(7,east's)"})
    reconcile(estate, id="z-first")
    estate.region(EAST).tables.put(TABLE, {("7",): None})
    reconcile(estate, id="a-later")
    estate.loses(EAST)

    leave(estate)

    (told,) = [text for text in remarks(estate) if "had ended" in text]
    assert "a-later had ended: Nothing differs." in told


def test_a_failover_without_a_comparison_says_so(estate: FakeEstate, leave: Flow) -> None:
    estate.loses(EAST)

    leave(estate)

    assert UNKNOWN in remarks(estate)
