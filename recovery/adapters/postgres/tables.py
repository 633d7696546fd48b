"""The `Tables` port on PostgreSQL 15 or later."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg import Connection, sql

from recovery.adapters.postgres import relation, row_cells, table_repair
from recovery.adapters.postgres.block_prints import COUNT, SUM, Blocks
from recovery.adapters.postgres.names import identifier
from recovery.adapters.postgres.relation import Relation
from recovery.adapters.postgres.sessions import Access, Sessions, text
from recovery.reconcile.blocks import Cut, Extent, Fingerprint, Hashing, KeyPrint, Watermark
from recovery.reconcile.cells import Cell
from recovery.reconcile.plan import RepairPlan
from recovery.reconcile.ports import Outcome, Sighting
from recovery.reconcile.shapes import Key, TableName, TableShape


class PostgresTables:
    """The tables of one cluster. A scan of a large table takes as long as *access* lets a statement take."""

    def __init__(self, access: Access, *, databases: Sequence[str]) -> None:
        """Take the cluster; nothing is connected to yet. Several threads may ask at once, each by its own sessions."""
        self._access, self._databases = access, tuple(databases)
        self._idle: list[Sessions] = []

    @property
    def endpoint(self) -> str:
        """Where they are."""
        return f"postgres {self._access.host}:{self._access.port}"

    def hash_vector(self) -> str:
        """Ask the server, in the first database."""
        with self._transaction(self._databases[0], "exact_text") as connection:
            return str(_one(connection.execute(text("hash_vector")))[0])

    def tables(self) -> list[TableName]:
        """Return the applications' tables of all databases."""
        return self._named("table_names")

    def replicated(self) -> list[TableName]:
        """Return the tables of pglogical's replication sets."""
        return self._named("replicated_tables")

    def unreplicated(self) -> list[TableName]:
        """Return the tables that are in none of these sets."""
        return self._named("unreplicated_tables")

    def shape(self, table: TableName) -> TableShape:
        """Return a table's columns and key."""
        with self._reading(table) as (_, found):
            return found.shape

    def extent(self, table: TableName) -> Extent:
        """Return the planner's estimate, and the ends of the key's index."""
        with self._reading(table) as (connection, found):
            names = {"schema": table.schema, "name": table.name}
            rows = _one(connection.execute(text("table_rows"), names))[0]
            if found.shape.integer_key is None:
                return Extent(rows, None)
            key = identifier(found.shape.integer_key)
            query = sql.SQL("SELECT min({}), max({}) FROM {}").format(key, key, found.rows)
            lowest, greatest = _one(connection.execute(query, []))
            return Extent(rows, None if lowest is None else (lowest, greatest))

    def blocks(self, table: TableName, cut: Cut) -> dict[int, Fingerprint]:
        """Return each block's fingerprint, from one scan."""
        with self._reading(table) as (connection, found):
            connection.execute(text("in_parallel"))
            connection.execute(text("compiled"))
            numbers = COUNT, SUM.format(found.row_hash(cut.hashing))
            blocks = Blocks(found.block(cut), sql.SQL("{} AS t").format(found.rows))
            return blocks.read(connection, numbers, Fingerprint._make)

    def cells(self, table: TableName, hashing: Hashing) -> dict[int, Cell]:
        """Return the table's cells, from one scan."""
        with self._reading(table) as (connection, found):
            connection.execute(text("compiled"))
            asked = connection.execute(row_cells.of(found, hashing), [], binary=True)
            return row_cells.read(_one(asked)[0])

    def watermark(self, table: TableName) -> Watermark:
        """Return the cluster's timeline with the table's number, and the oldest transaction under way."""
        with self._reading(table) as (connection, _):
            names = {"schema": table.schema, "name": table.name}
            return Watermark(*_one(connection.execute(text("watermark"), names)))

    def key_prints(self, table: TableName, cut: Cut, since: Watermark) -> dict[int, KeyPrint]:
        """Return each block's keys, and how many rows have a transaction after *since*."""
        with self._reading(table) as (connection, found):
            connection.execute(text("compiled"))
            changed = sql.SQL("count(*) FILTER (WHERE {})").format(relation.written_since(since))
            numbers = COUNT, SUM.format(found.key_print(cut.hashing)), changed
            blocks = Blocks(found.block(cut), sql.SQL("{} AS t").format(found.rows))
            return blocks.read(connection, numbers, KeyPrint._make)

    def pieces(
        self, table: TableName, cut: Cut, blocks: Collection[int], piece: Cut
    ) -> dict[int, Fingerprint]:
        """Return the pieces' fingerprints: their rows are read by index."""
        with self._reading(table) as (connection, found):
            numbers = COUNT, SUM.format(found.row_hash(piece.hashing))
            pieces = Blocks(found.block(piece), found.rows_of(cut), asked=(sorted(blocks),))
            return pieces.read(connection, numbers, Fingerprint._make)

    def hashes(self, table: TableName, cut: Cut, blocks: Collection[int]) -> dict[Key, int]:
        """Return the rows' hashes: by index where the cut is by range, else from one more scan."""
        with self._reading(table) as (connection, found):
            asked = connection.execute(found.hashes(cut), [sorted(blocks)])
            return {tuple(key): total for *key, total in asked}

    def hashes_since(
        self, table: TableName, cut: Cut, blocks: Collection[int], since: Watermark
    ) -> dict[Key, int]:
        """Return the hashes of the rows that have a transaction after *since*, found as those of `hashes` are."""
        with self._reading(table) as (connection, found):
            asked = connection.execute(found.hashes_since(cut, since), [sorted(blocks)])
            return {tuple(key): total for *key, total in asked}

    def hashes_of(self, table: TableName, keys: Collection[Key], hashing: Hashing) -> dict[Key, int]:
        """Return the hashes of the rows that are there."""
        with self._reading(table) as (connection, found):
            return found.hashes_by_key(connection, keys, hashing)

    def images(self, table: TableName, keys: Collection[Key]) -> dict[Key, str]:
        """Return the images of the rows that are there."""
        with self._reading(table) as (connection, found):
            return found.images(connection, keys)

    def sightings(self, table: TableName, keys: Collection[Key]) -> dict[Key, Sighting]:
        """Return the rows, their transactions, and what those's commit timestamps say."""
        with self._reading(table) as (connection, found):
            return found.sightings(connection, keys)

    def fingerprint(self, table: TableName) -> Fingerprint:
        """Return a whole table's fingerprint."""
        with self._reading(table) as (connection, found):
            return found.fingerprint(connection)

    def apply(self, plan: RepairPlan, database: str) -> list[Outcome]:
        """Make the plan's changes in one database; under an origin, in a session that has it to its end."""
        where = self._where(database)
        if plan.origin is None:
            with self._transaction(database, "repairing", "exact_text") as connection:
                return table_repair.apply(connection, where, plan, database=database)
        sessions = Sessions(self._access)
        with sessions.told(database), sessions.own(database) as connection:
            connection.execute(text("come_from"), {"origin": f"{plan.origin}_{database}"})
            with connection.transaction():
                for each in ("repairing", "exact_text"):
                    connection.execute(text(each))
                return table_repair.apply(connection, where, plan, database=database)

    @contextmanager
    def _sessions(self) -> Iterator[Sessions]:
        """Yield sessions that nobody else has: those of whoever was done before, or new ones."""
        try:
            sessions = self._idle.pop()
        except IndexError:
            sessions = Sessions(self._access)
        try:
            yield sessions
        finally:
            self._idle.append(sessions)

    def _named(self, statement: str) -> list[TableName]:
        with self._sessions() as sessions:
            found = sessions.each(self._databases, lambda database: sessions.query(database, statement))
        return sorted(TableName(database, *names) for database, rows in found.items() for names in rows)

    def _where(self, database: str) -> str:
        return f"{self.endpoint}/{database}"

    @contextmanager
    def _reading(self, table: TableName) -> Iterator[tuple[Connection[Any], Relation]]:
        with self._transaction(table.database, "exact_text") as connection:
            yield connection, relation.read(connection, self._where(table.database), table)

    @contextmanager
    def _transaction(self, database: str, *settings: str) -> Iterator[Connection[Any]]:
        with (
            self._sessions() as sessions,
            sessions.told(database),
            sessions.connection(database) as connection,
            connection.transaction(),
        ):
            for each in settings:
                connection.execute(text(each))
            yield connection


def _one(cursor: Any) -> tuple[Any, ...]:
    """The row of a query that always has one."""
    row: tuple[Any, ...] = cursor.fetchone()
    return row
