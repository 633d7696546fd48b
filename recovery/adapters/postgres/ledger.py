"""The ledger of a named restore point: every table's rows and hashes at exactly that position of the WAL.

A snapshot of a live cluster is not exact by itself: commits become visible in another order than they stand in
the WAL (jepsen.io/analyses/amazon-rds-for-postgresql-17.4). So writers are kept waiting for the moment in which
the point is written and the snapshots are taken. A writer holds its table's lock until its commit is visible.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from time import monotonic

import psycopg
from psycopg import sql

from recovery.adapters.postgres import relation
from recovery.adapters.postgres.sessions import Access, Sessions, text
from recovery.errors import Unavailable
from recovery.fingerprints import Ledger, entry
from recovery.reconcile.blocks import Fingerprint
from recovery.reconcile.shapes import TableName

LOCK_S = 1.0
"""How long writers may be kept waiting for the locks; longer than a second, and autovacuum is cancelled for it."""
ATTEMPTS = 5

Connection = psycopg.Connection[tuple[object, ...]]


class PgLedgers:
    """The `Ledgers` port on PostgreSQL 15."""

    def __init__(self, access: Access, *, databases: Sequence[str], maintenance_database: str) -> None:
        """Connect to nothing yet."""
        self._sessions = Sessions(access)
        self._databases, self._maintenance = tuple(databases), maintenance_database

    @property
    def endpoint(self) -> str:
        """Where the cluster is."""
        return self._sessions.endpoint

    def take(self, region: str, name: str) -> Ledger:
        """Write the restore point *name*, and return what every table held there; tried a few times."""
        for attempt in range(ATTEMPTS):
            try:
                return self._taken(region, name)
            except Unavailable as error:
                if not isinstance(error.__cause__, psycopg.errors.QueryCanceled):
                    raise
                if attempt + 1 == ATTEMPTS:
                    raise Unavailable(
                        f"{self.endpoint}: writers held their tables for longer than {LOCK_S:g} s at a time, "
                        f"{ATTEMPTS} times; take the ledger at a quieter moment."
                    ) from error
        raise AssertionError

    def _taken(self, region: str, name: str) -> Ledger:
        with ExitStack() as readers, self._sessions.told(self._maintenance):
            reading = {d: readers.enter_context(self._sessions.own(d)) for d in self._databases}
            with ExitStack() as lockers:
                locking = {d: lockers.enter_context(self._sessions.own(d)) for d in self._databases}
                tables = {database: _tables(connection, database) for database, connection in locking.items()}
                began = monotonic()
                for database, connection in locking.items():
                    _lock(connection, tables[database], within_s=began + LOCK_S - monotonic())
                ((lsn,),) = self._sessions.query(self._maintenance, "name_point", {"name": name})
                taken_at = datetime.now(UTC)
                for connection in reading.values():
                    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    connection.execute("SELECT 1")  # its snapshot is taken with the first statement
                for connection in locking.values():
                    connection.execute("ROLLBACK")
                held_s = monotonic() - began
            ((version,),) = self._sessions.query(self._maintenance, "version")
            with ThreadPoolExecutor(len(reading)) as pool:
                found = list(pool.map(lambda d: _read(reading[d], self.endpoint, tables[d]), reading))
        entries = {str(table): entry(print_) for some in found for table, print_ in some.items()}
        return Ledger(
            region=region,
            name=name,
            lsn=lsn,
            taken_at=taken_at,
            version=str(version),
            held_s=held_s,
            tables=entries,
        )


def _tables(connection: Connection, database: str) -> list[TableName]:
    rows = connection.execute(text("table_names")).fetchall()
    return [TableName(database, str(schema), str(name)) for schema, name in rows]


def _lock(connection: Connection, tables: Sequence[TableName], *, within_s: float) -> None:
    """Let no transaction write to *tables* until this one ends; all of the locks within so long."""
    names = sql.SQL(", ").join(sql.Identifier(t.schema, t.name) for t in tables)
    connection.execute("BEGIN")
    connection.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(max(1, round(within_s * 1000))))
    if tables:
        connection.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(names))


def _read(connection: Connection, endpoint: str, tables: Sequence[TableName]) -> dict[TableName, Fingerprint]:
    connection.execute(text("exact_text"))
    return {
        table: relation.read(connection, f"{endpoint}/{table.database}", table).fingerprint(connection)
        for table in tables
    }
