"""A region whose rows the other one changes too: in memory, and on two clusters of a lab."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

from lab.parts.postgres import Postgres, connected
from lab.place import EAST, NODE_GROUPS, PORTS, WEST, Lab
from recovery.adapters.postgres import Access
from recovery.adapters.postgres.conflict_log import PostgresConflictLog
from recovery.estate import CONFLICT_TABLE
from recovery.fakes.conflict_log import FakeConflictLog
from recovery.fakes.world import World
from recovery.reconcile.conflicts import (
    OWN,
    Conflict,
    ConflictKind,
    ConflictLog,
    LogPlace,
    Resolution,
    Version,
)
from recovery.reconcile.shapes import TableName
from recovery.waiting import wait_until

DATABASE = NODE_GROUPS[0]
CROSSES_S = 20
Written = tuple[datetime, datetime]
"""When the other region committed its version, and when this one did."""


class Disagreeing(ABC):
    """West, and what is done to its rows."""

    log: ConflictLog
    table: TableName
    origin: str
    began: datetime
    """What was logged before is not this test's."""

    @abstractmethod
    def both_change(self, key: str) -> Written:
        """Have both regions change a row before either has the other's change; west is the later one."""

    @abstractmethod
    def moves(self, key: str) -> None:
        """Have east change a row that west wrote last, and that east knows."""

    @abstractmethod
    def rotates(self) -> str:
        """Have west's server write to another file; return the name of the one it wrote to."""

    @abstractmethod
    def removes(self, name: str) -> None:
        """Remove a file of the log."""

    @abstractmethod
    def forgets_how_far_it_was_read(self) -> None:
        """Leave what was kept, as a collection does that is killed before it has noted how far it came."""

    def collected(self, count: int) -> int:
        """Collect until *count* conflicts were new: a server writes its log a moment later."""
        found = 0

        def enough() -> tuple[int | None, str]:
            nonlocal found
            found += self.log.collect()
            return (found if found >= count else None), f"{found} conflicts"

        return wait_until(enough, what=f"{count} conflicts in the log", deadline_s=CROSSES_S)


class FakeWest(Disagreeing):
    """In memory."""

    table, origin = TableName(DATABASE, "public", "orders"), "from_us_east_1"

    def __init__(self) -> None:
        self.began = self._now = datetime(2026, 1, 1, tzinfo=UTC)
        world = World([WEST, EAST])
        self.log: FakeConflictLog = FakeConflictLog(world, world.places[WEST])

    def both_change(self, key: str) -> Written:
        return self._logs(key, Resolution.KEEP_LOCAL, earlier=1)

    def moves(self, key: str) -> None:
        self._logs(key, Resolution.APPLY_REMOTE, earlier=-1)

    def rotates(self) -> str:
        name = list(self.log.files)[-1]
        self.log.rotates()
        return name

    def removes(self, name: str) -> None:
        self.log.removes(name)

    def forgets_how_far_it_was_read(self) -> None:
        self.log.forgets()

    def _logs(self, key: str, resolution: Resolution, *, earlier: int) -> Written:
        self._now += timedelta(seconds=3)
        written = self._now - timedelta(seconds=1 + earlier), self._now - timedelta(seconds=1)
        conflict = Conflict(
            logged_at=self._now,
            table=self.table,
            kind=ConflictKind.UPDATE_UPDATE,
            resolution=resolution,
            key=(key,),
            local_key=(key,),
            remote=Version(written[0], self.origin),
            remote_lsn="A/1",
            local=Version(written[1], OWN),
            place=LogPlace("", 0),
        )
        self.log.logs(conflict)
        return written


@dataclass
class RealWest(Disagreeing):
    """In a lab; the table is in the replication set of both regions."""

    lab: Lab
    east: psycopg.Connection
    west: psycopg.Connection
    table = TableName(DATABASE, "public", "disagreed")

    def __post_init__(self) -> None:
        self.log = log_of(self.lab)
        self.began = datetime.now(UTC)
        [(self.origin,)] = self.west.execute("SELECT sub_slot_name FROM pglogical.subscription").fetchall()

    @classmethod
    @contextmanager
    def of(cls, lab: Lab) -> Iterator[Self]:
        """Rows 1 to 9 are known to both regions; afterwards the table is gone."""
        with ExitStack() as stack:
            east = stack.enter_context(connected(lab, EAST, DATABASE))
            west = stack.enter_context(connected(lab, WEST, DATABASE))
            for session in (east, west):
                session.execute("DROP TABLE IF EXISTS disagreed CASCADE")
                session.execute("CREATE TABLE disagreed (id int PRIMARY KEY, note text, at timestamptz)")
                session.execute("SELECT pglogical.replication_set_add_table('default', 'disagreed')")
            found = cls(lab, east, west)
            found._crossed(
                west, east, "INSERT INTO disagreed SELECT g FROM generate_series(1, 9) g RETURNING id"
            )
            yield found
            for session in (east, west):
                session.execute("SELECT pglogical.replication_set_remove_table('default', 'disagreed')")
                session.execute("DROP TABLE disagreed")

    @property
    def folder(self) -> Path:
        """Where west's server logs."""
        return Postgres(WEST).data(self.lab) / "log"

    @property
    def current(self) -> Path:
        """The file that it logs to."""
        [(name,)] = self.west.execute("SELECT pg_current_logfile('jsonlog')").fetchall()
        return Path(name)

    def both_change(self, key: str) -> Written:
        self._applies("disable")
        try:
            theirs = self._change(self.east, key)
            ours = self._change(self.west, key)
        finally:
            self._applies("enable")
        self._crossed(
            self.east, self.west, "INSERT INTO disagreed SELECT max(id) + 1 FROM disagreed RETURNING id"
        )
        return theirs, ours

    def moves(self, key: str) -> None:
        change = sql.SQL("UPDATE disagreed SET note = 'moved' WHERE id = {} RETURNING id").format(
            sql.Literal(key)
        )
        self._crossed(self.east, self.west, change.as_string())

    def rotates(self) -> str:
        """A file's name has its second: within one, the server goes on in the same file."""
        before = str(self.current)

        def another() -> tuple[bool | None, str]:
            self.west.execute("SELECT pg_rotate_logfile()")
            return (str(self.current) != before or None), str(self.current)

        wait_until(another, what="another log file", deadline_s=CROSSES_S)
        return Path(before).name

    def removes(self, name: str) -> None:
        (self.folder / name).unlink()

    def forgets_how_far_it_was_read(self) -> None:
        self.west.execute("DELETE FROM dr_conflict_log")

    def _applies(self, verb: str) -> None:
        name = sql.Identifier("pglogical", f"alter_subscription_{verb}")
        self.west.execute(sql.SQL("SELECT {}(sub_name, true) FROM pglogical.subscription").format(name))

    def _change(self, session: psycopg.Connection, key: str) -> datetime:
        """Change a row, and return when that was committed."""
        session.execute("UPDATE disagreed SET note = 'by ' || pg_backend_pid() WHERE id = %s", [key])
        [(at,)] = session.execute(
            "SELECT pg_xact_commit_timestamp(xmin) FROM disagreed WHERE id = %s", [key]
        ).fetchall()
        found: datetime = at
        return found

    def _crossed(self, here: psycopg.Connection, there: psycopg.Connection, change: str) -> None:
        """Make a change, and wait until the other side has the row as it is here."""
        [(key,), *_] = here.execute(change.encode()).fetchall()
        row = "SELECT d::text FROM disagreed d WHERE id = %s"
        wanted = here.execute(row, [key]).fetchone()

        def there_too() -> tuple[bool | None, str]:
            found = there.execute(row, [key]).fetchone()
            return (found == wanted or None), repr(found)

        wait_until(there_too, what=f"the row {wanted} on the other side", deadline_s=CROSSES_S)


def log_of(lab: Lab, table: str = CONFLICT_TABLE, user: str = "dr_operator") -> PostgresConflictLog:
    """Return west's conflicts, as the operator sees them."""
    secret = {"dr_operator": "postgres-operator", "eden_monitor": "postgres-monitor"}[user]
    access = Access(lab.address(WEST), PORTS.postgres, user, lab.secret(secret))
    return PostgresConflictLog(access, databases=NODE_GROUPS, table=table)
