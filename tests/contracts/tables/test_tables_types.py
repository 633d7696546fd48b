"""Rows of every type of PostgreSQL: the same text under other settings, and each difference seen."""

from collections.abc import Iterator

import psycopg
import pytest
from ground import DATABASE, SCHEMA, Ground

from recovery.reconcile import Outcome, TableName, compare
from recovery.reconcile.blocks import Hashing
from recovery.reconcile.drift import Drift, Pair, drifted

pytestmark = pytest.mark.lab
OTHER_SETTINGS = {
    "TimeZone": "Asia/Tokyo",
    "DateStyle": "SQL, DMY",
    "IntervalStyle": "sql_standard",
    "extra_float_digits": "-5",
    "bytea_output": "escape",
}
TYPES = """
CREATE TYPE "Mood" AS ENUM ('so so', 'fine');
CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0);
CREATE TYPE pair AS (a int, b text);
CREATE TABLE types (
    id int PRIMARY KEY, big bigint, small smallint, money_ money, exact numeric, price numeric(10,2), float_ float8,
    real_ real, yes boolean, word text, short varchar(9), fixed char(5), one "char", raw bytea, at timestamptz(3),
    local timestamp, day date, clock time, zoned timetz, span interval, uid uuid, doc jsonb, old_doc json, markup xml,
    bits bit(3), more_bits varbit, words text[], grid int[][], found tsvector, spot point, area box, net inet,
    mood "Mood", evens even, pair pair, during tstzrange, seen txid_snapshot, moods "Mood"[]
);
INSERT INTO types VALUES (
    1, -1, 3, 12.50, 1.0, 2.5, 0, 0.1, true, 'a,"b\\ ', '', 'ab', 'x', '\\x00ff', '2024-02-29 12:00:00.123+00',
    '2024-02-29 12:00', '2024-02-29', '24:00', '12:00+02', '1 day', 'a0000000-0000-4000-8000-000000000000',
    '{"a": 1.0}', '{"a" :  1}', '<a b="c"/>', '101', '10', ARRAY['a,b', NULL, '', 'NULL'], '{{1,2},{3,4}}', 'a:1 b',
    '(1,2)', '(3,4),(1,2)', '10.0.0.0/8', 'so so', 4, '(1,",)")', '[2024-01-01,)', '10:20:10,14', '{"so so",NULL}'
);
INSERT INTO types (id) VALUES (2);
"""
DIFFERENT = """
big = 4294967295; exact = '1.00'; float_ = '-0'; real_ = '0.10000002'; span = '24 hours'; doc = '{"a": 1.00}';
old_doc = '{"a":1}'; bits = '100'; more_bits = '010'; found = 'a:1 c'; spot = '(1,3)'; seen = '10:20:10,15';
word = NULL; mood = 'fine'; moods = '{fine}'; fixed = 'ac'; money_ = 12.51; pair = '(1,",")'; markup = '<a b="d"/>'
"""
"""One column's value each; PostgreSQL's own hash takes some of them for what was there before."""


@pytest.fixture
def other_settings(own_schema: tuple[psycopg.Connection, psycopg.Connection]) -> Iterator[None]:
    """The west's server writes dates, floats and bytes in other ways than the east's."""
    of_role = f"ALTER ROLE dr_operator IN DATABASE {DATABASE}"
    for name, value in OTHER_SETTINGS.items():
        own_schema[1].execute(f"{of_role} SET {name} = '{value}'".encode())
    yield
    own_schema[1].execute(f"{of_role} RESET ALL".encode())


@pytest.mark.usefixtures("other_settings")
def test_a_row_of_every_type_is_the_same_text_under_other_settings(ground: Ground) -> None:
    ground.run(TYPES)
    table = TableName(DATABASE, SCHEMA, "types")

    assert compare(ground.before, ground.live, table, most=0).rows == (2, 2)
    assert ground.before.images(table, [("1",)]) == ground.live.images(table, [("1",)])
    assert ground.before.fingerprint(table) == ground.live.fingerprint(table)


@pytest.mark.usefixtures("other_settings")
def test_a_value_that_was_overwritten_is_missed_and_brought_back(ground: Ground) -> None:
    """Each is one for which a hash may not tell the difference."""
    ground.run(TYPES)
    table, found = TableName(DATABASE, SCHEMA, "types"), []
    for value in DIFFERENT.split(";"):
        ground.harm(f"UPDATE types SET {value} WHERE id = 1")  # noqa: S608 - a test's own
        found += [value] if compare(ground.before, ground.live, table, most=9).keys == (("1",),) else []
        assert ground.repair("types") == [Outcome.APPLIED], value

    assert found == DIFFERENT.split(";")
    before, live = ground.rows("types")
    assert before == live


EQUAL_VALUES = {"exact = '1.00'", "float_ = '-0'", "span = '24 hours'"}
"""Written in another way, and equal."""


def test_values_that_are_equal_differ_where_the_comparison_is_exact_alone(ground: Ground) -> None:
    """Everything else is found either way, and told with both copies."""
    ground.run(TYPES)
    table, pair = TableName(DATABASE, SCHEMA, "types"), Pair(ground.before, ground.live, lambda: None)
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for value in (each.strip() for each in DIFFERENT.split(";")):
        ground.harm(f"UPDATE types SET {value} WHERE id = 1")  # noqa: S608 - a test's own
        for exact, told in found.items():
            rows: list[Drift] = []
            drifted(pair, table, tell=rows.append, hashing=Hashing.EXACT if exact else Hashing.VALUES)
            told.update([value] if [row.key for row in rows] == [("1",)] else [])
        assert ground.repair("types") == [Outcome.APPLIED], value

    every = {each.strip() for each in DIFFERENT.split(";")}
    assert found == {True: every, False: every - EQUAL_VALUES}
