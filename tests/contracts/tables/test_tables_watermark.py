"""What every `Tables` promises of a watermark: whatever is written after it is seen, and what was there is not."""

import pytest
from sides import NUMBERED, SHAPES, Images, Side, image, keys_of, make

from recovery.reconcile import TableShape
from recovery.reconcile.blocks import Cut, Hashing
from recovery.reconcile.comparison import changed_since, differing

ONE_BLOCK = Cut(hashed=True, bits=0)


def changed(side: Side, shape: TableShape, since: object) -> int:
    """How many rows were written since."""
    prints = side.tables.key_prints(shape.name, ONE_BLOCK, since)
    return sum(found.changed for found in prints.values())


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name.name)
def test_only_what_was_written_since_is_changed(east: Side, shape: TableShape) -> None:
    keys = keys_of(shape, 30)
    make([east], shape, {key: image(key) for key in keys[:20]})
    since = east.tables.watermark(shape.name)

    before = changed(east, shape, since)
    east.put(shape, {keys[0]: image(keys[0], "new"), keys[25]: image(keys[25]), keys[1]: None})

    assert (before, changed(east, shape, since)) == (0, 2)
    assert changed(east, shape, east.tables.watermark(shape.name)) == 0


def test_a_moment_of_the_same_cluster_serves_and_one_of_another_does_not(sides: tuple[Side, Side]) -> None:
    make(sides, NUMBERED, {})
    here, there = (side.tables.watermark(NUMBERED.name) for side in sides)

    assert here.is_before(sides[0].tables.watermark(NUMBERED.name))
    assert not here.is_before(there)
    assert not there.is_before(here)


def test_all_that_differs_since_both_were_alike_is_found(sides: tuple[Side, Side]) -> None:
    """Changed, deleted and inserted on either side; and a deletion on both sides is none."""
    keys = keys_of(NUMBERED, 600)
    rows: Images = {key: image(key) for key in keys[:500]}
    make(sides, NUMBERED, rows)
    left, right = (side.tables for side in sides)
    since = left.watermark(NUMBERED.name), right.watermark(NUMBERED.name)
    sides[0].put(NUMBERED, {keys[3]: image(keys[3], "left"), keys[200]: None, keys[550]: image(keys[550])})
    sides[1].put(NUMBERED, {keys[4]: image(keys[4], "right"), keys[201]: None, keys[551]: image(keys[551])})
    for side in sides:
        side.put(NUMBERED, {keys[300]: None, keys[400]: image(keys[400], "both")})

    found = changed_since(left, right, NUMBERED.name, since=since, hashing=Hashing.VALUES)

    different = {key for some in differing(left, right, found) for key in some}
    assert different == {keys[n] for n in (3, 4, 200, 201, 550, 551)}
    assert len(found.suspects) < found.blocks


def test_a_table_that_nobody_has_written_since_has_no_suspect(sides: tuple[Side, Side]) -> None:
    make(sides, NUMBERED, {key: image(key) for key in keys_of(NUMBERED, 500)})
    left, right = (side.tables for side in sides)

    found = changed_since(
        left,
        right,
        NUMBERED.name,
        since=(left.watermark(NUMBERED.name), right.watermark(NUMBERED.name)),
        hashing=Hashing.VALUES,
    )

    assert (found.suspects, found.rows) == ({}, (500, 500))


def test_a_table_in_anothers_place_is_not_told_by_the_others_moments(east: Side) -> None:
    """Its rows may be older than the moment, and were never compared."""
    make([east], NUMBERED, {})
    before = east.tables.watermark(NUMBERED.name)
    east.replace(NUMBERED, {key: image(key) for key in keys_of(NUMBERED, 3)})

    assert not before.is_before(east.tables.watermark(NUMBERED.name))
