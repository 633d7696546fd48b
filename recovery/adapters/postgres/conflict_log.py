"""The `ConflictLog` port on PostgreSQL 15 with pglogical 2.4."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from psycopg import Connection

from recovery.adapters.postgres import relation
from recovery.adapters.postgres.conflict_tables import ConflictTables, Mark
from recovery.adapters.postgres.server_log import LogFile, Piece, ServerLog, server_log
from recovery.adapters.postgres.sessions import Access, Sessions
from recovery.errors import Refused
from recovery.reconcile.conflict_lines import Surroundings, conflict_of
from recovery.reconcile.conflicts import Conflict, LogPlace, Unread
from recovery.reconcile.server_log import LogFormat, fields
from recovery.reconcile.shapes import TableName, TableShape

SIGN = b"CONFLICT: remote "
"""What a conflict's record has in it; the others are not looked into."""
T = TypeVar("T")
Marks = Mapping[str, Sequence[Mark]]
"""By database."""


class PostgresConflictLog:
    """One region's conflicts."""

    def __init__(self, access: Access, *, databases: Sequence[str], table: str) -> None:
        """Take the cluster; nothing is connected to yet. Several threads may ask at once, each by its own sessions."""
        self._access, self._databases, self._table = access, tuple(databases), table

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return f"postgres {self._access.host}:{self._access.port}"

    def collect(self) -> int:
        """Read on from the least that was read for any database; each has its rows and its mark in one transaction."""
        sessions = Sessions(self._access)
        log = server_log(sessions, self._databases[0])
        self._each(sessions, ConflictTables.furnish)
        marks = self._each(sessions, ConflictTables.marks)
        collection = _Collection(log, marks, self._around(sessions, log))
        kept = sum(self._keep(sessions, collection, file) for file in log.files)
        missed = {database: collection.missed(database) for database in self._databases}
        self._each(sessions, lambda tables, connection: tables.miss(connection, missed[tables.database]))
        return kept

    def recent(self, since: datetime) -> list[Conflict]:
        """Ask every database's table."""
        found = self._each(Sessions(self._access), partial(_since, since=since))
        every = [conflict for conflicts in found.values() for conflict in conflicts]
        return sorted(every, key=lambda conflict: (conflict.logged_at, conflict.place))

    def unread(self, since: datetime) -> list[Unread]:
        """Ask every database, and tell each file once, from where it was read least."""
        found = self._each(Sessions(self._access), partial(_unread, since=since))
        files: dict[str, Unread] = {}
        for missed in sorted(each for every in found.values() for each in every):
            files.setdefault(missed.file, missed)
        return sorted(files.values(), key=lambda missed: missed.gone_at)

    def _keep(self, sessions: Sessions, collection: "_Collection", file: LogFile) -> int:
        """Keep what a file has had since it was read last."""
        kept = 0
        for conflicts, mark in collection.news(file):
            found = self._each(sessions, partial(_kept, conflicts=conflicts, mark=mark))
            kept += sum(found.values())
        return kept

    def _around(self, sessions: Sessions, log: ServerLog) -> Surroundings:
        shapes: dict[TableName, TableShape | None] = {}

        def shape(table: TableName) -> TableShape | None:
            if table not in shapes:
                shapes[table] = self._shape(sessions, table)
            return shapes[table]

        origins = dict(sessions.query(self._databases[0], "replication_origins"))
        return Surroundings(shape, origins, log.zone)

    def _shape(self, sessions: Sessions, table: TableName) -> TableShape | None:
        """Return a table's shape; None of one that is gone, or that is in no node group."""
        if table.database not in self._databases:
            return None
        with sessions.told(table.database), sessions.connection(table.database) as connection:
            try:
                return relation.read(connection, f"{self.endpoint}/{table.database}", table).shape
            except Refused:  # there is none of that name
                return None

    def _each(self, sessions: Sessions, work: Callable[[ConflictTables, Connection[Any]], T]) -> dict[str, T]:
        """Do *work* in every database at once."""

        def done(database: str) -> T:
            tables = ConflictTables(f"{self.endpoint}/{database}", database, self._table)
            with sessions.told(database), sessions.connection(database) as connection:
                return work(tables, connection)

        return sessions.each(self._databases, done)


@dataclass
class _Collection:
    """One reading of the log, on from the marks of all databases."""

    log: ServerLog
    marks: Marks
    around: Surroundings
    _there: set[tuple[str, bytes]] = field(init=False, default_factory=set)
    """The files that there still are, by name and head."""

    def news(self, file: LogFile) -> Iterator[tuple[list[Conflict], Mark]]:
        """Yield what a file has had since it was read last, piece by piece, with how far that is."""
        named = [[mark for mark in marks if mark.name == file.name] for marks in self.marks.values()]
        seen = (file.size, file.modified, file.closed)
        newest = [
            mark for marks in named for mark in marks if (mark.size, mark.modified, mark.closed) == seen
        ]
        if len(newest) == len(named):
            self._there.update((mark.name, mark.head) for mark in newest)
            return
        head = self.log.head(file)
        if not head:
            return
        same = [mark for marks in named for mark in marks if head.startswith(mark.head)]
        known = same[0].head if same else head
        self._there.update((file.name, mark.head) for mark in same)
        self._there.add((file.name, known))
        start = min(file.size, *(mark.read_to for mark in same)) if len(same) == len(named) else 0
        for piece in self.log.pieces(file, start):
            start = piece.end
            yield self._conflicts(file, piece), Mark(file.name, known, start, 0, file.modified, closed=False)
        end = file.size if file.closed else start
        yield [], Mark(file.name, known, end, file.size, file.modified, file.closed)

    def missed(self, database: str) -> list[Mark]:
        """Return the marks of files that are not there any more."""
        return [mark for mark in self.marks[database] if (mark.name, mark.head) not in self._there]

    def _conflicts(self, file: LogFile, piece: Piece) -> list[Conflict]:
        found = (
            self._conflict(raw, LogPlace(file.name, at), self.log.form)
            for at, raw in piece.records
            if SIGN in raw
        )
        return [conflict for conflict in found if conflict]

    def _conflict(self, raw: bytes, place: LogPlace, form: LogFormat) -> Conflict | None:
        record = fields(raw, form)
        return conflict_of(record, place, self.around) if record else None


def _since(tables: ConflictTables, connection: Connection[Any], *, since: datetime) -> list[Conflict]:
    return tables.since(connection, since)


def _unread(tables: ConflictTables, connection: Connection[Any], *, since: datetime) -> list[Unread]:
    return tables.unread(connection, since)


def _kept(
    tables: ConflictTables, connection: Connection[Any], *, conflicts: Sequence[Conflict], mark: Mark
) -> int:
    ours = [conflict for conflict in conflicts if conflict.table.database == tables.database]
    return tables.keep(connection, ours, mark)
