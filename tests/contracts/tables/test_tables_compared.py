"""Whether two values are one: the cases on which tools of the field are wrong, each on two real clusters."""

from collections.abc import Callable

import psycopg
import pytest

from lab.place import EAST, NODE_GROUPS, WEST
from recovery.adapters.postgres.sessions import Access
from recovery.adapters.postgres.tables import PostgresTables
from recovery.errors import Refused
from recovery.reconcile.comparison import same_shape
from recovery.reconcile.drift import Drift, Pair, drifted
from recovery.reconcile.shapes import Key, TableName

pytestmark = pytest.mark.lab
DATABASE, SCHEMA = NODE_GROUPS[0], 'Dr "test" 100%'
HOSTILE = ('x"; drop table y;--', "n" * 63, "ä" * 31, "%s {} \\ $1", "SELECT", ".", "a.b")
DIFFERENT = (
    ("v text", "NULL", "''"),
    ("v text", "'NULL'", "NULL"),
    ("v text, w text", "'a|b', 'c'", "'a', 'b|c'"),
    ("v text, w text", "'a,b', 'c'", "'a', 'b,c'"),
    ("v text, w text", "'a', NULL", "NULL, 'a'"),
    ("v text", "'a'", "'a '"),
    ("v numeric", "1.0", "1.01"),
    ("v numeric", "'NaN'", "NULL"),
    ("v numeric", "'NaN'", "'Infinity'"),
    ("v numeric", "'Infinity'", "'-Infinity'"),
    ("v numeric", "5", "-5"),
    ("v numeric, w numeric", "5, -7", "-5, 7"),
    ("v numeric, w numeric", "5, 7", "50000, 70000"),
    ("v float8", "'Infinity'", "'-Infinity'"),
    ("v float8", "'NaN'", "0"),
    ("v jsonb", """'{"a": 1}'""", """'{"a": 2}'"""),
    ("v jsonb", """'{"a": null}'""", "'{}'"),
    ("v jsonb", """'{"a": 5}'""", """'{"a": -5}'"""),
    ("v jsonb", "'[]'", "'{}'"),
    ("v jsonb", "'true'", "'[true]'"),
    ("v jsonb", f"'{[1, *range(2, 65), 65]}'", f"'{[65, *range(2, 65), 1]}'"),
    ("v interval", "'0'", "'4294.967297 seconds'"),
    ("v timestamp", "'2026-01-01'", "'2026-01-01 00:00:00.000001'"),
    ("v timestamp", "'2241-12-31'", "'2241-12-31 00:00:00.000001'"),
    ("v timestamp", "'infinity'", "'-infinity'"),
    ("v json", """'{"a":1}'""", """'{"a": 2}'"""),
    ("v xml", "'<a/>'", "'<b/>'"),
    ("v bit(4)", "'0001'", "'0010'"),
    ("v varbit", "'1'", "'10'"),
    ("v money", "1.01", "1.02"),
    ("v point", "'(1,2)'", "'(2,1)'"),
    ("v timestamptz", "'2026-01-01 12:00+00'", "'2026-01-01 12:00+01'"),
    ("v bytea", "'\\x00'", "'\\x0000'"),
    ("v text[]", "'{a,NULL}'", "'{a,\"NULL\"}'"),
    ("v bigint", "-1", "4294967295"),
    ("v bigint, w bigint", "-1, 4294967295", "4294967295, -1"),
    ("v float8, w float8", "0, 1", "1, 0"),
    ("v float8, w float8", "0, NULL", "NULL, 0"),
    ("v real, w float8", "0, NULL", "NULL, 0"),
    ("v float8", "1", "NULL"),
    ("v smallint", "0", "NULL"),
    ("v boolean", "false", "NULL"),
    ("v uuid", "'00000000-0000-0000-0000-000000000000'", "NULL"),
    ("v jsonb", "'0'", "NULL"),
    ("v timestamp, w timestamp", "'2000-01-01', NULL", "NULL, '2000-01-01'"),
    ("v timestamp", "'2000-01-01'", "'2000-01-01 01:11:34.967297'"),
    ("v timestamp", "'1999-12-31 23:59:59.999999'", "'1999-12-31 22:48:25.032702'"),
    ("v timestamptz", "'2000-01-01+00'", "'2000-01-01 01:11:34.967297+00'"),
    ("v timestamp", "'4714-11-24 BC'", "'-infinity'"),
    ("v timestamptz", "'294276-12-31 23:59:59.999999+00'", "'infinity'"),
)
"""Columns, and what the left and the right side have in them."""
Sessions = tuple[psycopg.Connection, psycopg.Connection]


@pytest.fixture
def pair(tables_at: Callable[[str], PostgresTables]) -> Pair:
    return Pair(tables_at(EAST), tables_at(WEST), lambda: None)


def make(sessions: Sessions, columns: str, *rows: str, key: str = "int") -> TableName:
    """A table `t` with the key `id` in both regions, with one row of each."""
    for session, row in zip(sessions, rows, strict=True):
        session.execute(f"CREATE TABLE t (id {key} PRIMARY KEY, {columns})".encode())
        session.execute(f"INSERT INTO t VALUES (1, {row})".encode())  # noqa: S608 - a test's own
    return TableName(DATABASE, SCHEMA, "t")


def different(pair: Pair, table: TableName) -> list[Key]:
    told: list[Drift] = []
    drifted(pair, table, tell=told.append)
    return sorted(row.key for row in told)


@pytest.mark.parametrize("case", DIFFERENT)
@pytest.mark.parametrize("key", ["int", "text"])
def test_values_that_differ_do(
    own_schema: Sessions, pair: Pair, key: str, case: tuple[str, str, str]
) -> None:
    """An integer key is the seed of the values' hashes, another one's hash is."""
    assert different(pair, make(own_schema, *case, key=key)) == [("1",)]


@pytest.mark.parametrize("kind", ["int", "bigint", "numeric", "real", "float8", "boolean", "interval"])
def test_nothing_is_not_0_whatever_the_key(own_schema: Sessions, pair: Pair, kind: str) -> None:
    """A server's hash of 0 may be its seed, or the number before it."""
    for session, value in zip(own_schema, (None, "0"), strict=True):
        session.execute(f"CREATE TABLE t (id int PRIMARY KEY, v {kind})".encode())
        session.execute("INSERT INTO t SELECT n, %s FROM generate_series(-16, 16) n", [value])

    assert len(different(pair, TableName(DATABASE, SCHEMA, "t"))) == 33


@pytest.mark.parametrize(
    ("columns", "left", "right"),
    [
        ("v numeric", "1.0", "1.00"),
        ("v numeric", "'NaN'", "'NaN'"),
        ("v float8", "0", "-0.0"),
        ("v float8", "'NaN'", "'NaN'"),
        ("v float8", "'Infinity'", "'inf'"),
        ("v jsonb", """'{"a": 1, "b": 2}'""", """'{"b": 2, "a": 1}'"""),
        ("v interval", "'1 day'", "'24 hours'"),
        ("v timestamptz", "'2026-01-01 12:00+00'", "'2026-01-01 13:00+01'"),
        ("v uuid", "'A0000000-0000-4000-8000-000000000000'", "'a0000000000040008000000000000000'"),
    ],
)
def test_values_that_are_equal_do_not_differ(
    own_schema: Sessions, pair: Pair, columns: str, left: str, right: str
) -> None:
    assert different(pair, make(own_schema, columns, left, right)) == []


def test_values_that_are_equal_do_not_differ_among_what_was_changed_either(
    own_schema: Sessions, pair: Pair
) -> None:
    table = make(own_schema, "v numeric", "1", "1")
    since = pair.left.watermark(table), pair.right.watermark(table)
    for session, value in zip(own_schema, ("1.0", "1.00"), strict=True):
        session.execute("UPDATE t SET v = %s", [value])

    told: list[Drift] = []
    seen = drifted(pair, table, tell=told.append, since=since)

    assert (told, seen.in_flight) == ([], 0)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_compared_and_never_executed(own_schema: Sessions, pair: Pair, name: str) -> None:
    """As a table's, and as its columns'."""
    quoted = '"' + name.replace('"', '""') + '"'
    for session in own_schema:
        session.execute(b"CREATE TABLE y (id int)")
        session.execute(f"CREATE TABLE {quoted} ({quoted} text PRIMARY KEY, v text)".encode())
        session.execute(f"INSERT INTO {quoted} VALUES ('k', NULL)".encode())  # noqa: S608 - a test's own
    own_schema[1].execute(f"UPDATE {quoted} SET v = ''".encode())  # noqa: S608 - a test's own

    assert different(pair, TableName(DATABASE, SCHEMA, name)) == [("k",)]
    assert own_schema[0].execute(b"SELECT count(*) FROM y").fetchone() == (0,)


def test_two_rows_that_swapped_a_unique_value_both_differ(own_schema: Sessions, pair: Pair) -> None:
    """Sums of hashes that are not seeded with the key would cancel each other out."""
    for session, (first, second) in zip(own_schema, (("a", "b"), ("b", "a")), strict=True):
        session.execute(b"CREATE TABLE swapped (id int PRIMARY KEY, mail text UNIQUE)")
        session.execute(b"INSERT INTO swapped VALUES (1, %s), (2, %s)", [first, second])

    assert different(pair, TableName(DATABASE, SCHEMA, "swapped")) == [("1",), ("2",)]


def test_a_key_whose_columns_stand_in_another_order_is_one_key(own_schema: Sessions, pair: Pair) -> None:
    for session, value in zip(own_schema, ("x", "y"), strict=True):
        session.execute(b"CREATE TABLE composite (v text, b uuid, a int, PRIMARY KEY (a, b))")
        session.execute(
            b"INSERT INTO composite SELECT 'v', md5(n::text)::uuid, n FROM generate_series(1, 300) n"
        )
        session.execute(b"UPDATE composite SET v = %s WHERE a = 9", [value])

    ((first, second),) = different(pair, TableName(DATABASE, SCHEMA, "composite"))
    assert first == "9"
    assert len(second) == 36


def test_a_row_deleted_on_both_sides_is_none(own_schema: Sessions, pair: Pair) -> None:
    for session in own_schema:
        session.execute(b"CREATE TABLE gone (id int PRIMARY KEY, v text)")
        session.execute(b"INSERT INTO gone SELECT n, 'v' FROM generate_series(1, 300) n")
        session.execute(b"DELETE FROM gone WHERE id = 7")
    own_schema[0].execute(b"DELETE FROM gone WHERE id = 8")

    assert different(pair, TableName(DATABASE, SCHEMA, "gone")) == [("8",)]


def test_a_row_that_moves_to_another_block_between_the_scans_is_no_drift(
    own_schema: Sessions, tables_at: Callable[[str], PostgresTables]
) -> None:
    """Its key is changed while the comparison runs; by the next look both sides have it in its new place."""
    for session in own_schema:
        session.execute(b"CREATE TABLE moving (id int PRIMARY KEY, v text)")
        session.execute(b"INSERT INTO moving SELECT n, 'v' FROM generate_series(1, 1000) n")
    own_schema[0].execute(b"UPDATE moving SET id = 5000 WHERE id = 7")

    def cross() -> None:
        own_schema[1].execute(b"UPDATE moving SET id = 5000 WHERE id = 7")

    told: list[Drift] = []
    pair = Pair(tables_at(EAST), tables_at(WEST), cross)
    seen = drifted(pair, TableName(DATABASE, SCHEMA, "moving"), tell=told.append)

    assert (told, seen.in_flight) == ([], 2)


def test_a_table_that_the_role_may_not_read_is_refused_by_name(
    own_schema: Sessions, lab_access: Callable[[str, str], Access]
) -> None:
    for session in own_schema:
        session.execute(b"CREATE TABLE closed (id int PRIMARY KEY)")
        session.execute(b'GRANT USAGE ON SCHEMA "Dr ""test"" 100%" TO eden_app')
    left, right = (
        PostgresTables(lab_access(region, "eden_app"), databases=[DATABASE]) for region in (EAST, WEST)
    )
    table = TableName(DATABASE, SCHEMA, "closed")

    assert same_shape(left, right, table).key == ("id",)
    with pytest.raises(Refused, match=r"permission denied for table closed"):
        drifted(Pair(left, right, lambda: None), table, tell=print)
