"""What a row's hash has to tell, however many columns there are, of whatever types, and whatever the key is."""

import pytest
from ground import DATABASE, SCHEMA, Ground

from recovery.reconcile.blocks import Hashing
from recovery.reconcile.drift import Drift, Pair, drifted
from recovery.reconcile.shapes import Key, TableName

pytestmark = pytest.mark.lab
TABLE = TableName(DATABASE, SCHEMA, "t")
SWAPPED = (
    ("a int, b int, PRIMARY KEY (a, b)", "(1, 10), (2, 20)", "(1, 20), (2, 10)"),
    (
        "a text, b uuid, c int, PRIMARY KEY (a, c)",
        "('a', NULL, 1), ('b', NULL, 2)",
        "('a', NULL, 2), ('b', NULL, 1)",
    ),
    (
        "a date, b bytea",
        "('2026-01-01', 'a'), ('2026-01-02', 'b')",
        "('2026-01-01', 'b'), ('2026-01-02', 'a')",
    ),
    ("a int, b text", "(1, 'a'), (2, 'b')", "(1, 'b'), (2, 'a')"),
)
"""Columns, and the rows of the left and the right side."""
VALUES = (
    ("boolean", "true"),
    ("smallint", "7"),
    ("int", "7"),
    ("bigint", "-7"),
    ("text", "'a'"),
    ("varchar(9)", "'a'"),
    ("uuid", "'a0000000-0000-4000-8000-000000000000'"),
    ("real", "0"),
    ("float8", "0"),
    ("jsonb", "'{}'"),
    ("numeric", "7.0"),
    ("timestamp", "'1999-01-01'"),
    ("timestamptz", "'infinity'"),
    ("interval", "'1 day'"),
)


def told(ground: Ground, hashing: Hashing = Hashing.VALUES) -> list[Key]:
    rows: list[Drift] = []
    drifted(Pair(ground.before, ground.live, lambda: None), TABLE, tell=rows.append, hashing=hashing)
    return sorted(row.key for row in rows)


@pytest.mark.parametrize("hashing", Hashing)
@pytest.mark.parametrize(("columns", "left", "right"), SWAPPED)
def test_rows_that_swapped_values_differ_with_any_key_and_with_none(
    ground: Ground, columns: str, left: str, right: str, hashing: Hashing
) -> None:
    """PostgreSQL's hash of a record is a sum of its columns' hashes."""
    ground.run(f"CREATE TABLE t ({columns})")
    for session, rows in zip(ground.sessions, (left, right), strict=True):
        session.execute(f"INSERT INTO t VALUES {rows}".encode())  # noqa: S608 - a test's own

    assert len(told(ground, hashing)) == 4


@pytest.mark.parametrize("columns", [1, 100, 101, 250])
def test_rows_of_nothing_but_zeros_are_told_by_their_keys(ground: Ground, columns: int) -> None:
    """A server's hash of 0.0 is its seed: an even number of hashes with one beginning would be none, together."""
    described = ", ".join(f"c{number} float8 NOT NULL DEFAULT 0" for number in range(columns))
    ground.run(f"CREATE TABLE t (id int PRIMARY KEY, {described})")
    for session, key in zip(ground.sessions, (5, 6), strict=True):
        session.execute("INSERT INTO t (id) VALUES (%s)", [key])

    assert told(ground) == [("5",), ("6",)]


@pytest.mark.parametrize("columns", [250, 1599])
def test_as_many_columns_as_there_may_be_are_compared(ground: Ground, columns: int) -> None:
    """A function takes a hundred arguments at most, and the hashes of 1,200 timestamps, each in the next, none."""
    described = ", ".join(f"c{number} timestamptz" for number in range(columns))
    ground.run(
        f"CREATE TABLE t (id int PRIMARY KEY, {described})",
        "INSERT INTO t (id) SELECT generate_series(1, 300)",
    )
    ground.harm(f"UPDATE t SET c{columns - 1} = '2026-01-01' WHERE id = 7")  # noqa: S608 - a test's own

    assert told(ground) == [("7",)]


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_a_column_that_may_be_null_on_one_side_alone_has_the_same_hashes(
    ground: Ground, kind: str, value: str
) -> None:
    """Else each row of the table would be looked at, while the constraint is in one region alone."""
    ground.run(
        f"CREATE TABLE t (id int PRIMARY KEY, v {kind} DEFAULT {value}, w {kind} DEFAULT {value})",
        "INSERT INTO t (id) VALUES (1)",
    )
    ground.harm("ALTER TABLE t ALTER v SET NOT NULL, ALTER w SET NOT NULL")

    seen = drifted(Pair(ground.before, ground.live, lambda: None), TABLE, tell=print)
    assert (seen.blocks, seen.differing_blocks) == (1, 0)
