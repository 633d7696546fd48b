"""What `Tables` promises of PostgreSQL's own things: its types, settings, triggers, constraints and keys."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg
import pytest

from lab.place import EAST, NODE_GROUPS, WEST
from recovery.adapters.postgres.tables import PostgresTables
from recovery.errors import Refused, Unavailable
from recovery.reconcile import Outcome, RepairPlan, TableName, candidates, compare, damaged, leave, settled
from recovery.reconcile.blocks import Hashing
from recovery.reconcile.drift import Drift, Pair, drifted

Arrives = Callable[[Callable[[], object], str], None]
pytestmark = pytest.mark.lab
DATABASE, SCHEMA = NODE_GROUPS[0], 'Dr "test" 100%'
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


@dataclass(frozen=True)
class Ground:
    """One database of both regions; the east plays what was before, the west is live."""

    before: PostgresTables
    live: PostgresTables
    sessions: tuple[psycopg.Connection, psycopg.Connection]

    def run(self, *statements: str) -> None:
        """Run statements on both sides."""
        for session in self.sessions:
            for statement in statements:
                session.execute(statement.encode())

    def harm(self, statement: str) -> None:
        """Run the damage: in the west alone."""
        self.sessions[1].execute(statement.encode())

    def rows(self, table: str) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
        """Return all rows of a table, before and live."""
        query = f'SELECT (t.*)::text COLLATE "C" FROM {table} AS t ORDER BY 1'.encode()  # noqa: S608 - a test's own
        before, live = (session.execute(query).fetchall() for session in self.sessions)
        return before, live

    def plan(self, *names: str) -> RepairPlan:
        """Return the plan that takes everything back which differs now."""
        tables = [TableName(DATABASE, SCHEMA, name) for name in names]
        return settled(damaged(candidates(self.before, self.live, tables, most=2000), self.live))

    def repair(self, *names: str) -> list[Outcome]:
        return self.live.apply(self.plan(*names), DATABASE)


@pytest.fixture
def ground(
    tables_at: Callable[[str], PostgresTables], own_schema: tuple[psycopg.Connection, psycopg.Connection]
) -> Ground:
    return Ground(tables_at(EAST), tables_at(WEST), own_schema)


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


EQUAL_VALUES = {"exact = '1.00'", "float_ = '-0'", "span = '24 hours'", "doc = '{\"a\": 1.00}'"}
"""Written in another way, and equal for PostgreSQL."""


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


def test_a_row_is_seen_with_its_writer_and_each_write_is_another_version(ground: Ground) -> None:
    """Also a write that leaves the row as it was."""
    ground.run("CREATE TABLE seen (id int PRIMARY KEY, name text)", "INSERT INTO seen VALUES (1, 'one')")
    table, key = TableName(DATABASE, SCHEMA, "seen"), ("1",)
    before = ground.live.sightings(table, [key, ("2",)])
    ground.harm("UPDATE seen SET name = name")
    after = ground.live.sightings(table, [key])

    assert before.keys() == after.keys() == {key}
    assert before[key].image == after[key].image == "(1,one)"
    assert before[key].version != after[key].version
    assert not after[key].foreign
    assert before[key].at
    assert after[key].at
    assert before[key].at < after[key].at


def test_columns_that_the_server_fills_and_triggers_keep_what_was_there(ground: Ground) -> None:
    """Generated columns are reckoned again, identities are kept, and no trigger stamps what is restored."""
    ground.run(
        """CREATE TABLE "T %" ("t" int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "100%" int,
           twice int GENERATED ALWAYS AS ("100%" * 2) STORED, other int GENERATED BY DEFAULT AS IDENTITY,
           gone int, stamped timestamptz DEFAULT '2020-01-01+00');
           ALTER TABLE "T %" DROP COLUMN gone;
           CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS
               'BEGIN IF TG_OP = ''DELETE'' THEN RETURN OLD; END IF; NEW.stamped := now(); RETURN NEW; END';
           INSERT INTO "T %" ("100%") SELECT * FROM generate_series(1, 9);
           CREATE TRIGGER stamp BEFORE INSERT OR UPDATE OR DELETE ON "T %"
               FOR EACH ROW EXECUTE FUNCTION stamp();"""
    )
    ground.harm('UPDATE "T %" SET "100%" = 0 WHERE t < 4')
    ground.harm('DELETE FROM "T %" WHERE t > 7')
    ground.harm('INSERT INTO "T %" ("100%") VALUES (0)')

    assert len(ground.repair("T %")) == 6

    before, live = ground.rows('"T %"')
    assert before == live


def test_a_trigger_that_always_runs_stops_the_repair(ground: Ground) -> None:
    """What was written is read back before the commit."""
    ground.run(
        """CREATE TABLE t (id int PRIMARY KEY, body text); INSERT INTO t VALUES (1, 'good');
           CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS
               'BEGIN NEW.body := upper(NEW.body); RETURN NEW; END';
           CREATE TRIGGER shout BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION shout();
           ALTER TABLE t ENABLE ALWAYS TRIGGER shout;"""
    )
    ground.harm("UPDATE t SET body = 'bad'")

    with pytest.raises(Refused, match="a trigger that is enabled ALWAYS"):
        ground.repair("t")

    assert ground.rows("t")[1] == [("(1,BAD)",)]


def test_values_that_two_rows_swapped_are_swapped_back(ground: Ground) -> None:
    """One update after the other would find the value of the first still in use by the second."""
    ground.run(
        """CREATE TABLE people (id int PRIMARY KEY, mail text, name text);
           CREATE UNIQUE INDEX ON people (lower(mail)) WHERE name <> '';
           INSERT INTO people VALUES (1, 'a', 'x'), (2, 'b', 'y');"""
    )
    ground.harm("UPDATE people SET mail = mail || '!'")
    ground.harm("UPDATE people SET mail = CASE id WHEN 1 THEN 'b' ELSE 'a' END")

    assert ground.repair("people") == [Outcome.APPLIED] * 2

    before, live = ground.rows("people")
    assert before == live


def test_a_row_whose_place_was_taken_is_named_and_can_be_left_out(ground: Ground) -> None:
    """Somebody whose account the damage deleted has registered again."""
    ground.run(
        """CREATE TABLE people (id int PRIMARY KEY, mail text UNIQUE);
           INSERT INTO people VALUES (1, 'a'), (2, 'b');"""
    )
    ground.harm("DELETE FROM people")
    plan = ground.plan("people")
    ground.harm("INSERT INTO people VALUES (3, 'a')")

    with pytest.raises(Refused, match=r"1 rows .*people \(1\)\) cannot be inserted: .* must be unique"):
        ground.live.apply(plan, DATABASE)
    assert ground.rows("people")[1] == [("(3,a)",)]
    ground.live.apply(leave(plan, {(TableName(DATABASE, SCHEMA, "people"), ("1",))}), DATABASE)

    assert ground.rows("people")[1] == [("(2,b)",), ("(3,a)",)]


PARENTS = """
CREATE TABLE parents (a int, b text, note text, PRIMARY KEY (a, b));
CREATE TABLE children (id int PRIMARY KEY, b text, a int, note text,
    CONSTRAINT "of parent %" FOREIGN KEY (a, b) REFERENCES parents ON DELETE CASCADE);
INSERT INTO parents VALUES (1, 'x', ''), (2, 'y', '');
INSERT INTO children VALUES (1, 'x', 1, ''), (2, 'y', 2, ''), (3, 'y', NULL, '');
"""


def test_parents_and_children_come_back_together(ground: Ground) -> None:
    ground.run(PARENTS)
    ground.harm("DELETE FROM parents")
    ground.harm("UPDATE children SET note = 'bad'")

    assert len(ground.repair("children", "parents")) == 5

    for before, live in (ground.rows("parents"), ground.rows("children")):
        assert before == live


def test_a_child_without_its_parent_is_refused(ground: Ground) -> None:
    ground.run(PARENTS)
    ground.harm("DELETE FROM parents WHERE a = 1")

    with pytest.raises(
        Refused, match=r'"of parent %" of .*children: 1 rows .*children \(1\)\) would have no row'
    ):
        ground.repair("children")

    assert ground.rows("children")[1] == ground.rows("children")[0][1:]


def test_a_parent_with_later_children_is_not_deleted(ground: Ground) -> None:
    """The damage inserted it, and good writes refer to it: no cascade takes them away."""
    ground.run(PARENTS)
    ground.harm("INSERT INTO parents VALUES (3, 'z', '')")
    plan = ground.plan("parents")
    ground.harm("INSERT INTO children VALUES (4, 'z', 3, '')")

    with pytest.raises(Refused, match=r"rows of it still refer to 1 rows .*parents \(3, z\)"):
        ground.live.apply(plan, DATABASE)

    assert len(ground.rows("children")[1]) == 4


def test_partitions_heirs_and_keys_that_are_no_primary_key(ground: Ground) -> None:
    """A partitioned table is one table; rows of an heir are not its ancestor's."""
    ground.run(
        """CREATE TABLE parts (id int, at date, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
           CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
           CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
           INSERT INTO parts SELECT n, date '2024-01-01' + n, 'good' FROM generate_series(1, 50) n;
           CREATE TABLE ancestor (x text NOT NULL, code text NOT NULL, y text UNIQUE);
           CREATE UNIQUE INDEX a_partial_one ON ancestor (x) WHERE x <> '';
           CREATE UNIQUE INDEX the_key ON ancestor (code) INCLUDE (x);
           ALTER INDEX ancestor_y_key RENAME TO a_nullable_one;
           CREATE TABLE heir () INHERITS (ancestor);
           INSERT INTO ancestor VALUES ('good', 'c1'); INSERT INTO heir VALUES ('good', 'c1');"""
    )
    ground.harm("DELETE FROM parts WHERE id % 10 = 0")
    ground.harm("UPDATE parts SET note = 'bad' WHERE id = 7")
    ground.harm("UPDATE ancestor SET x = 'bad'")
    ours = [table.name for table in ground.live.tables() if table.schema == SCHEMA]

    assert ours == ["ancestor", "heir", "parts"]
    assert ground.live.shape(TableName(DATABASE, SCHEMA, "ancestor")).key == ("code",)
    assert len(ground.repair("parts", "ancestor")) == 7
    assert ground.rows("parts")[0] == ground.rows("parts")[1]
    assert ground.rows("ONLY ancestor")[1] == [("(good,c1,)",)]
    assert ground.rows("heir")[1] == [("(bad,c1,)",)]


def test_a_row_that_somebody_holds_is_not_waited_for_without_end(ground: Ground) -> None:
    ground.run("CREATE TABLE t (id int PRIMARY KEY, body text); INSERT INTO t VALUES (1, 'good')")
    ground.harm("UPDATE t SET body = 'bad'")
    plan = ground.plan("t")
    with ground.sessions[1].transaction():
        ground.harm("SELECT FROM t FOR UPDATE")

        with pytest.raises(Unavailable, match="lock timeout"):
            ground.live.apply(plan, DATABASE)

    assert ground.live.apply(plan, DATABASE) == [Outcome.APPLIED]


def test_a_good_write_under_way_is_waited_for_and_kept(ground: Ground, arrives: Arrives) -> None:
    ground.run("CREATE TABLE t (id int PRIMARY KEY, body text); INSERT INTO t VALUES (1, 'good')")
    ground.harm("UPDATE t SET body = 'bad'")
    plan = ground.plan("t")
    waits = "SELECT FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"

    with ThreadPoolExecutor(1) as pool, ground.sessions[1].transaction():
        ground.harm("UPDATE t SET body = 'better'")
        repair = pool.submit(ground.live.apply, plan, DATABASE)
        arrives(lambda: ground.sessions[1].execute(waits).fetchall(), "the repair at the lock")

    with pytest.raises(Refused, match="have changed since"):
        repair.result()
    assert ground.rows("t")[1] == [("(1,better)",)]
