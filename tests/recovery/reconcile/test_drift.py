"""Rows that differ while both sides are written to: what has drifted is told, what is under way is not."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from recovery.fakes.copies import orders
from recovery.fakes.tables import FakeTables, Written
from recovery.fakes.world import World
from recovery.reconcile.drift import LOOKS, Drift, Kind, Pair, Seen, drifted
from recovery.reconcile.shapes import Key

SHAPE = orders("eden_task")
TABLE = SHAPE.name
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
EQUAL = {(str(n),): f"({n},same)" for n in range(300)}


class Regions:
    """Two copies of a table of orders, and what happens while rows are under way."""

    def __init__(self) -> None:
        self.left, self.right = (FakeTables(World(["here"]), name, [SHAPE]) for name in ("left", "right"))
        self.left.put(TABLE, EQUAL)
        self.right.put(TABLE, EQUAL)
        self.fences = 0
        self.happens: Callable[[], object] = lambda: None

    def compared(self, *, thin_link: bool = False) -> tuple[Seen, list[Drift]]:
        told: list[Drift] = []
        pair = Pair(self.left, self.right, self._fence, thin_link=thin_link)
        return drifted(pair, TABLE, tell=told.append), told

    def _fence(self) -> None:
        self.fences += 1
        self.happens()


@pytest.fixture
def regions() -> Regions:
    return Regions()


def keys(told: list[Drift]) -> list[Key]:
    return [row.key for row in told]


def test_equal_copies_are_not_waited_for(regions: Regions) -> None:
    seen, told = regions.compared()

    assert (told, regions.fences, seen.rows) == ([], 0, (300, 300))
    assert (seen.differing_blocks, seen.in_flight, seen.restless) == (0, 0, 0)


def test_what_stands_still_and_differs_is_told_with_both_sides(regions: Regions) -> None:
    regions.left.put(TABLE, {("7",): "(7,left)", ("400",): "(400,new)"})
    regions.right.put(TABLE, {("9",): "(9,right)", ("401",): "(401,new)", ("8",): None})

    seen, told = regions.compared()

    assert sorted((row.key[0], row.kind) for row in told) == [
        ("400", Kind.LEFT),
        ("401", Kind.RIGHT),
        ("7", Kind.DIFFERENT),
        ("8", Kind.LEFT),
        ("9", Kind.DIFFERENT),
    ]
    assert seen.kinds == Counter({Kind.DIFFERENT: 2, Kind.LEFT: 2, Kind.RIGHT: 1})
    seven = next(row for row in told if row.key == ("7",))
    assert seven.left
    assert seven.right
    assert (seven.left.image, seven.right.image) == ("(7,left)", "(7,same)")


def test_what_arrives_is_no_drift(regions: Regions) -> None:
    regions.left.put(TABLE, {("7",): "(7,new)", ("8",): None, ("400",): "(400,new)"})
    regions.happens = lambda: regions.right.put(
        TABLE, {("7",): "(7,new)", ("8",): None, ("400",): "(400,new)"}
    )

    seen, told = regions.compared()

    assert (told, seen.in_flight, regions.fences) == ([], 3, 1)


def test_of_what_cells_tell_too_what_arrives_is_no_drift(
    regions: Regions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recovery.reconcile.locating.PAYS_FROM", 0)
    regions.left.put(TABLE, {("7",): "(7,new)", ("8",): None, ("9",): "(9,left)"})
    regions.happens = lambda: regions.right.put(TABLE, {("7",): "(7,new)", ("8",): None})

    seen, told = regions.compared(thin_link=True)

    assert (keys(told), seen.in_flight, seen.by_cells) == ([("9",)], 2, True)


def test_small_tables_are_compared_by_blocks_over_a_thin_link_too(regions: Regions) -> None:
    """That sends less."""
    seen, _ = regions.compared(thin_link=True)

    assert not seen.by_cells


def test_a_row_that_is_written_meanwhile_is_looked_at_again(regions: Regions) -> None:
    """Also one that gets the image that it had: its next version may be under way."""
    regions.left.put(TABLE, {("7",): "(7,left)", ("9",): "(9,left)"})

    def written_once() -> None:
        if regions.fences == 1:
            regions.left.put(TABLE, {("7",): "(7,left)"})

    regions.happens = written_once
    seen, told = regions.compared()

    assert keys(told) == [("9",), ("7",)]
    assert (regions.fences, seen.in_flight, seen.restless) == (2, 0, 0)


def test_a_row_that_never_rests_is_counted_and_not_called_drift(regions: Regions) -> None:
    regions.left.put(TABLE, {("7",): "(7,left)"})
    regions.happens = lambda: regions.left.put(TABLE, {("7",): f"(7,{regions.fences})"})

    seen, told = regions.compared()

    assert (told, seen.restless, regions.fences) == ([], 1, LOOKS)


def test_a_row_that_never_rests_and_is_carried_over_is_under_way(regions: Regions) -> None:
    """The other side has taken a write as new as any that was seen: what it lacked has arrived, or was overwritten."""
    hot, moments = ("7",), count()

    def written(side: FakeTables, *, foreign: bool, image: str) -> None:
        at = NOON + timedelta(seconds=next(moments))
        side.written[TABLE, hot] = Written(foreign=foreign, at=at)
        side.put(TABLE, {hot: image})

    def carried_over_late() -> None:
        written(regions.right, foreign=True, image=f"(7,{regions.fences} of the left)")
        written(regions.left, foreign=False, image=f"(7,{regions.fences} and later)")

    carried_over_late()
    regions.happens = carried_over_late
    seen, told = regions.compared()

    assert (told, seen.in_flight, seen.restless, regions.fences) == ([], 1, 0, 1)


def test_a_row_that_both_sides_write_and_neither_takes_is_not_called_under_way(regions: Regions) -> None:
    def apart() -> None:
        for side in (regions.left, regions.right):
            at = NOON + timedelta(seconds=regions.fences)
            side.written[TABLE, ("7",)] = Written(foreign=False, at=at)
            side.put(TABLE, {("7",): f"(7,{side.endpoint} {regions.fences})"})

    apart()
    regions.happens = apart
    seen, told = regions.compared()

    assert (told, seen.in_flight, seen.restless) == ([], 0, 1)


def test_a_row_that_is_deleted_again_meanwhile_is_no_drift(regions: Regions) -> None:
    regions.left.put(TABLE, {("400",): "(400,new)"})
    regions.happens = lambda: regions.left.put(TABLE, {("400",): None})

    seen, told = regions.compared()

    assert (told, seen.in_flight) == ([], 1)


def test_however_many_rows_differ_only_some_are_held_at_a_time(
    regions: Regions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each portion of blocks has a fence of its own."""
    monkeypatch.setattr("recovery.reconcile.comparison.HASHES_AT_ONCE", 130)
    regions.right.put(TABLE, dict.fromkeys(EQUAL))

    seen, told = regions.compared()

    assert sorted(keys(told)) == sorted(EQUAL)
    assert seen.kinds == Counter({Kind.LEFT: 300})
    assert regions.fences >= 2
