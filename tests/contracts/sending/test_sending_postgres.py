"""What a `Sending` promises of PostgreSQL's own things: its types and names, what crossed, and what is on the disk."""

from collections.abc import Callable

import psycopg
import pytest
from feeds import DATABASE, ORDERS, Arrives, Done, RealFeed, a_table, told
from psycopg import sql

from lab.place import EAST
from recovery.adapters.postgres.tables import PostgresTables
from recovery.reconcile.shapes import Column, Key, TableName, TableShape
from recovery.salvage.ports import Did

pytestmark = pytest.mark.lab
ONE, TWO = ("1",), ("2",)
PAIRED = a_table("Paired %s", Column(name="First", type="text"), Column(name='of "two"', type="integer"))


@pytest.fixture
def feed(real_feed: RealFeed) -> RealFeed:
    return real_feed


def keyed(type_: str, name: str = "id") -> TableShape:
    return a_table(f"of {type_}", Column(name=name, type=type_))


@pytest.mark.parametrize(
    ("shape", "key"),
    [
        (keyed("bigint"), ("9007199254740993",)),
        (keyed("numeric"), ("1.50",)),
        (keyed("numeric"), ("123456789012345678901234567890.123456789",)),
        (keyed("uuid"), ("A0000000-0000-4000-8000-00000000000F",)),
        (keyed("timestamptz"), ("2024-02-29 12:00:00.123456+09",)),
        (keyed("date"), ("2024-02-29",)),
        (keyed("boolean"), ("true",)),
        (keyed("bytea"), ("\\x00ff",)),
        (keyed("interval"), ("1 day 02:00:00",)),
        (keyed("text"), ('a "quoted" \\ one, \'; --\n\t€ \u2028',)),
        (keyed("text"), ("",)),
        (keyed("text"), ("null",)),
        (keyed("character(5)", "Mixed Case"), ("ab",)),
        (PAIRED, ('a","b', "-7")),
    ],
    ids=lambda value: value[0][:12] if isinstance(value, tuple) else value.name.name,
)
def test_a_key_is_told_as_the_tables_have_it(
    feed: RealFeed, tables_at: Callable[[str], PostgresTables], shape: TableShape, key: Key
) -> None:
    """By the key that is told, the row is found in either region."""
    feed.make(shape)
    subscription = feed.stop()
    feed.commit(shape, Done(Did.INSERT, key))
    feed.commit(shape, Done(Did.UPDATE, key))

    inserted, updated = told(feed, subscription)

    assert inserted.table == shape.name
    assert inserted.key == updated.key
    assert inserted.key is not None
    assert tables_at(EAST).images(shape.name, [inserted.key]).keys() == {inserted.key}


@pytest.mark.parametrize("name", ['Say "hi"', "back\\slash", "new\nline", "ä€"])
def test_a_table_of_any_name_is_told(feed: RealFeed, name: str) -> None:
    """pglogical's JSON does not escape them."""
    shape = a_table(name, Column(name="id", type="bigint"))
    feed.make(shape)
    subscription = feed.stop()
    feed.commit(shape, Done(Did.INSERT, ONE), Done(Did.DELETE, ONE))

    assert [(change.table, change.key) for change in told(feed, subscription)] == [(shape.name, ONE)] * 2


def test_a_deletion_is_told_by_its_key_alone(feed: RealFeed) -> None:
    feed.make(PAIRED)
    subscription = feed.stop()
    feed.commit(PAIRED, Done(Did.INSERT, ("a", "1")))
    feed.commit(PAIRED, Done(Did.DELETE, ("a", "1")))

    _, deleted = told(feed, subscription)

    assert (deleted.did, deleted.key) == (Did.DELETE, ("a", "1"))


def test_what_had_arrived_is_not_told(feed: RealFeed, arrives: Arrives) -> None:
    """The subscriber says itself up to where it has all: its slot may be behind that."""
    feed.make(ORDERS)
    feed.commit(ORDERS, Done(Did.INSERT, ONE))
    arrives(lambda: count(feed.west_session) == 1, "the row")
    subscription = feed.stop()
    feed.commit(ORDERS, Done(Did.INSERT, TWO))

    assert [change.key for change in told(feed, subscription)] == [TWO]


def test_what_came_from_the_other_region_is_not_told(feed: RealFeed, arrives: Arrives) -> None:
    """It is there already."""
    feed.make(ORDERS)
    feed.also_send_back(ORDERS)
    subscription = feed.stop()
    feed.west_session.execute("INSERT INTO orders VALUES (1, 'west'), (2, 'west')")
    arrives(lambda: count(feed.east_session) == 2, "the west's rows")
    feed.commit(ORDERS, Done(Did.UPDATE, TWO))

    assert [(change.did, change.key) for change in told(feed, subscription)] == [(Did.UPDATE, TWO)]


def test_what_was_skipped_is_not_sent_and_what_came_later_is(feed: RealFeed, arrives: Arrives) -> None:
    """It was brought home row by row: sent again, it would overwrite what was written since."""
    feed.make(ORDERS)
    subscription = feed.stop()
    feed.commit(ORDERS, Done(Did.INSERT, ONE))
    feed.sending.skip(subscription, until=feed.sending.position())
    feed.commit(ORDERS, Done(Did.INSERT, TWO))

    feed.west.start_applying()

    arrives(lambda: count(feed.west_session, "WHERE id = 2") == 1, "the later row")
    assert count(feed.west_session, "WHERE id = 1") == 0


def test_a_commit_that_is_not_on_the_disk_is_not_passed_over(feed: RealFeed) -> None:
    """A slot shows it only once it is there: a position beyond it would have it skipped, and told to nobody."""
    feed.make(ORDERS)
    subscription = feed.stop()
    feed.east_session.execute("SET synchronous_commit = off")
    feed.commit(ORDERS, Done(Did.INSERT, ONE))
    until = feed.sending.position()
    listed = told(feed, subscription, until=until)
    feed.east_session.execute("SET synchronous_commit = on")
    feed.commit(ORDERS, Done(Did.INSERT, TWO))

    feed.sending.skip(subscription, until=until)

    assert [change.key for change in [*listed, *told(feed, subscription)]] == [ONE, TWO]


def test_a_truncation_is_told_by_no_key(feed: RealFeed) -> None:
    """pglogical sends it beside the rows: that there was one is told, so that the list is not taken for whole."""
    feed.make(ORDERS)
    subscription = feed.stop()
    feed.commit(ORDERS, Done(Did.INSERT, ONE))
    feed.east_session.execute("TRUNCATE orders")

    changes = list(feed.sending.unsent(subscription, until=feed.sending.position()))

    assert [(change.table, change.key) for change in changes if change.table.name != "dr_heartbeat"] == [
        (ORDERS.name, ONE),
        (TableName(DATABASE, "pglogical", "queue"), None),
    ]


def test_rows_of_a_table_that_was_dropped_since_are_told_without_a_key(feed: RealFeed) -> None:
    """They do not keep the others from being listed."""
    feed.make(ORDERS)
    feed.make(PAIRED)
    subscription = feed.stop()
    feed.commit(PAIRED, Done(Did.INSERT, ("a", "1")))
    feed.commit(ORDERS, Done(Did.INSERT, ONE))
    feed.east_session.execute(sql.SQL("DROP TABLE {} CASCADE").format(sql.Identifier(PAIRED.name.name)))

    assert [(change.table, change.key) for change in told(feed, subscription)] == [
        (PAIRED.name, None),
        (ORDERS.name, ONE),
    ]


def test_more_changes_than_are_asked_for_at_once_are_all_told(feed: RealFeed) -> None:
    feed.make(ORDERS)
    subscription = feed.stop()
    feed.east_session.execute("INSERT INTO orders SELECT n, 'one of many' FROM generate_series(1, 2500) AS n")

    assert [change.key for change in told(feed, subscription)] == [(str(n),) for n in range(1, 2501)]


def count(session: psycopg.Connection, where: str = "") -> int:
    row = session.execute(f"SELECT count(*) FROM orders {where}").fetchone()  # noqa: S608 - ours
    assert row is not None
    return int(row[0])
