"""What every `Tables` promises, in memory and on two real clusters, whose tables have rows of their own."""

from collections.abc import Callable, Collection

import psycopg
import pytest
from psycopg import sql

from lab.place import EAST, NODE_GROUPS, WEST
from recovery.adapters.postgres.tables import PostgresTables
from recovery.errors import Refused
from recovery.fakes.tables import FakeTables
from recovery.fakes.world import World
from recovery.reconcile import Key, Outcome, RepairPlan, TableName, TableShape, compare, undo
from recovery.reconcile.plan import Change
from recovery.reconcile.shapes import Column

DATABASE, SCHEMA = NODE_GROUPS[0], 'Dr "test" 100%'
BODY, AMOUNT = Column(name="Body", type="text"), Column(name="amount", type="numeric")


def a_table(name: str, *key: Column) -> TableShape:
    table = TableName(DATABASE, SCHEMA, name)
    return TableShape(name=table, columns=(*key, BODY, AMOUNT), key=tuple(column.name for column in key))


NUMBERED = a_table("numbered", Column(name="id", type="bigint"))
WORDED = a_table('Worded "%s" table', Column(name="t", type="text"))
UNIQUE = a_table("unique", Column(name="id", type="uuid"))
PAIRED = a_table("paired", Column(name="w", type="text"), Column(name="100% k0", type="integer"))
SHAPES = [NUMBERED, WORDED, UNIQUE, PAIRED]
HOSTILE = ("", " ", "NULL", "a,b", '"', "\\", "%s", "(1)", "{}", "ä€\u2028", "\n", "'; --")
Images = dict[Key, str | None]


def keys_of(shape: TableShape, count: int) -> list[Key]:
    """Keys of the table's types, with odd characters where there is room for them."""
    if shape is NUMBERED:
        return [(str(n),) for n in range(-100, count - 100)]
    if shape is UNIQUE:
        return [(f"00000000-0000-4000-8000-{n:012x}",) for n in range(count)]
    words = [HOSTILE[n] if n < len(HOSTILE) else f"w{n}" for n in range(count)]
    return [(word,) if shape is WORDED else (word, str(n)) for n, word in enumerate(words)]


def image(key: Key, body: str = "a body", amount: str = "1.0") -> str:
    """The row as PostgreSQL writes it."""
    return f"({','.join(map(_quoted, key))},{_quoted(body)},{amount})"


def _quoted(value: str) -> str:
    plain = (
        value and not set(value) & set('(),"\\') and not any(char.isspace() for char in value if char <= "~")
    )
    return value if plain else '"' + value.replace("\\", "\\\\").replace('"', '""') + '"'


class FakeSide:
    def __init__(self) -> None:
        self.tables = FakeTables(World(["here"]), "here", [])

    def make(self, shape: TableShape, images: Images) -> None:
        self.tables.shapes[shape.name], self.tables.rows[shape.name] = shape, {}
        self.put(shape, images)

    def put(self, shape: TableShape, images: Images) -> None:
        self.tables.put(shape.name, images)


class RealSide:
    def __init__(self, tables: PostgresTables, session: psycopg.Connection) -> None:
        self.tables, self._session = tables, session

    def make(self, shape: TableShape, images: Images) -> None:
        columns = [
            sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(column.type))
            for column in shape.columns
        ]
        if shape.key:
            columns.append(sql.SQL("PRIMARY KEY ({})").format(_names(shape.key)))
        name = sql.Identifier(shape.name.name)
        self._session.execute(sql.SQL("CREATE TABLE {} ({})").format(name, sql.SQL(", ").join(columns)))
        self._insert(name, images)

    def put(self, shape: TableShape, images: Images) -> None:
        name, gone = (
            sql.Identifier(shape.name.name),
            sql.SQL("DELETE FROM {} WHERE ({})::text = ROW({})::text"),
        )
        with self._session.transaction():
            for key in images:
                values = sql.SQL(", ").join(map(sql.Literal, key))
                self._session.execute(gone.format(name, sql.SQL("ROW({})").format(_names(shape.key)), values))
            self._insert(name, images)

    def _insert(self, name: sql.Identifier, images: Images) -> None:
        there = [image for image in images.values() if image is not None]
        rows = sql.SQL("INSERT INTO {} SELECT (i::{}).* FROM unnest({}::text[]) AS i")
        self._session.execute(rows.format(name, name, sql.Literal(there)))


Side = FakeSide | RealSide


def _names(columns: Collection[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


@pytest.fixture
def fake_sides() -> tuple[Side, Side]:
    return FakeSide(), FakeSide()


@pytest.fixture
def real_sides(
    tables_at: Callable[[str], PostgresTables], own_schema: tuple[psycopg.Connection, psycopg.Connection]
) -> tuple[Side, Side]:
    east, west = own_schema
    return RealSide(tables_at(EAST), east), RealSide(tables_at(WEST), west)


@pytest.fixture
def sides(kind: str, request: pytest.FixtureRequest) -> tuple[Side, Side]:
    """East and west."""
    return request.getfixturevalue(f"{kind}_sides")


@pytest.fixture
def east(sides: tuple[Side, Side]) -> Side:
    return sides[0]


def make(sides: Collection[Side], shape: TableShape, images: Images) -> None:
    for side in sides:
        side.make(shape, images)


def plan_of(shape: TableShape, seen: Images, wanted: Images) -> RepairPlan:
    changes = (
        Change(table=shape.name, key=key, seen=seen.get(key), wanted=wanted.get(key))
        for key in seen.keys() | wanted.keys()
    )
    return RepairPlan(tables=(shape,), changes=tuple(changes), kept=())


def test_tables_are_told_with_their_shapes(east: Side) -> None:
    for shape in SHAPES:
        east.make(shape, {})

    ours = [table for table in east.tables.tables() if table.schema == SCHEMA]

    assert ours == sorted(shape.name for shape in SHAPES)
    assert [east.tables.shape(shape.name) for shape in SHAPES] == SHAPES


def test_two_sides_of_one_release_hash_alike(sides: tuple[Side, Side]) -> None:
    east, west = sides

    assert east.tables.hash_vector() == west.tables.hash_vector() != ""


def test_a_table_that_is_not_there_is_refused(east: Side) -> None:
    with pytest.raises(Refused, match=r"has no table eden_vault/public\.nothing"):
        east.tables.shape(TableName(DATABASE, "public", "nothing"))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name.name)
def test_scattered_differences_are_found_exactly(sides: tuple[Side, Side], shape: TableShape) -> None:
    """37 rows of 5,000: changed, only here, and only there."""
    here, there = sides
    keys = keys_of(shape, 5000)
    make(sides, shape, {key: image(key) for key in keys})
    changed, missing, added = keys[::250], keys[7::500], keys_of(shape, 5007)[5000:]
    here.put(shape, {key: image(key, "another body") for key in changed} | dict.fromkeys(missing))
    there.put(shape, {key: image(key) for key in added})

    found = compare(here.tables, there.tables, shape.name, most=37)

    assert found.keys == tuple(sorted(changed + missing + added))
    assert (len(found.keys), found.rows) == (37, (4990, 5007))


def test_more_differences_than_allowed_are_refused(sides: tuple[Side, Side]) -> None:
    here, there = sides
    make(sides, NUMBERED, {key: image(key) for key in keys_of(NUMBERED, 300)})
    here.put(NUMBERED, {key: image(key, "x") for key in keys_of(NUMBERED, 300)[::10]})

    with pytest.raises(Refused, match=r"at least 30 rows differ, and the limit leaves room for 29"):
        compare(here.tables, there.tables, NUMBERED.name, most=29)


def test_rows_whose_text_differs_are_different(sides: tuple[Side, Side]) -> None:
    """A restore brings back what was there: also a NULL instead of '', and the zeros behind the point."""
    here, there = sides
    null, zeros, _ = keys = keys_of(NUMBERED, 3)
    make(sides, NUMBERED, {key: image(key, "") for key in keys})

    here.put(NUMBERED, {null: f"({null[0]},,1.0)", zeros: image(zeros, "", amount="1.00")})

    assert compare(here.tables, there.tables, NUMBERED.name, most=9).keys == (null, zeros)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name.name)
def test_a_value_swapped_between_two_rows_shows_in_the_sum(
    sides: tuple[Side, Side], shape: TableShape
) -> None:
    """PostgreSQL's hash of a row is a sum over its columns: without a seed a swap within a block is lost."""
    here, there = sides
    one, other = keys_of(shape, 2)
    make(sides, shape, {one: image(one, "5"), other: image(other, "7")})
    same = here.tables.fingerprint(shape.name)
    assert same == there.tables.fingerprint(shape.name)

    here.put(shape, {one: image(one, "7"), other: image(other, "5")})

    assert here.tables.fingerprint(shape.name).rows == same.rows
    assert here.tables.fingerprint(shape.name) != same
    assert compare(here.tables, there.tables, shape.name, most=9).keys == tuple(sorted([one, other]))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name.name)
def test_images_are_fetched_by_key(east: Side, shape: TableShape) -> None:
    keys = keys_of(shape, 20)
    there = {key: image(key, "".join(HOSTILE)) for key in keys[:15]}
    make([east], shape, there)

    assert east.tables.images(shape.name, keys) == there
    assert east.tables.images(shape.name, []) == {}


def test_an_empty_table_equals_an_empty_one(sides: tuple[Side, Side]) -> None:
    make(sides, NUMBERED, {})
    here, there = (side.tables for side in sides)

    assert compare(here, there, NUMBERED.name, most=0).keys == ()
    assert here.fingerprint(NUMBERED.name) == (0, 0)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name.name)
def test_a_plan_is_applied_once_and_can_be_undone(east: Side, shape: TableShape) -> None:
    """Updates, inserts and deletes; the repeated apply finds them done."""
    keys = keys_of(shape, 30)
    seen: Images = {key: image(key, "bad") for key in keys[:20]}
    wanted: Images = {key: image(key, "".join(HOSTILE)) for key in keys[10:]}
    make([east], shape, seen)
    plan = plan_of(shape, seen, wanted)

    assert east.tables.apply(plan, DATABASE) == [Outcome.APPLIED] * 30
    assert east.tables.images(shape.name, keys) == wanted
    assert east.tables.apply(plan, DATABASE) == [Outcome.ALREADY] * 30

    east.tables.apply(undo(plan), DATABASE)
    assert east.tables.images(shape.name, keys) == seen


@pytest.mark.parametrize("now", ["another body", None], ids=["changed", "gone"])
def test_a_row_changed_since_the_plan_stops_all_of_it(east: Side, now: str | None) -> None:
    keys = keys_of(NUMBERED, 3)
    seen: Images = {key: image(key, "bad") for key in keys[:2]}
    make([east], NUMBERED, seen)
    plan = plan_of(NUMBERED, seen, {key: image(key, "good") for key in keys})
    live = {**seen, keys[0]: now and image(keys[0], now)}
    east.put(NUMBERED, live)

    with pytest.raises(
        Refused, match=r"1 rows \(eden_vault.*numbered \(-100\)\) have changed .*; plan again"
    ):
        east.tables.apply(plan, DATABASE)

    assert east.tables.images(NUMBERED.name, keys) == {key: row for key, row in live.items() if row}


def test_a_row_inserted_since_the_plan_stops_all_of_it(east: Side) -> None:
    (key,) = keys_of(NUMBERED, 1)
    make([east], NUMBERED, {key: image(key, "somebody's")})

    with pytest.raises(Refused, match="have changed since"):
        east.tables.apply(plan_of(NUMBERED, {}, {key: image(key)}), DATABASE)


def test_a_table_altered_since_the_plan_stops_all_of_it(east: Side) -> None:
    (key,) = keys_of(NUMBERED, 1)
    make([east], NUMBERED, {})
    then = NUMBERED.model_copy(update={"columns": (*NUMBERED.columns, Column(name="more", type="text"))})

    with pytest.raises(Refused, match=r"changed its shape .* it has 4 columns here and 3 there"):
        east.tables.apply(plan_of(then, {}, {key: image(key)}), DATABASE)


def test_tables_of_different_shapes_are_not_compared(sides: tuple[Side, Side]) -> None:
    here, there = sides
    here.make(NUMBERED, {})
    there.make(NUMBERED.model_copy(update={"columns": (NUMBERED.columns[0], AMOUNT, BODY)}), {})

    with pytest.raises(Refused, match="a column is Body text here and amount numeric there"):
        compare(here.tables, there.tables, NUMBERED.name, most=9)


def test_a_table_without_a_key_is_not_compared(sides: tuple[Side, Side]) -> None:
    keyless = NUMBERED.model_copy(update={"key": ()})
    for side in sides:
        side.make(keyless, {})

    with pytest.raises(Refused, match="numbered has no primary key"):
        compare(sides[0].tables, sides[1].tables, keyless.name, most=9)
