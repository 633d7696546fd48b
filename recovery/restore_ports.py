"""What a restore asks of the outside: one cluster's backups, and a scratch cluster restored from them.

As in `recovery.ports`: every call ends in time by itself, and raises only `Unavailable` or `Refused`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from pydantic import AwareDatetime, Field

from recovery.backups import Backup, BackupKind, Kept
from recovery.fingerprints import Ledger
from recovery.measurement import Frozen
from recovery.restore_point import Target


class Backups(Protocol):
    """One cluster's backups, in all its repositories."""

    @property
    def endpoint(self) -> str:
        """Where they are asked for."""

    def kept(self, *, patient: bool = False) -> Kept:
        """Return what each repository holds; one that does not answer is in it, with its fault.

        One that answers much later than another is in it as at fault too, unless this is *patient*.
        """

    def back_up(self, kind: BackupKind, *, repository: int) -> None:
        """Take a backup into one repository."""

    def holes(self, *, repository: int) -> list[str]:
        """Return the WAL segments that are missing between a repository's first and last: no restore gets past one."""

    def verify(self, *, repository: int) -> list[str]:
        """Read every file of a repository again, and return what is wrong; none: it is as it was written."""


class Mark(Frozen):
    """A commit that was made to be found again, and the WAL segment that has it."""

    at: AwareDatetime = Field(
        description="Shortly before it: what committed by then is in that segment, or before"
    )
    segment: str


class Archiver(Frozen):
    """How archiving stands on one cluster."""

    last: str | None = Field(description="The newest segment that every repository has")
    at: AwareDatetime | None = Field(description="When it was archived")
    failed: str | None = Field(description="The segment that failed last, if none was archived since")
    waiting: int = Field(description="Segments that are to be archived")


class Archiving(Protocol):
    """One live cluster's WAL, as it goes into the archive."""

    @property
    def endpoint(self) -> str:
        """Where the cluster is."""

    def mark(self) -> Mark:
        """Commit a transaction that changes nothing, and end the WAL segment after it: it can be archived now."""

    def archiver(self) -> Archiver:
        """Return how archiving stands."""

    def committed_at(self, transaction: int) -> datetime | None:
        """Return when a transaction of this cluster committed; None for one that it does not know."""

    def version(self) -> str:
        """Return the server's version, such as `15.8`."""

    def name_point(self, name: str) -> str:
        """Write a restore point of that name into the WAL, and return its position."""


class Ledgers(Protocol):
    """One live cluster's ledgers."""

    @property
    def endpoint(self) -> str:
        """Where the cluster is."""

    def take(self, region: str, name: str) -> Ledger:
        """Write the restore point *name* into the WAL, and return what every table held at exactly that position.

        Writers are kept waiting for a moment, which the ledger tells. `Unavailable` where they can not be.
        """


class Room(Frozen):
    """The disk on which a scratch cluster would be."""

    free_bytes: int
    version: str = Field(description="PostgreSQL's, as its binaries there say")


class Replayed(Frozen):
    """How far a scratch cluster has replayed."""

    ended: bool = Field(description="It stands at its target, or was promoted there")
    promoted: bool
    lsn: str | None
    last_commit_at: AwareDatetime | None = Field(description="When the newest replayed commit was made")
    segment: str | None = Field(
        default=None, description="The WAL segment of that position, once it is promoted"
    )


class Scratch(Protocol):
    """One restored cluster, in a folder of one operation's own, on its own port.

    It archives nowhere, starts no replication, and only its operation may remove it.
    """

    @property
    def endpoint(self) -> str:
        """Where it is, as `scratch host:port`."""

    @property
    def folder(self) -> str:
        """The folder, on its host."""

    def room(self) -> Room:
        """Return how much room there is, and of which version its servers would be."""

    def fetch(self, backup: Backup, target: Target) -> None:
        """Bring *backup*'s files here, to be replayed up to *target*.

        Safe to repeat: files that are here already and equal stay. Refuses a folder that another one made.
        """

    def replay(self, target: Target, *, to_serve: bool = False) -> None:
        """Have it replay up to *target*, from where it stands; returns once it answers questions. Safe to repeat.

        *target* must not lie before what it has replayed. One that is *to_serve* keeps all WAL that it writes from its
        promotion on: whoever puts it in the live one's place has it archived there.
        """

    def look(self) -> Replayed:
        """Return how far it is. `Refused` with its own words where it has ended by itself."""

    def promote(self) -> None:
        """Have it stop replaying, and take writes. Safe to repeat."""

    def bad_pages(self) -> list[str]:
        """Verify every page's checksum, with the cluster stopped meanwhile; return what is wrong."""

    def bad_structures(self) -> list[str]:
        """Verify heaps and B-trees of all databases of a promoted cluster; return what is wrong."""

    def remove(self, *, replaced: bool = False) -> None:
        """Stop it, and remove its folder. Safe to repeat; refuses a folder that another one made.

        Refuses one that holds what was *replaced* too, unless told so: that is the only copy.
        """


class Swap(Frozen):
    """What has to be so, for a scratch cluster to be put in the live one's place by renaming folders."""

    same_disk: bool = Field(
        description="The folders that are exchanged, and those above them, are on one file system"
    )
    tablespaces: int = Field(description="Folders outside of the cluster's own that hold data of it")
    may_rename: bool = Field(description="The account may rename the live cluster's folder")
    can_start: bool = Field(description="It is known how the live cluster is started and stopped")
    occupied: bool = Field(default=True, description="A cluster is in the place")


class Replacement(Protocol):
    """The live cluster's place on its host, into which one operation puts its scratch cluster.

    Whatever was there is kept in the operation's folder, whole, until that is removed. Nothing is copied.
    """

    @property
    def endpoint(self) -> str:
        """Where the place is, as `data host:folder`."""

    def look(self) -> Swap:
        """Return whether folders can be exchanged. Changes nothing."""

    def detach(self) -> None:
        """Have the promoted scratch cluster let no application in once it serves, and subscribe to nothing.

        Subscriptions that are enabled there get new slots and origins, and nothing of what was written before. Safe to
        repeat, also when it has been put in.
        """

    def archive(self) -> None:
        """Have the cluster that was put in, and was to be quiet, archive as it is configured. Safe to repeat."""

    def put_in(self, prove: Callable[[], None], *, quiet: bool = False) -> None:
        """Stop both clusters, put the scratch one in the place, and start it there. Safe to repeat.

        It gets the configuration files of the one that was there, and what it holds is on disk before. Killed at any
        instant, nothing runs in the place, or one of the two as it was whole. `Refused` for one that was not detached,
        or not shut down as it should be. One that is *quiet* archives nothing before `archive`, and keeps its WAL.

        *prove* is asked right before whatever stops, moves or starts a cluster, and raises where another process does
        that now: this one then leaves it where it is.
        """

    def put_back(self, prove: Callable[[], None]) -> None:
        """Have the one that was there run there again. Safe to repeat, also where nothing was ever put in.

        *prove* is asked as by `put_in`.
        """
