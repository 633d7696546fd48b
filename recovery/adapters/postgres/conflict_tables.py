"""The two tables of one database in which its conflicts are kept, and how far the log was read for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from psycopg import Connection, sql

from recovery.adapters.postgres.sessions import text
from recovery.errors import Refused
from recovery.estate import CONFLICT_READING
from recovery.reconcile.conflicts import Conflict, ConflictKind, LogPlace, Resolution, Unread, Version
from recovery.reconcile.shapes import TableName

READING = CONFLICT_READING
COLUMNS = {
    "conflict_table": (
        "log_file text, log_offset bigint, logged_at timestamp with time zone, table_schema text, table_name text, "
        "kind text, resolution text, is_real boolean, row_key text[], local_key text[], "
        "remote_at timestamp with time zone, remote_origin text, remote_lsn pg_lsn, local_row boolean, "
        "local_at timestamp with time zone, local_origin text, collected_at timestamp with time zone"
    ),
    "conflict_reading": (
        "log_file text, head bytea, read_to bigint, size bigint, modified timestamp with time zone, closed boolean, "
        "gone_at timestamp with time zone"
    ),
}
"""The columns that the statement of that name makes."""


class Mark(NamedTuple):
    """How far one file was read, and what it was like then."""

    name: str
    head: bytes
    read_to: int
    size: int
    modified: datetime
    closed: bool


@dataclass(frozen=True)
class ConflictTables:
    """The tables of one database; every verb is told the connection that it uses."""

    where: str
    database: str
    table: str

    def furnish(self, connection: Connection[Any]) -> None:
        """Make what is missing; `Refused` where a table of that name is another thing, or is replicated."""
        names = {"conflict_table": self.table, "conflict_reading": READING}
        told = {"tables": list(names.values())}
        there = dict(connection.execute(text("table_columns"), told).fetchall())
        for statement, name in names.items():
            if name not in there:
                with connection.transaction():
                    connection.execute(self._composed(statement, name))
                    if statement == "conflict_table":
                        connection.execute(self._composed("conflict_index", name))
            elif ", ".join(there[name]) != COLUMNS[statement]:
                raise Refused(
                    f"{self.where} has a table public.{name} with other columns ({', '.join(there[name])}): conflicts "
                    "are not kept in it. Name another one in "
                    "postgres_multi_region.replication.conflict_resolution.resolution_table, or rename that one."
                )
        for name, replication_set in connection.execute(text("sets_of_tables"), told):
            raise Refused(
                f"{self.where} replicates public.{name} in the set {replication_set}, and each region's conflicts are "
                f"its own: SELECT pglogical.replication_set_remove_table('{replication_set}', 'public.{name}')."
            )

    def marks(self, connection: Connection[Any]) -> list[Mark]:
        """Return how far each file was read."""
        return [Mark(*row) for row in connection.execute(self._composed("log_read_to", READING))]

    def keep(self, connection: Connection[Any], conflicts: Sequence[Conflict], mark: Mark) -> int:
        """Keep conflicts and how far the file was read, in one transaction; return how many were not there yet."""
        with connection.transaction(), connection.cursor() as cursor:
            if conflicts:
                cursor.executemany(self._composed("conflict_keep", self.table), list(map(_row, conflicts)))
            kept = cursor.rowcount if conflicts else 0
            connection.execute(self._composed("log_mark", READING), mark._asdict())
        return kept

    def miss(self, connection: Connection[Any], marks: Iterable[Mark]) -> None:
        """Forget files that are gone and were read to their end; note the others as gone unread."""
        for mark in marks:
            for statement in ("log_forget", "log_gone"):
                connection.execute(self._composed(statement, READING), mark._asdict())

    def since(self, connection: Connection[Any], since: datetime) -> list[Conflict]:
        """Return the conflicts logged at *since* or later; none where nothing was ever collected."""
        return [self._conflict(row) for row in self._asked(connection, "conflicts_since", self.table, since)]

    def unread(self, connection: Connection[Any], since: datetime) -> list[Unread]:
        """Return the files that were missed at *since* or later."""
        return [Unread(*row) for row in self._asked(connection, "log_unread", READING, since)]

    def _asked(
        self, connection: Connection[Any], statement: str, table: str, since: datetime
    ) -> list[tuple[Any, ...]]:
        try:
            return connection.execute(self._composed(statement, table), {"since": since}).fetchall()
        except psycopg.errors.UndefinedTable:
            return []

    def _composed(self, statement: str, table: str) -> sql.Composed:
        return sql.SQL(text(statement).decode()).format(table=sql.Identifier("public", table))

    def _conflict(self, row: tuple[Any, ...]) -> Conflict:
        file, offset, logged_at, schema, name, kind, resolution, key, local_key, *versions = row
        remote_at, remote_origin, remote_lsn, was_there, local_at, local_origin = versions
        return Conflict(
            logged_at=logged_at,
            table=TableName(self.database, schema, name),
            kind=ConflictKind(kind),
            resolution=Resolution(resolution),
            key=None if key is None else tuple(key),
            local_key=None if local_key is None else tuple(local_key),
            remote=Version(remote_at, remote_origin),
            remote_lsn=remote_lsn,
            local=Version(local_at, local_origin) if was_there else None,
            place=LogPlace(file, offset),
        )


def _row(conflict: Conflict) -> tuple[object, ...]:
    """A conflict as the statement that keeps it takes it."""
    local = conflict.local or Version(None, None)
    return (
        *conflict.place,
        conflict.logged_at,
        conflict.table.schema,
        conflict.table.name,
        conflict.kind.value,
        conflict.resolution.value,
        conflict.is_real,
        None if conflict.key is None else list(conflict.key),
        None if conflict.local_key is None else list(conflict.local_key),
        *conflict.remote,
        conflict.remote_lsn,
        conflict.local is not None,
        *local,
    )
