"""One cluster's tables for contract tests, in memory and real: tables of odd names and keys, and their rows."""

from collections.abc import Collection

import psycopg
from psycopg import sql

from lab.place import NODE_GROUPS
from recovery.adapters.postgres.tables import PostgresTables
from recovery.fakes.tables import FakeTables
from recovery.fakes.world import World
from recovery.reconcile import Key, RepairPlan, TableName, TableShape
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
    def __init__(self, name: str) -> None:
        self.tables = FakeTables(World(["here"]), name, [])

    def make(self, shape: TableShape, images: Images) -> None:
        self.tables.shapes[shape.name], self.tables.rows[shape.name] = shape, {}
        self.tables.alone.add(shape.name)
        self.put(shape, images)

    def put(self, shape: TableShape, images: Images) -> None:
        self.tables.put(shape.name, images)

    def add(self, shape: TableShape, row: str) -> None:
        """Put one more row of this image into a table without a key."""
        self.put(shape, {(str(len(self.tables.rows[shape.name])),): row})

    def replace(self, shape: TableShape, images: Images) -> None:
        """Put another table in its place."""
        self.tables.timeline += 1
        self.make(shape, images)


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

    def add(self, shape: TableShape, row: str) -> None:
        """Put one more row of this image into a table without a key."""
        self._insert(sql.Identifier(shape.name.name), {(row,): row})

    def replace(self, shape: TableShape, images: Images) -> None:
        """Put another table in its place."""
        self._session.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(shape.name.name)))
        self.make(shape, images)

    def _insert(self, name: sql.Identifier, images: Images) -> None:
        there = [image for image in images.values() if image is not None]
        rows = sql.SQL("INSERT INTO {} SELECT (i::{}).* FROM unnest({}::text[]) AS i")
        self._session.execute(rows.format(name, name, sql.Literal(there)))


Side = FakeSide | RealSide


def _names(columns: Collection[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def make(sides: Collection[Side], shape: TableShape, images: Images) -> None:
    for side in sides:
        side.make(shape, images)


def plan_of(shape: TableShape, seen: Images, wanted: Images) -> RepairPlan:
    changes = (
        Change(table=shape.name, key=key, seen=seen.get(key), wanted=wanted.get(key))
        for key in seen.keys() | wanted.keys()
    )
    return RepairPlan(tables=(shape,), changes=tuple(changes), kept=())
