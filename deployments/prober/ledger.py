"""The ledger's file: every request's outcome, in SQLite, outside both regions.

What is appended is in the file at most `FLUSH_INTERVAL_S` later. A prober that is killed (SIGKILL) loses at
most that; a host that loses its power may lose what the kernel had not yet written, since commits do not
wait for the disk. Nothing that was reported is lost to a kill: reports flush first.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recovery.errors import BadInput, Unavailable
from recovery.measurement import Outcome, Request

FLUSH_INTERVAL_S = 0.05
COLUMNS = tuple(Request.model_fields)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHUNK_ROWS = 2_000
_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS requests (
    client TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, service TEXT NOT NULL, region TEXT,
    started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, outcome TEXT NOT NULL, status INTEGER,
    error TEXT, committed_at INTEGER  -- times are microseconds since 1970, UTC
);
CREATE INDEX IF NOT EXISTS requests_ended_at ON requests (ended_at);
"""
_INSERT = f"INSERT INTO requests ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
_SELECT = f"""
SELECT json_array({", ".join(COLUMNS)}) FROM requests
WHERE ended_at >= ? AND ended_at < ? AND (? IS NULL OR kind = ?) ORDER BY ended_at, rowid
"""  # noqa: S608 (the names are the model's own)
_FORGET = f"""
DELETE FROM requests WHERE rowid IN (SELECT rowid FROM requests WHERE ended_at < ? LIMIT {_CHUNK_ROWS})
"""  # noqa: S608


class Ledger:
    """The file at *path*, made where there is none; `append` belongs to one thread, the rest to any."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pending: deque[Request] = deque()
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._file.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise BadInput(
                f"ledger: {path} can not be opened ({error}); give a path this user can write."
            ) from error

    def append(self, request: Request) -> None:
        """Remember *request*; `flush` makes it last."""
        self._pending.append(request)

    def flush(self) -> None:
        """Have everything appended so far in the file, or raise `Unavailable` and lose nothing."""
        with self._lock:
            batch = [self._pending.popleft() for _ in range(len(self._pending))]
            if not batch:
                return
            try:
                with closing(self._file.cursor()) as cursor:
                    cursor.execute("BEGIN IMMEDIATE")
                    cursor.executemany(_INSERT, map(_stored, batch))
                    cursor.execute("COMMIT")
            except sqlite3.Error as error:
                self._pending.extendleft(reversed(batch))
                if self._file.in_transaction:
                    self._file.execute("ROLLBACK")
                raise Unavailable(
                    f"The ledger {self._path} takes no rows ({error}); {len(batch)} wait in memory: "
                    "see to its disk before the prober is stopped."
                ) from error

    def rows(self, since: datetime, until: datetime, kind: str | None) -> Iterator[list[str]]:
        """Yield the rows that ended in [since, until), oldest first, in chunks, each a JSON array of `COLUMNS`.

        SQLite makes the JSON, times as microseconds since 1970: made in Python, a long
        answer took the interpreter away from the clients and was seen in what they measured.
        """
        self.flush()
        with closing(sqlite3.connect(self._path, check_same_thread=False)) as reader:
            cursor = reader.execute(_SELECT, (_us(since), _us(until), kind, kind))
            while chunk := cursor.fetchmany(_CHUNK_ROWS):
                yield [row[0] for row in chunk]

    def forget(self, before: datetime) -> None:
        """Have no row that ended before *before*, a few thousand at a time, so that no flush waits long."""
        removed = _CHUNK_ROWS
        while removed == _CHUNK_ROWS:
            try:
                with self._lock, closing(self._file.execute(_FORGET, (_us(before),))) as cursor:
                    removed = cursor.rowcount
            except sqlite3.Error as error:
                raise Unavailable(f"The ledger {self._path} can not forget old rows: {error}.") from error

    def close(self) -> None:
        """Flush, and give the file back."""
        self.flush()
        self._file.close()


def _stored(request: Request) -> tuple[object, ...]:
    values: list[object] = []
    for name in COLUMNS:
        value = getattr(request, name)
        match value:
            case datetime():
                value = _us(value)
            case Outcome():
                value = value.value
            case _:
                pass
        values.append(value)
    return tuple(values)


def _us(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
