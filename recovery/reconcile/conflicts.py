"""Two regions changed one row: what PostgreSQL's own log says of it, and where that is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol, assert_never

from recovery.reconcile.shapes import Key, TableName

OWN = "local"
"""The origin of a version that was committed in the region itself."""
RECENT = timedelta(minutes=10)
"""The span in which `conflict_threshold` counts."""


class ConflictKind(StrEnum):
    """What was to be applied, and what was there."""

    INSERT_INSERT = "insert_insert"
    """The other region's new row met one with the same key, or with the same value of another unique index."""
    UPDATE_UPDATE = "update_update"
    """The other region's new version met one that it had not sent."""
    UPDATE_MISSING = "update_missing"
    """The row is gone here, or never was."""
    DELETE_MISSING = "delete_missing"


class Resolution(StrEnum):
    """What pglogical did, in its words."""

    APPLY_REMOTE = "apply_remote"
    KEEP_LOCAL = "keep_local"
    SKIP = "skip"
    """There was no row to change."""


class Version(NamedTuple):
    """One side's version of the row: when it was committed, and where."""

    at: datetime | None
    """None: the server has forgotten, as it does of rows that were frozen."""
    origin: str | None
    """`OWN`, or the replication origin it came by; None: the server has forgotten."""


class LogPlace(NamedTuple):
    """Where in the server's log it stands. With the time it was logged at, it is so of no other conflict."""

    file: str
    offset: int
    """Of the record's first byte."""


@dataclass(frozen=True)
class Conflict:
    """One change of the other region's that met something else here than it had left there."""

    logged_at: datetime
    table: TableName
    kind: ConflictKind
    resolution: Resolution
    key: Key | None
    """The key of the row that came, as pglogical wrote it. None where the line does not tell it for certain: a value
    of more than 40 bytes is cut there, and one that looks like a column's name cannot be told from it."""
    local_key: Key | None
    """The key of the row that was there: another one where two rows claimed one value of another unique index."""
    remote: Version
    remote_lsn: str
    """Where the other region's WAL has the commit: the true position, with its high half."""
    local: Version | None
    """None where there was no row."""
    place: LogPlace

    @property
    def is_real(self) -> bool:
        """Whether both regions changed the row before either knew of the other one's change.

        pglogical logs every change of a row whose version here is another origin's, so each row whose writes move
        to the other region is told once, as `apply_remote`; nothing is wrong with it. Real is what was not applied
        (`keep_local`, `skip`), an insert where a row was already, and a change that is not younger than what it
        replaced: whoever wrote it cannot have seen that. With `last_update_wins` the two regions settle an update of
        both sides alike, and the one whose version lost tells of it as of a healthy one: it is counted in the other
        region, which kept its own. A delete that took away an unseen update is not logged where it did; the other
        region tells of it as `update_missing`. The clocks' difference is the error of the comparison by time.
        """
        match self.resolution:
            case Resolution.KEEP_LOCAL | Resolution.SKIP:
                return True
            case Resolution.APPLY_REMOTE:
                return self.kind is ConflictKind.INSERT_INSERT or self._replaced_what_it_had_not_seen
            case never:
                assert_never(never)

    @property
    def _replaced_what_it_had_not_seen(self) -> bool:
        here = self.local.at if self.local else None
        return here is not None and self.remote.at is not None and self.remote.at <= here


class Unread(NamedTuple):
    """A file of the server's log that went before it was read to its end, as far as is known."""

    file: str
    offset: int
    """What began here was not read; what was logged behind the last look is among it."""
    gone_at: datetime
    """When it was missed."""


class ConflictLog(Protocol):
    """One region's conflicts: those that its PostgreSQL has logged, kept in a table of the database of each.

    The table is the region's own, and not replicated.
    """

    @property
    def endpoint(self) -> str:
        """Where it is, as `postgres host:port`."""

    def collect(self) -> int:
        """Keep every conflict that was logged since the last time, and return how many were new.

        Reads the log in pieces, of all databases that are node groups, and none of it twice but what a run that was
        killed had not finished: a conflict is kept once however often it is read. The first time, all that the
        server still has of its log is read. A record that is not written to its end yet is left to the next time.
        Files may be rotated, removed, and begun anew under a name that was used before; one that went before it was
        read is in `unread` from then on, and one that came and went between two runs leaves no trace.
        Makes the tables where they are missing. `Refused`, with what to set or to grant, where the server writes no
        log that can be read, where the role may not read it, and where a table of that name has other columns or is
        replicated. `Unavailable` where the server does not answer.
        """

    def recent(self, since: datetime) -> list[Conflict]:
        """Return what was kept of conflicts logged at *since* or later, the newest last; it reads no log."""

    def unread(self, since: datetime) -> list[Unread]:
        """Return the files that were missed at *since* or later, the last one last."""
