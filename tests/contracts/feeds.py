"""The east's cluster, whose commits the west does not apply: in memory and real, for contract tests of `Sending`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

import psycopg
from psycopg import sql

from lab.place import EAST, NODE_GROUPS
from recovery.adapters.postgres.sending import PgSending
from recovery.fakes.sending import FakeSending
from recovery.fakes.world import World
from recovery.ports import Database, Subscription
from recovery.reconcile.shapes import Column, Key, TableName, TableShape
from recovery.salvage.ports import Did, Sending, SlotState, UnsentChange

DATABASE, SCHEMA = NODE_GROUPS[0], 'Dr "test" 100%'
BODY = Column(name="Body", type="text")


def a_table(name: str, *key: Column) -> TableShape:
    """A table of the tests' schema, which has a key, or none."""
    table = TableName(DATABASE, SCHEMA, name)
    return TableShape(name=table, columns=(*key, BODY), key=tuple(column.name for column in key))


ORDERS = a_table("orders", Column(name="id", type="bigint"))
KEYLESS = a_table("keyless")


Sessions = tuple[psycopg.Connection, psycopg.Connection]
"""A superuser's, east and west, which look for tables in the tests' schema."""
Arrives = Callable[[Callable[[], object], str], None]


class Done(NamedTuple):
    """What a transaction did to one row; with *to*, its key became that."""

    did: Did
    key: Key
    to: Key | None = None


class FakeFeed:
    """A world in which the west hears the east, until it applies nothing more."""

    def __init__(self, world: World, west: Database, sending: FakeSending) -> None:
        self._world, self.west, self._fake = world, west, sending
        self.sending: Sending = sending
        self._transactions = 0

    def make(self, shape: TableShape) -> None:
        """A fake tells changes, not tables."""

    def commit(self, shape: TableShape, *changes: Done) -> None:
        """In one transaction: an update that changes the key is a deletion and an insertion."""
        self._transactions, at = self._transactions + 1, self._world.clock()
        for did, key, to in changes:
            parts = [(Did.DELETE, key), (Did.INSERT, to)] if to else [(did, key)]
            for part, told in parts:
                keyed = told if shape.key else None
                change = UnsentChange(shape.name, keyed, part, self._transactions, at)
                self._fake.kept.append(change)

    def stop(self) -> Subscription:
        """Have the west apply nothing of the east's, and return what it subscribes to."""
        return subscription_of(self.west.stop_applying())

    def beat(self) -> None:
        """A region beats without pause."""

    def lose(self, _arrives: Arrives) -> Subscription:
        """Have the west not listen until the east has thrown away what it kept for it, and return the subscription."""
        subscription = self.stop()
        for one in self.west.subscriptions():
            self._fake.loses(one.node_group)
        return subscription

    def slotless(self, subscription: Subscription) -> Subscription:
        """Have nothing kept for the subscription, and return it."""
        self._fake.loses(subscription.node_group, slot_is_there=False)
        return subscription


class RealFeed:
    """Tables of both clusters that the east sends to the west."""

    @classmethod
    @contextmanager
    def between(
        cls, west: Database, sending: PgSending, sessions: Sessions, arrives: Arrives
    ) -> Iterator["RealFeed"]:
        """Afterwards the west applies again, and nothing of what it was not sent."""
        yield cls(west, sending, sessions)
        stopped = west.stop_applying()
        arrives(lambda: not any(slot.active for slot in sending.slots(stopped)), "the end of the walsenders")
        for slot in sending.slots(stopped):
            if slot.state is SlotState.KEPT:
                sending.skip(slot.subscription, until=sending.position())
            else:
                sending.drop_lost(slot.subscription)
                west.subscribe_anew(slot.subscription)
        west.start_applying()
        arrives(lambda: all(one.replicating for one in west.subscriptions()), "subscriptions that replicate")

    def __init__(self, west: Database, sending: PgSending, sessions: Sessions) -> None:
        self.west, self.sending = west, sending
        self.east_session, self.west_session = sessions

    def make(self, shape: TableShape) -> None:
        """In both regions, and in the east's replication set."""
        columns = [
            sql.SQL("{} {}").format(_name(column.name), sql.SQL(column.type)) for column in shape.columns
        ]
        if shape.key:
            columns.append(sql.SQL("PRIMARY KEY ({})").format(sql.SQL(", ").join(map(_name, shape.key))))
        create = sql.SQL("CREATE TABLE {} ({})").format(_name(shape.name.name), sql.SQL(", ").join(columns))
        for session in (self.east_session, self.west_session):
            session.execute(create)
        self.send(shape.name.name)

    def send(self, table: str) -> None:
        """Have the east send a table that both have: one without a key in the set that takes insertions alone."""
        keyed = "SELECT 1 FROM pg_index WHERE indrelid = %s::regclass AND indisprimary"
        name = sql.Identifier(SCHEMA, table).as_string(self.east_session)
        has_key = self.east_session.execute(keyed, [name]).fetchone()
        chosen = "default" if has_key else "default_insert_only"
        self.east_session.execute("SELECT pglogical.replication_set_add_table(%s, %s)", [chosen, name])

    def also_send_back(self, shape: TableShape) -> None:
        """Have the west send it to the east, too."""
        name = sql.Identifier(SCHEMA, shape.name.name).as_string(self.west_session)
        self.west_session.execute("SELECT pglogical.replication_set_add_table('default', %s)", [name])

    def commit(self, shape: TableShape, *changes: Done) -> None:
        """In one transaction."""
        with self.east_session.transaction():
            for change in changes:
                self.east_session.execute(_statement(shape, change))

    def stop(self) -> Subscription:
        """Have the west apply nothing of the east's, and return what it subscribes to, with tables that have no key."""
        return replace(subscription_of(self.west.stop_applying()), sets=("default", "default_insert_only"))

    def beat(self) -> None:
        """Write the east's heartbeat. A row that the west does not have yet is inserted, not updated."""
        self.east_session.execute("DELETE FROM public.dr_heartbeat WHERE region = %s", [EAST])
        self.east_session.execute("INSERT INTO public.dr_heartbeat VALUES (%s, 1, clock_timestamp())", [EAST])

    def lose(self, arrives: Arrives) -> Subscription:
        """Have the west not listen until the east has thrown away what it kept for it, and return the subscription."""
        subscription = self.stop()
        arrives(lambda: not self.sending.slots([subscription])[0].active, "the end of the walsender")
        self._keep_wal("1MB")
        try:
            arrives(lambda: self._filled(subscription) is SlotState.LOST, "the loss of the slot")
        finally:
            self._keep_wal("-1")
        return subscription

    def _keep_wal(self, size: str) -> None:
        self.east_session.execute(sql.SQL("ALTER SYSTEM SET max_slot_wal_keep_size = {}").format(size))
        self.east_session.execute("SELECT pg_reload_conf()")

    def _filled(self, subscription: Subscription) -> SlotState:
        """Write more WAL than is kept; at the checkpoint slots that are too far behind are given up."""
        for statement in (
            "CREATE TEMP TABLE filling (n int)",
            "DROP TABLE filling",
            "SELECT pg_switch_wal()",
        ):
            self.east_session.execute(statement)
        self.east_session.execute("CHECKPOINT")
        return self.sending.slots([subscription])[0].state

    def slotless(self, subscription: Subscription) -> Subscription:
        """Return one like it for which nothing is kept."""
        return replace(subscription, slot="no_such_slot")


Feed = FakeFeed | RealFeed


def subscription_of(subscriptions: Sequence[Subscription]) -> Subscription:
    """Return that of the tests' database."""
    return next(one for one in subscriptions if one.node_group == DATABASE)


def told(feed: Feed, subscription: Subscription, *, until: str | None = None) -> list[UnsentChange]:
    """Return what never left, of the tests' tables alone."""
    changes = feed.sending.unsent(subscription, until=until or feed.sending.position())
    return [change for change in changes if change.table.schema == SCHEMA]


def _statement(shape: TableShape, change: Done) -> sql.Composed:
    table, types = _name(shape.name.name), {column.name: column.type for column in shape.columns}

    def values(key: Key) -> list[sql.Composed]:
        return [
            sql.SQL("{}::{}").format(sql.Literal(value), sql.SQL(types[name]))
            for name, value in zip(shape.key, key, strict=True)
        ]

    if not shape.key:
        return sql.SQL("INSERT INTO {} VALUES ({})").format(table, sql.Literal(change.key[0]))
    here = sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(_name(name), value)
        for name, value in zip(shape.key, values(change.key), strict=True)
    )
    match change.did:
        case Did.INSERT:
            row = sql.SQL(", ").join([*values(change.key), sql.SQL("'a body'")])
            return sql.SQL("INSERT INTO {} VALUES ({})").format(table, row)
        case Did.DELETE:
            return sql.SQL("DELETE FROM {} WHERE {}").format(table, here)
        case Did.UPDATE:
            to = values(change.to or change.key)
            keys = [
                sql.SQL("{} = {}").format(_name(name), value)
                for name, value in zip(shape.key, to, strict=True)
            ]
            sets = sql.SQL(", ").join([*keys, sql.SQL("\"Body\" = 'another body'")])
            return sql.SQL("UPDATE {} SET {} WHERE {}").format(table, sets, here)


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(name)
