"""What is kept of one cluster: backups, archived WAL, and the moments that a restore can reach."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, Field

from recovery.measurement import Frozen
from recovery.restore_point import Target, TargetKind
from recovery.wal_segments import lsn_of


class BackupKind(StrEnum):
    """How much of the cluster a backup holds."""

    FULL = "full"
    DIFFERENTIAL = "diff"
    """What changed since the last full one."""
    INCREMENTAL = "incr"
    """What changed since the last one of any kind."""


class Backup(Frozen):
    """One backup in one repository."""

    label: str
    kind: BackupKind
    repository: int = Field(description="The repository's number; 1 is in the cluster's own region")
    started_at: AwareDatetime
    stopped_at: AwareDatetime = Field(description="The first moment that it can be restored to")
    stop_lsn: str
    wal_stop: str = Field(description="The WAL segment in which it ended")
    cluster_bytes: int = Field(description="Size of the cluster, restored")
    stored_bytes: int = Field(description="Size in the repository, with the backups that it needs")
    damaged: bool = Field(default=False, description="pgBackRest found pages whose checksum was wrong")


class Repository(Frozen):
    """One repository, and what it says of itself."""

    number: int
    place: str = Field(description="The region it is in")
    fault: str | None = Field(default=None, description="Why it can not be used; None where it can")
    wal_first: str | None = Field(default=None, description="The oldest archived WAL segment")
    wal_last: str | None = Field(default=None, description="The newest one")
    version: str | None = Field(
        default=None, description="PostgreSQL's major version, of the cluster that it keeps"
    )


class Kept(Frozen):
    """Everything that is kept of one cluster."""

    stanza: str
    repositories: tuple[Repository, ...]
    backups: tuple[Backup, ...]

    def usable(self, repository: int) -> tuple[Backup, ...]:
        """Return the sound backups of one repository, oldest first; none where it is at fault."""
        faulty = {one.number for one in self.repositories if one.fault}
        found = [b for b in self.backups if b.repository == repository and not b.damaged]
        return () if repository in faulty else tuple(sorted(found, key=lambda backup: backup.stopped_at))

    def place_of(self, repository: int) -> str:
        """Return the region of a repository."""
        return next(one.place for one in self.repositories if one.number == repository)


class Reachable(Frozen):
    """The moments that can be restored to from one repository; both ends are in it."""

    first: AwareDatetime = Field(description="When the oldest sound backup stopped")
    last: AwareDatetime = Field(description="The newest commit that is known to be archived")

    def __contains__(self, moment: datetime) -> bool:
        """Whether *moment* can be restored to."""
        return self.first <= moment <= self.last

    def __str__(self) -> str:
        """The interval, as people write it into the form."""
        return f"{self.first.isoformat()} to {self.last.isoformat()}"


def reachable(kept: Kept, repository: int, *, archived_until: datetime) -> Reachable | None:
    """Return what can be reached from a repository; None where it has no sound backup that is old enough."""
    sound = kept.usable(repository)
    if not sound or sound[0].stopped_at > archived_until:
        return None
    return Reachable(first=sound[0].stopped_at, last=archived_until)


def newest_before(backups: Sequence[Backup], moment: datetime) -> Backup | None:
    """Return the newest backup that stopped by *moment*: the least WAL is to be replayed from it."""
    return max((b for b in backups if b.stopped_at <= moment), key=lambda b: b.stopped_at, default=None)


def newest_of(backups: Sequence[Backup], target: Target | None, moment: datetime | None) -> Backup | None:
    """Return the newest backup from which *target* can be reached: the oldest where nothing tells which that is.

    *moment* is the target as a time, where it is known. *backups* are sorted, oldest first.
    """
    if moment:
        return newest_before(backups, moment)
    if target and target.kind is TargetKind.LATEST:
        return backups[-1] if backups else None
    if target and target.kind is TargetKind.LSN:
        before = [b for b in backups if lsn_of(b.stop_lsn or "0/0") <= lsn_of(target.value)]
        return before[-1] if before else None
    return backups[0] if backups else None


class Rates(Frozen):
    """How fast this estate has restored before, by its own reports."""

    fetch_bytes_s: float = Field(gt=0, description="Restored bytes of cluster a second")
    replay_s_s: float = Field(gt=0, description="Seconds of commits replayed in a second")
    overhead_s: float = Field(ge=0, description="Everything else, as the longest that was seen")


def predicted(backup: Backup, moment: datetime, rates: Rates) -> timedelta:
    """Return how long a restore of *backup* up to *moment* would take: bytes and commits over measured rates."""
    replayed_s = (moment - backup.stopped_at).total_seconds()
    took_s = backup.cluster_bytes / rates.fetch_bytes_s + max(0.0, replayed_s) / rates.replay_s_s
    return timedelta(seconds=took_s + rates.overhead_s)
