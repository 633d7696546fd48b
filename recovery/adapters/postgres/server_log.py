"""The server's log, read over SQL: which files there are, and their records piece by piece."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import PurePosixPath
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg

from recovery.adapters.postgres.sessions import Sessions, text
from recovery.errors import Refused
from recovery.reconcile.server_log import LogFormat, record_end, records

PIECE_BYTES = 1 << 20
"""Read at a time. A conflict is shorter: pglogical cuts each value at 40 bytes, and a row has 1,600 columns at most."""
HEAD_BYTES = 128
"""With the name, what tells one file from another: the time and the process of its first record are in them."""
LOGGED_LEVELS = frozenset({"log", "warning"})
"""Values of `pglogical.conflict_log_level` that a server logs by its own defaults."""


class LogFile(NamedTuple):
    """One file of the log, as the server lists it."""

    name: str
    size: int
    modified: datetime
    closed: bool
    """The server wrote to another one already when it listed them: the size is the last one."""


class Piece(NamedTuple):
    """Whole records that follow each other in a file, with their places; what follows begins at *end*."""

    records: list[tuple[int, bytes]]
    end: int


@dataclass(frozen=True)
class ServerLog:
    """The log as it was listed at one moment."""

    sessions: Sessions
    database: str
    """Where the questions are asked; the log is the whole server's."""
    form: LogFormat
    directory: PurePosixPath
    zone: tzinfo
    files: list[LogFile]

    def head(self, file: LogFile) -> bytes:
        """Return the file's first bytes; none of one that is gone."""
        return self._read(file.name, 0, min(HEAD_BYTES, file.size))

    def pieces(self, file: LogFile, start: int) -> Iterator[Piece]:
        """Yield the records from *start* on, until one is not written to its end, or the file's listed size."""
        while data := self._read(file.name, start, min(PIECE_BYTES, file.size - start)):
            found = [(start + place, raw) for place, raw in records(data, self.form)]
            end = found[-1][0] + len(found[-1][1]) if found else self._end_of_long(file, start, data)
            if end is None:
                return
            yield Piece(found, end)
            start = end

    def _end_of_long(self, file: LogFile, start: int, data: bytes) -> int | None:
        """Return where a record ends that is longer than a piece, and so no conflict; None if it does not end yet."""
        quoted, end = False, None
        while data:
            end, quoted = record_end(data, 0, self.form, quoted=quoted)
            if end is not None:
                return start + end
            start += len(data)
            data = self._read(file.name, start, min(PIECE_BYTES, file.size - start))
        return None

    def _read(self, name: str, start: int, length: int) -> bytes:
        if length <= 0:
            return b""
        where = {"path": str(self.directory / name), "start": start, "length": length}
        with permitted(self.sessions, self.database) as connection:
            row = connection.execute(text("log_piece"), where).fetchone()
        return bytes(row[0]) if row and row[0] is not None else b""


def server_log(sessions: Sessions, database: str) -> ServerLog:
    """Return the server's log as it is now; `Refused` tells what to set where it writes none that can be read."""
    with permitted(sessions, database) as connection:
        settings, *_ = connection.execute(text("log_settings")).fetchall()
        listed = connection.execute(text("log_files")).fetchall()
        # Had it begun another file meanwhile, the size of the one before might not be its last.
        still = connection.execute(text("log_settings")).fetchall() == [settings]
    collects, in_json, in_csv, zone, level = settings
    where = f"{sessions.endpoint}/{database}"
    current = in_json or in_csv
    if not (collects and current):
        state = "on" if collects else "off"
        raise Refused(
            f"{where} writes no log that can be read back: logging_collector is {state}, and it has no file of the "
            "kind jsonlog or csvlog. Set logging_collector = on (which takes a restart) and add jsonlog to "
            "log_destination."
        )
    if level is not None and level not in LOGGED_LEVELS:
        raise Refused(
            f"{where} does not log conflicts: pglogical.conflict_log_level is {level}; set it to log."
        )
    form = LogFormat.JSON if in_json else LogFormat.CSV
    path = PurePosixPath(current)
    files = [
        LogFile(name, size, modified, closed=still and name != path.name)
        for name, size, modified in listed
        if name.endswith(form.suffix)
    ]
    return ServerLog(sessions, database, form, path.parent, _zone(where, zone), files)


@contextmanager
def permitted(sessions: Sessions, database: str) -> Iterator[psycopg.Connection]:
    """The database's connection, for what reads the log; `Refused` names the rights that are missing."""
    with sessions.told(database), sessions.connection(database) as connection:
        try:
            yield connection
        except psycopg.errors.InsufficientPrivilege as error:
            role = connection.info.user
            raise Refused(
                f"{sessions.endpoint}/{database} does not let {role} read its log ({error.diag.message_primary}). "
                f"GRANT pg_monitor TO {role}, and in this database GRANT EXECUTE ON FUNCTION pg_current_logfile(text), "
                f"pg_read_binary_file(text, bigint, bigint, boolean) TO {role}."
            ) from error


def _zone(where: str, name: str) -> tzinfo:
    if name.upper() in {"UTC", "GMT", "ETC/UTC"}:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Refused(
            f"{where} logs in the time zone {name!r}, which is not known here; set log_timezone to UTC."
        ) from error
