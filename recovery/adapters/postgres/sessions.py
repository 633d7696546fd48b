"""Connections to one cluster, one a database, and what its errors mean to us."""

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from select import POLLIN, poll
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from recovery.adapters.connecting import takes_connections
from recovery.errors import Refused, RowsLocked, Unavailable

SQL = Path(__file__).parent / "sql"
T = TypeVar("T")


@dataclass(frozen=True)
class Access:
    """Where a cluster is, and as whom we work in it; the password is shown nowhere."""

    host: str
    port: int
    user: str
    password: str | None = field(default=None, repr=False)
    connect_timeout_s: int = 2
    statement_timeout_s: int = 10


class Sessions:
    """Opens a connection to each database at its first use, and again after it was lost."""

    def __init__(self, access: Access) -> None:
        """Connect to nothing yet."""
        self._access = access
        self._open: dict[str, psycopg.Connection[Any]] = {}
        weakref.finalize(self, _close, self._open)

    @property
    def endpoint(self) -> str:
        """Where the cluster is."""
        return f"postgres {self._access.host}:{self._access.port}"

    def query(
        self, database: str, statement: str, parameters: Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """Run one named file of SQL in autocommit, and return its rows."""
        with self.told(database), self.connection(database) as connection:
            cursor = connection.execute(text(statement), parameters)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def connection(self, database: str) -> Iterator[psycopg.Connection[Any]]:
        """The database's connection, in autocommit; one that failed is not used again."""
        connection = self._open.get(database)
        if connection is None or connection.closed or _spoken_to(connection):
            connection = self._open[database] = self._connect(database)
        try:
            yield connection
        except psycopg.OperationalError:
            connection.close()
            raise

    @contextmanager
    def own(self, database: str) -> Iterator[psycopg.Connection[Any]]:
        """A connection of its own to the database, in autocommit, closed with the block."""
        with self._connect(database) as connection:
            yield connection

    def listens(self, database: str) -> bool:
        """Whether a server speaks there: also one that starts, or would not let us in, or could not be asked at all."""
        access = self._access
        place = make_conninfo(
            "",
            host=access.host,
            port=access.port,
            dbname=database,
            connect_timeout=access.connect_timeout_s,
        )
        return PGconn.ping(place.encode()) != Ping.NO_RESPONSE

    def takes_connections(self, *, within_s: float) -> bool:
        """Whether somebody is there: libpq would wait for two seconds at least."""
        return takes_connections(self._access.host, self._access.port, within_s=within_s)

    def each(self, databases: Sequence[str], work: Callable[[str], T]) -> dict[str, T]:
        """Do *work* for all databases at once; raises the first error after all have ended."""
        with ThreadPoolExecutor(max(1, len(databases)), thread_name_prefix="postgres") as pool:
            return dict(zip(databases, pool.map(work, databases), strict=True))

    @contextmanager
    def told(self, database: str) -> Iterator[None]:
        """Turn psycopg's errors into ours, which begin with where it was."""
        where = f"{self.endpoint}/{database}"
        try:
            yield
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            raise RowsLocked(
                f"{where}: rows are held by somebody else: {_said(error)}. Repeat, or look at its sessions."
            ) from error
        except psycopg.OperationalError as error:
            raise Unavailable(
                f"{where} did not answer: {_said(error)}. Repeat, or look at the server."
            ) from error
        except psycopg.Error as error:
            raise Refused(f"{where} refused: {_said(error)}") from error

    def _connect(self, database: str) -> psycopg.Connection[Any]:
        access = self._access
        return psycopg.connect(
            host=access.host,
            port=access.port,
            dbname=database,
            user=access.user,
            password=access.password,
            connect_timeout=access.connect_timeout_s,
            autocommit=True,
            application_name="eden-dr",
            tcp_user_timeout=1000 * access.statement_timeout_s,
            options=f"-c statement_timeout={access.statement_timeout_s}s -c search_path=public",
        )


@cache
def text(name: str) -> bytes:
    """Return the SQL of that name."""
    return (SQL / f"{name}.sql").read_bytes()


def _close(connections: Mapping[str, psycopg.Connection[Any]]) -> None:
    """Close what is open once nobody uses it any more: a worker runs many operations."""
    for connection in connections.values():
        connection.close()


def _spoken_to(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server has said something unasked, such as that it ended: an idle connection is then not reused.

    One that another thread waits on is no idle one: psycopg holds its lock meanwhile.
    """
    if not connection.lock.acquire(blocking=False):
        return False
    try:
        waiting = poll()
        waiting.register(connection.fileno(), POLLIN)
        if waiting.poll(0):
            connection.pgconn.finish()
        return connection.closed
    finally:
        connection.lock.release()


def _said(error: psycopg.Error) -> str:
    """The first line of what the driver says: it quotes no password."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
