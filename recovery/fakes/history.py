"""One cluster's history in memory: commits in order, their archive, and backups of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from recovery.backups import Backup, BackupKind, Kept, Repository
from recovery.errors import Refused, Unavailable
from recovery.fakes.citizen import Citizen
from recovery.fakes.tables import FakeTables, Rows
from recovery.fakes.world import World
from recovery.fingerprints import Ledger, entry
from recovery.reconcile.shapes import Key, TableName
from recovery.restore_point import Target, TargetKind
from recovery.restore_ports import Archiver, Mark

BYTES = 1_000_000
VERSION = "15.8"


@dataclass(frozen=True)
class Commit:
    """One transaction: the images that its rows have after it, None where it deleted one."""

    transaction: int
    at: datetime
    rows: Mapping[tuple[TableName, Key], str | None]
    name: str | None = None
    """The restore point that stands just after it."""


@dataclass
class History:
    """What one live cluster committed; its tables have all of it."""

    world: World
    live: FakeTables
    commits: list[Commit] = field(default_factory=list)
    archived: int = 0
    """How many commits are in the archive."""

    def commit(self, rows: Mapping[tuple[TableName, Key], str | None], *, name: str | None = None) -> Commit:
        """Commit *rows* in the live cluster."""
        last = self.commits[-1].at + timedelta(microseconds=1) if self.commits else self.world.clock()
        made = Commit(len(self.commits) + 3, max(self.world.clock(), last), rows, name)
        self.commits.append(made)
        applied(made, self.live.rows)
        return made

    def upto(self, target: Target) -> int:
        """Return how many commits stand before *target*; `Refused` in PostgreSQL's words where it is never reached."""
        if target.kind is TargetKind.LATEST:
            return self.archived
        for number, commit in enumerate(self.commits[: self.archived]):
            if _stops_before(target, commit):
                return number
            if _stops_after(target, commit):
                return number + 1
        raise Refused("recovery ended before configured recovery target was reached")


def applied(commit: Commit, tables: dict[TableName, Rows]) -> None:
    """Write a commit's rows into *tables*."""
    for (table, key), image in commit.rows.items():
        if image is None:
            tables[table].pop(key, None)
        else:
            tables[table][key] = image


def _stops_before(target: Target, commit: Commit) -> bool:
    match target.kind:
        case TargetKind.TIME:
            return target.moment is not None and commit.at > target.moment
        case TargetKind.BEFORE_TRANSACTION:
            return str(commit.transaction) == target.value
        case _:
            return False


def _stops_after(target: Target, commit: Commit) -> bool:
    match target.kind:
        case TargetKind.AFTER_TRANSACTION:
            return str(commit.transaction) == target.value
        case TargetKind.NAME:
            return commit.name == target.value
        case TargetKind.LSN:
            return f"0/{commit.transaction:X}" == target.value
        case _:
            return False


class FakeBackups:
    """A `Backups` of one history, in two repositories."""

    def __init__(self, history: History, places: tuple[str, str]) -> None:
        """Hold no backup yet."""
        self._history, self._places = history, places
        self.backups: list[Backup] = []
        self.faults: dict[int, str] = {}
        self.wal_last: dict[int, str] = {}
        """The newest segment of a repository that does not have all."""
        self.damage: list[str] = []
        """What `verify` finds."""
        self.missing: list[str] = []
        """The segments that are gone."""

    @property
    def endpoint(self) -> str:
        """Where they are."""
        return f"backups {self._places[0]}"

    def kept(self, *, patient: bool = False) -> Kept:  # noqa: ARG002 - it is never late
        """Return what is there."""
        self._history.world.called(f"{self.endpoint}: kept")
        return Kept(
            stanza="tested",
            repositories=tuple(
                Repository(
                    number=number,
                    place=place,
                    fault=self.faults.get(number),
                    wal_first="000000",
                    wal_last=self.wal_last.get(number, f"{self._history.archived:06d}"),
                )
                for number, place in enumerate(self._places, start=1)
            ),
            backups=tuple(self.backups),
        )

    def back_up(self, kind: BackupKind, *, repository: int) -> None:
        """Take one of all that is committed."""
        if fault := self.faults.get(repository):
            raise Unavailable(fault)
        at = self._history.world.clock()
        self.backups.append(
            Backup(
                label=f"{at:%Y%m%d-%H%M%S}{kind[0].upper()}{len(self.backups)}",
                kind=kind,
                repository=repository,
                started_at=at - timedelta(milliseconds=1),
                stopped_at=at,
                stop_lsn=f"0/{len(self._history.commits) + 3:X}",
                wal_stop=f"{len(self._history.commits):06d}",
                cluster_bytes=BYTES,
                stored_bytes=BYTES // 5,
            )
        )

    def holes(self, *, repository: int) -> list[str]:  # noqa: ARG002 - both have the same
        """Return what is gone."""
        return list(self.missing)

    def verify(self, *, repository: int) -> list[str]:
        """Return the damage."""
        self._history.world.called(f"{self.endpoint}: verify {repository}")
        return list(self.damage)


class FakeArchiving(Citizen):
    """An `Archiving` of one history."""

    def __init__(self, history: History) -> None:
        """Archive all that a mark is made after."""
        super().__init__(history.world, history.live.endpoint)
        self._history = history

    def mark(self) -> Mark:
        """Commit nothing, and archive everything."""
        history = self._history
        self._called("mark")
        made = history.commit({})
        history.archived = len(history.commits)
        return Mark(at=made.at - timedelta(microseconds=1), segment=f"{history.archived:06d}")

    def archiver(self) -> Archiver:
        """Return that all that a mark was made after is archived."""
        self._called("archiver")
        history = self._history
        return Archiver(
            last=f"{history.archived:06d}",
            at=history.world.clock(),
            failed=None,
            waiting=len(history.commits) - history.archived,
        )

    def committed_at(self, transaction: int) -> datetime | None:
        """Return when it committed."""
        self._called("committed_at")
        return next((c.at for c in self._history.commits if c.transaction == transaction), None)

    def version(self) -> str:
        """Return the version of all fakes."""
        self._called("version")
        return VERSION

    def name_point(self, name: str) -> str:
        """Name the end of what is committed."""
        return f"0/{self._history.commit({}, name=name).transaction:X}"


class FakeLedgers:
    """A `Ledgers` of one history."""

    def __init__(self, history: History) -> None:
        """Have taken none."""
        self._history = history

    @property
    def endpoint(self) -> str:
        """Where the cluster is."""
        return self._history.live.endpoint

    def take(self, region: str, name: str) -> Ledger:
        """Name the end of what is committed, and return it."""
        live, commit = self._history.live, self._history.commit({}, name=name)
        return Ledger(
            region=region,
            name=name,
            lsn=f"0/{commit.transaction:X}",
            taken_at=commit.at,
            version=VERSION,
            held_s=0.0,
            tables={str(table): entry(live.fingerprint(table)) for table in live.tables()},
        )
