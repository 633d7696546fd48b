"""What every `Tables` promises of a watermark: whatever is written after it is seen, and what was there is not."""

from collections.abc import Callable

import pytest
from sides import NUMBERED, PAIRED, SHAPES, Images, Side, a_table, image, keys_of, make

from recovery.reconcile import Key, TableShape
from recovery.reconcile.blocks import Cut, Hashing
from recovery.reconcile.changed import Changed, changed_since, differing_since

ONE_BLOCK = Cut(hashed=True, bits=0)


def changed(side: Side, shape: TableShape, since: object) -> int:
    """How many rows were written since."""
    prints = side.tables.key_prints(shape.name, ONE_BLOCK, since)
    return sum(found.changed for found in prints.values())


def looking(sides: tuple[Side, Side], shape: TableShape) -> Callable[[], tuple[Changed, set[Key]]]:
    """What differs of all that is written from now on."""
    left, right = (side.tables for side in sides)
    since = left.watermark(shape.name), right.watermark(shape.name)

    def look() -> tuple[Changed, set[Key]]:
        found = changed_since(left, right, shape.name, since=since, hashing=Hashing.VALUES)
        return found, {key for some in differing_since(left, right, found) for key in some}

    return look


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


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name.name)
def test_all_that_differs_since_both_were_alike_is_found(sides: tuple[Side, Side], shape: TableShape) -> None:
    """Changed, deleted and inserted on either side; and what is done alike on both sides is none."""
    keys = keys_of(shape, 600)
    make(sides, shape, {key: image(key) for key in keys[:500]})
    look = looking(sides, shape)
    sides[0].put(shape, {keys[3]: image(keys[3], "left"), keys[200]: None, keys[550]: image(keys[550])})
    sides[1].put(shape, {keys[4]: image(keys[4], "right"), keys[201]: None, keys[551]: image(keys[551])})
    for number, side in enumerate(sides):
        side.put(shape, {keys[300]: None, keys[400]: image(keys[400], "both"), keys[599]: image(keys[599])})
        side.put(shape, {keys[401]: image(keys[401], f"apart {number}")})

    _, different = look()

    assert different == {keys[n] for n in (3, 4, 200, 201, 401, 550, 551)}


def test_keys_that_swapped_a_part_are_other_keys(sides: tuple[Side, Side]) -> None:
    """PostgreSQL's hash of a key of two columns is a sum: of four rows, two were told."""
    make(sides, PAIRED, {key: image(key) for key in (("a", "1"), ("b", "2"))})
    look = looking(sides, PAIRED)
    sides[0].put(PAIRED, {("a", "1"): None, ("b", "2"): None})
    sides[0].put(PAIRED, {key: image(key) for key in (("a", "2"), ("b", "1"))})

    _, different = look()

    assert different == {("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")}


def test_of_what_was_changed_rows_alone_are_read(sides: tuple[Side, Side]) -> None:
    keys = keys_of(NUMBERED, 500)
    make(sides, NUMBERED, {key: image(key) for key in keys})
    look = looking(sides, NUMBERED)
    sides[0].put(NUMBERED, {keys[3]: image(keys[3], "left"), keys[9]: image(keys[9], "both")})
    sides[1].put(NUMBERED, {keys[9]: image(keys[9], "both")})

    found, different = look()

    assert different == {keys[3]}
    assert found.found.suspects == {}
    assert [*found.written.values()] == [3]


def test_a_block_in_which_much_was_written_is_compared_by_pieces(sides: tuple[Side, Side]) -> None:
    """They are fewer numbers than its rows."""
    keys = keys_of(NUMBERED, 500)
    make(sides, NUMBERED, {key: image(key) for key in keys})
    look = looking(sides, NUMBERED)
    for side in sides:
        side.put(NUMBERED, {key: image(key, "both") for key in keys[:100]})
    sides[1].put(NUMBERED, {keys[50]: image(keys[50], "right")})

    found, different = look()

    assert different == {keys[50]}
    assert len(found.found.suspects) == 1
    assert found.written == {}


def test_a_table_without_a_key_is_compared_by_how_many_rows_it_has_of_each_image(
    sides: tuple[Side, Side],
) -> None:
    shape = a_table("keyless")
    rows: Images = {(str(n),): f"({n % 50},1.0)" for n in range(200)}
    make(sides, shape, rows)
    look = looking(sides, shape)
    sides[0].add(shape, "(7,1.0)")
    for side in sides:
        side.add(shape, "(9,1.0)")

    _, different = look()

    assert different == {("(7,1.0)",)}


def test_a_table_that_nobody_has_written_since_has_no_suspect(sides: tuple[Side, Side]) -> None:
    make(sides, NUMBERED, {key: image(key) for key in keys_of(NUMBERED, 500)})

    found, different = looking(sides, NUMBERED)()

    assert (found.found.suspects, found.written, found.found.rows) == ({}, {}, (500, 500))
    assert different == set()


def test_a_table_in_anothers_place_is_not_told_by_the_others_moments(east: Side) -> None:
    """Its rows may be older than the moment, and were never compared."""
    make([east], NUMBERED, {})
    before = east.tables.watermark(NUMBERED.name)
    east.replace(NUMBERED, {key: image(key) for key in keys_of(NUMBERED, 3)})

    assert not before.is_before(east.tables.watermark(NUMBERED.name))
