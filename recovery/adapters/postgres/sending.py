"""The `Sending` port on PostgreSQL 15 with pglogical: its slots, read without taking anything off them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from psycopg import Connection, sql

from recovery.adapters.postgres import relation
from recovery.adapters.postgres.names import doubled, identifier
from recovery.adapters.postgres.relation import Relation
from recovery.adapters.postgres.sessions import Access, Sessions, text
from recovery.errors import Refused
from recovery.ports import Subscription
from recovery.reconcile.shapes import Key, TableName
from recovery.salvage.ports import Did, Slot, SlotState, UnsentChange

READING_S = 600
"""A slot is decoded from its beginning before the first row comes."""
AT_ONCE = 1000
"""So many changes are asked for, and their keys made the server's own text, together."""
DID = {"I": Did.INSERT, "U": Did.UPDATE, "D": Did.DELETE}
RELATION = re.compile(r'"relation":\["(.*?)","(.*?)"\],(?="(?:old|new)tuple":)', re.DOTALL)
"""Schema and table as pglogical's JSON has them: not escaped."""
OF_PGLOGICAL = "pglogical"
"""Its own tables carry what is no row's change, such as TRUNCATE."""


class PgSending:
    """What one cluster keeps for the other region."""

    def __init__(self, access: Access, *, databases: Sequence[str]) -> None:
        """Take the cluster; nothing is connected to yet."""
        self._sessions = Sessions(replace(access, statement_timeout_s=READING_S))
        self._databases = tuple(databases)

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return self._sessions.endpoint

    def slots(self, subscriptions: list[Subscription]) -> list[Slot]:
        """Ask for all of them at once: the whole server's are in one list."""
        names = {"slots": [one.slot for one in subscriptions]}
        rows = self._sessions.query(self._databases[0], "slots", names)
        known = {name: (active, kept, size) for name, active, kept, size in rows}
        return [_slot(one, known.get(one.slot)) for one in subscriptions]

    def position(self) -> str:
        """Return up to where WAL is on the disk."""
        return str(self._sessions.query(self._databases[0], "wal_on_disk")[0][0])

    def unsent(self, subscription: Subscription, *, until: str) -> Iterator[UnsentChange]:
        """Peek, from the slot's beginning; leave out what the subscriber says that it has."""
        database = subscription.node_group
        (slot,) = self.slots([subscription])
        if slot.active or slot.state is not SlotState.KEPT:
            why = "is read by its subscriber" if slot.active else f"is {slot.state}"
            raise Refused(
                f"{self.endpoint}/{database}: the slot {subscription.slot} {why}, and can not be read."
            )
        with (
            self._sessions.told(database),
            self._sessions.own(database) as connection,
            connection.transaction(),
        ):
            connection.execute(text("exact_text"))
            reading = _Reading(connection, f"{self.endpoint}/{database}", database)
            lines = _peeked(connection, subscription, until)
            told = map(partial(_parsed, odd=_odd_names(connection)), lines)
            for changes in _committed(told, subscription.received_lsn):
                yield from reading.told(changes)

    def drop_lost(self, subscription: Subscription) -> None:
        """Drop it, if it is lost, and look again."""
        self._sessions.query(subscription.node_group, "drop_lost", {"slot": subscription.slot})
        (slot,) = self.slots([subscription])
        if slot.state is not SlotState.MISSING:
            raise Refused(
                f"{self.endpoint}/{subscription.node_group}: the slot {subscription.slot} is {slot.state}"
                f"{', and read' if slot.active else ''}: it is not dropped."
            )

    def skip(self, subscription: Subscription, *, until: str) -> None:
        """Advance the slot."""
        self._sessions.query(
            subscription.node_group, "skip_unsent", {"slot": subscription.slot, "until": until}
        )


@dataclass(frozen=True)
class _Raw:
    """A change as the plugin tells it."""

    schema: str
    table: str
    did: Did
    values: dict[str, Any]
    transaction: int
    at: datetime


class _Reading:
    """Makes keys of values: as the server itself writes them, whatever JSON makes of them."""

    def __init__(self, connection: Connection[Any], where: str, database: str) -> None:
        self._connection, self._where, self._database = connection, where, database
        self._relations: dict[TableName, Relation | None] = {}

    def told(self, changes: Sequence[_Raw]) -> Iterator[UnsentChange]:
        """Yield the changes with their keys, in their order."""
        keys = self._keys(changes)
        for number, raw in enumerate(changes):
            table = TableName(self._database, raw.schema, raw.table)
            yield UnsentChange(table, keys.get(number), raw.did, raw.transaction, raw.at)

    def _keys(self, changes: Sequence[_Raw]) -> dict[int, Key]:
        """Return the keys of those that have one, by their place."""
        found: dict[int, Key] = {}
        for schema, name in {(raw.schema, raw.table) for raw in changes}:
            table = (
                None if schema == OF_PGLOGICAL else self._relation(TableName(self._database, schema, name))
            )
            if table is None:
                continue
            ours = [n for n, raw in enumerate(changes) if (raw.schema, raw.table) == (schema, name)]
            asked = [(n, [changes[n].values.get(column) for column in table.shape.key]) for n in ours]
            whole = [(n, key) for n, key in asked if key and all(isinstance(value, str) for value in key)]
            found |= self._canonical(table, whole)
        return found

    def _canonical(self, table: Relation, keys: Sequence[tuple[int, list[Any]]]) -> dict[int, Key]:
        if not keys:
            return {}
        types = {column.name: column.type for column in table.shape.columns}
        texts = [
            sql.SQL("{}::{}::text").format(identifier("w", f"k{place}"), sql.SQL(doubled(types[name])))
            for place, name in enumerate(table.shape.key)
        ]
        query = sql.SQL("SELECT {} FROM {} ORDER BY w.n").format(sql.SQL(", ").join(texts), table.numbered)
        rows = self._connection.execute(
            query, [list(column) for column in zip(*(k for _, k in keys), strict=True)]
        )
        return {number: tuple(row) for (number, _), row in zip(keys, rows, strict=True)}

    def _relation(self, table: TableName) -> Relation | None:
        """Return the table; None for one that was dropped since: what its key was, nobody can tell."""
        if table not in self._relations:
            try:
                self._relations[table] = relation.read(self._connection, self._where, table)
            except Refused:
                self._relations[table] = None
        return self._relations[table]


def _slot(subscription: Subscription, known: tuple[bool, bool, int] | None) -> Slot:
    if known is None:
        return Slot(subscription, SlotState.MISSING, active=False)
    active, kept, size = known
    state = SlotState.KEPT if kept else SlotState.LOST
    return Slot(subscription, state, active=active, kept_bytes=size)


def _peeked(connection: Connection[Any], subscription: Subscription, until: str) -> Iterator[str]:
    """Yield what the plugin tells."""
    sets = ",".join(sql.Identifier(name).as_string(connection) for name in subscription.sets)
    asked = {"slot": subscription.slot, "until": until, "sets": sets}
    with connection.cursor(name="unsent") as cursor:
        cursor.itersize = AT_ONCE
        for (line,) in cursor.execute(text("peek_unsent"), asked):
            yield line


def _odd_names(connection: Connection[Any]) -> Mapping[str, str]:
    """Return the names of tables that pglogical's JSON does not escape, as it has them, with what they are in JSON."""
    found = connection.execute(text("replicated_tables")).fetchall()
    plain = {f'["{schema}","{name}"]': f"[{_as_json(schema)},{_as_json(name)}]" for schema, name in found}
    return {told: meant for told, meant in plain.items() if told != meant}


def _as_json(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _parsed(line: str, *, odd: Mapping[str, str]) -> dict[str, Any]:
    """Return a line as it is meant, every number as the text that it has there."""
    for told, meant in odd.items():
        line = line.replace(f'"relation":{told}', f'"relation":{meant}', 1)
    try:
        return _loaded(line)
    except ValueError:
        return _loaded(RELATION.sub(_escaped, line, count=1))  # of a table that is not there any more


def _escaped(found: re.Match[str]) -> str:
    return f'"relation":[{_as_json(found[1])},{_as_json(found[2])}],'


def _loaded(line: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(line, parse_int=str, parse_float=str)
    return parsed


def _committed(told: Iterator[dict[str, Any]], received: str | None) -> Iterator[list[_Raw]]:
    """Yield the changes of each transaction that ends after the position *received*, in portions."""
    since, changes = _number(received), list[_Raw]()
    began: dict[str, Any] = {}
    ready = list[_Raw]()
    for one in told:
        match one["action"]:
            case "B":
                began, changes = one, []
            case "C":
                ready += changes if _number(one["end_lsn"]) > since else []
                if len(ready) >= AT_ONCE:
                    yield ready
                    ready = []
            case action if action in DID:
                changes += _changes(one, began)
    if ready:
        yield ready


def _changes(one: dict[str, Any], began: dict[str, Any]) -> Iterator[_Raw]:
    """Yield what was done to which row: an update that changed the key is two."""
    (schema, table), did = one["relation"], DID[one["action"]]
    old, new = one.get("oldtuple"), one.get("newtuple")
    done = [(did, old if did is Did.DELETE else new)]
    if did is Did.UPDATE and old is not None:
        done = [(Did.DELETE, old), (Did.INSERT, new)]
    at = datetime.fromisoformat(began["commit_time"])
    for kind, values in done:
        yield _Raw(schema, table, kind, _texts(values or {}), int(began["xid"]), at)


def _texts(values: dict[str, Any]) -> dict[str, Any]:
    """Return values as text; what JSON has another word for, as PostgreSQL takes it."""
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in values.items()}


def _number(lsn: str | None) -> int:
    """Return a position as a number."""
    high, _, low = (lsn or "0/0").partition("/")
    return (int(high, 16) << 32) | int(low, 16)
