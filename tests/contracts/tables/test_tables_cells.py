"""What every `Tables` promises of cells: they tell the same rows as blocks do, and those that do not are told so."""

import psycopg
import pytest
from sides import NUMBERED, SHAPES, Images, RealSide, Side, a_table, image, keys_of, make

from lab.place import NODE_GROUPS
from recovery.reconcile import Key, TableName, TableShape
from recovery.reconcile.blocks import Hashing
from recovery.reconcile.cells import CELLS, LAYERS, unshared
from recovery.reconcile.drift import Drift, Pair, Seen, drifted
from recovery.reconcile.shapes import Column

SMALL = a_table("small", Column(name="id", type="smallint"))
Compared = tuple[Seen, list[Key]]


@pytest.fixture(autouse=True)
def _small_tables_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recovery.reconcile.locating.PAYS_FROM", 0)


def compared(
    sides: tuple[Side, Side], table: TableName, *, thin: bool, hashing: Hashing = Hashing.VALUES
) -> Compared:
    told: list[Drift] = []
    pair = Pair(sides[0].tables, sides[1].tables, lambda: None, thin_link=thin)
    seen = drifted(pair, table, tell=told.append, hashing=hashing)
    return seen, sorted(row.key for row in told)


def both_ways(sides: tuple[Side, Side], table: TableName, hashing: Hashing = Hashing.VALUES) -> Compared:
    """Compare by cells, and see that blocks tell the same."""
    by_cells, by_blocks = (compared(sides, table, thin=thin, hashing=hashing) for thin in (True, False))
    assert by_cells[1] == by_blocks[1]
    assert (by_cells[0].kinds, by_cells[0].rows) == (by_blocks[0].kinds, by_blocks[0].rows)
    assert not by_blocks[0].by_cells
    return by_cells


@pytest.mark.parametrize("hashing", Hashing)
@pytest.mark.parametrize("shape", [*SHAPES, SMALL], ids=lambda shape: shape.name.name)
def test_cells_tell_the_rows_that_blocks_tell(
    sides: tuple[Side, Side], shape: TableShape, hashing: Hashing
) -> None:
    """Changed on either side or both, deleted on one or both, inserted; keys of any type, composite ones too."""
    keys = keys_of(NUMBERED if shape is SMALL else shape, 600)
    make(sides, shape, {key: image(key) for key in keys[:500]})
    for number, side in enumerate(sides):
        side.put(shape, {keys[n]: image(keys[n], f"{number}") for n in (0, 5, 499)})
        side.put(shape, {keys[10 + number]: image(keys[10 + number], "changed")})
        side.put(
            shape, {keys[20 + number]: None, keys[30]: None, keys[510 + number]: image(keys[510 + number])}
        )
        side.put(shape, {keys[520]: image(keys[520])})

    seen, told = both_ways(sides, shape.name, hashing)

    assert told == sorted(keys[n] for n in (0, 5, 10, 11, 20, 21, 499, 510, 511))
    assert seen.by_cells
    assert seen.differing_blocks <= 15 * LAYERS


def test_a_table_that_is_alike_or_empty_has_no_cell_that_differs(sides: tuple[Side, Side]) -> None:
    make(sides, NUMBERED, {})
    empty, _ = both_ways(sides, NUMBERED.name)
    for side in sides:
        side.put(NUMBERED, {key: image(key) for key in keys_of(NUMBERED, 300)})

    seen, told = both_ways(sides, NUMBERED.name)

    assert (told, seen.differing_blocks, seen.rows) == ([], 0, (300, 300))
    assert (empty.blocks, empty.rows) == (0, (0, 0))


@pytest.mark.parametrize("shape", [SHAPES[0], SHAPES[2]], ids=lambda shape: shape.name.name)
def test_hundreds_of_rows_that_share_cells_are_all_told(sides: tuple[Side, Side], shape: TableShape) -> None:
    """2,000 rows that one side alone has so are one for each three cells."""
    keys = keys_of(shape, 1500)
    make(sides, shape, {key: image(key) for key in keys})
    sides[0].put(shape, {key: image(key, "left") for key in keys[:500]})
    sides[1].put(shape, {key: image(key, "right") for key in keys[:500]} | dict.fromkeys(keys[500:1000]))
    sides[0].put(shape, dict.fromkeys(keys[1000:]))

    seen, told = both_ways(sides, shape.name)

    assert told == sorted(keys)
    assert seen.by_cells


def test_more_rows_than_cells_tell_apart_are_told_by_blocks(sides: tuple[Side, Side]) -> None:
    keys = keys_of(NUMBERED, CELLS * LAYERS)
    rows: Images = {key: image(key) for key in keys}
    make(sides[:1], NUMBERED, rows)
    make(sides[1:], NUMBERED, {})

    seen, told = both_ways(sides, NUMBERED.name)

    assert told == sorted(keys)
    assert not seen.by_cells


def test_a_table_without_a_key_is_compared_by_blocks(sides: tuple[Side, Side]) -> None:
    """Of two rows of one image, XOR leaves nothing."""
    shape = a_table("keyless")
    make(sides, shape, {(str(n),): f"({n % 50},1.0)" for n in range(200)})
    for _ in range(2):
        sides[0].add(shape, "(7,1.0)")

    seen, told = both_ways(sides, shape.name)

    assert told == [("(7,1.0)",)]
    assert not seen.by_cells


def test_the_server_puts_cells_together_as_the_client_takes_them_apart(sides: tuple[Side, Side]) -> None:
    """Every row is told, with its key: also those whose keys or hashes are below zero."""
    keys = [(str(number),) for number in (-(2**63), -1, 0, 1, 2**63 - 1)]
    make(sides[:1], NUMBERED, {key: image(key) for key in keys})

    told = unshared(sides[0].tables.cells(NUMBERED.name, Hashing.VALUES), {})

    assert told is not None
    assert sorted((row.key, row.left) for row in told) == [(int(key), True) for (key,) in keys]


@pytest.mark.lab
def test_a_key_that_is_written_in_two_ways_is_told_as_by_blocks(
    real_sides: tuple[RealSide, RealSide],
) -> None:
    shape = a_table("priced", Column(name="price", type="numeric"))
    for side, price in zip(real_sides, ("1.0", "1.00"), strict=True):
        side.make(shape, {(price,): image((price,)), ("2",): image(("2",))})

    both_ways(real_sides, shape.name)


@pytest.mark.lab
def test_partitions_are_one_table(
    real_sides: tuple[RealSide, RealSide],
    own_schema: tuple[psycopg.Connection, psycopg.Connection],
) -> None:
    for session in own_schema:
        session.execute(b"CREATE TABLE parts (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)")
        session.execute(b"CREATE TABLE low PARTITION OF parts FOR VALUES FROM (0) TO (500)")
        session.execute(b"CREATE TABLE high PARTITION OF parts FOR VALUES FROM (500) TO (1000)")
        session.execute(b"INSERT INTO parts SELECT n, 'v' FROM generate_series(0, 999) n")
    own_schema[1].execute(b"UPDATE parts SET v = 'w' WHERE id IN (499, 500)")

    seen, told = both_ways(real_sides, TableName(NODE_GROUPS[0], 'Dr "test" 100%', "parts"))

    assert told == [("499",), ("500",)]
    assert seen.by_cells
