"""One cluster's history in memory: commits in order, backups of it, and scratch clusters that replay it."""

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
from recovery.restore_ports import Archiver, Mark, Replayed, Room, Swap

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
        _apply(made, self.live.rows)
        return made

    def upto(self, target: Target) -> int:
        """Return how many commits stand before *target*; `Refused` in PostgreSQL's words where it is never reached."""
        for number, commit in enumerate(self.commits[: self.archived]):
            if _stops_before(target, commit):
                return number
            if _stops_after(target, commit):
                return number + 1
        raise Refused("recovery ended before configured recovery target was reached")


def _apply(commit: Commit, tables: dict[TableName, Rows]) -> None:
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
        self.damage: list[str] = []
        """What `verify` finds."""
        self.missing: list[str] = []
        """The segments that are gone."""

    @property
    def endpoint(self) -> str:
        """Where they are."""
        return f"backups {self._places[0]}"

    def kept(self) -> Kept:
        """Return what is there."""
        self._history.world.log.append(f"{self.endpoint}: kept")
        return Kept(
            stanza="tested",
            repositories=tuple(
                Repository(
                    number=number,
                    place=place,
                    fault=self.faults.get(number),
                    wal_first="000000",
                    wal_last=f"{self._history.archived:06d}",
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
        self._history.world.log.append(f"{self.endpoint}: verify {repository}")
        return list(self.damage)


class FakeArchiving:
    """An `Archiving` of one history."""

    def __init__(self, history: History) -> None:
        """Archive all that a mark is made after."""
        self._history = history

    @property
    def endpoint(self) -> str:
        """Where the cluster is."""
        return self._history.live.endpoint

    def mark(self) -> Mark:
        """Commit nothing, and archive everything."""
        history = self._history
        made = history.commit({})
        history.archived = len(history.commits)
        return Mark(at=made.at - timedelta(microseconds=1), segment=f"{history.archived:06d}")

    def archiver(self) -> Archiver:
        """Return that all that a mark was made after is archived."""
        history = self._history
        return Archiver(
            last=f"{history.archived:06d}",
            at=history.world.clock(),
            failed=None,
            waiting=len(history.commits) - history.archived,
        )

    def committed_at(self, transaction: int) -> datetime | None:
        """Return when it committed."""
        return next((c.at for c in self._history.commits if c.transaction == transaction), None)

    def version(self) -> str:
        """Return the version of all fakes."""
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


class FakeScratch(Citizen):
    """A `Scratch` that replays one history into tables of its own."""

    def __init__(self, history: History, beside: FakeTables) -> None:
        """Stand on an empty disk."""
        super().__init__(history.world, f"scratch {beside.endpoint.removeprefix('postgres ')}")
        self._history, self._beside = history, beside
        self._replayed = 0
        self.promoted, self.exists, self.running = False, False, False
        self.free_bytes = 100 * BYTES
        self.bad: list[str] = []
        """What the structures' check finds."""
        self.before: dict[TableName, Rows] | None = None
        """What was replaced by it, as long as that is kept."""

    @property
    def folder(self) -> str:
        """A name for it."""
        return "/scratch"

    def room(self) -> Room:
        """Return what is free."""
        return Room(free_bytes=self.free_bytes, version=VERSION)

    def fetch(self, backup: Backup, target: Target) -> None:  # noqa: ARG002 - it has one history, and replays any target
        """Be there; nothing runs yet."""
        self._called("fetch")
        self.exists, self.promoted, self._replayed = True, False, 0

    def replay(self, target: Target, *, to_serve: bool = False) -> None:  # noqa: ARG002 - it has no WAL
        """Replay up to *target*, at once."""
        self._called("replay")
        upto = self._history.upto(target)
        if upto < self._replayed:
            raise Refused("requested recovery stop point is before consistent recovery point")
        self._replayed, self.running = upto, True
        for rows in self._beside.rows.values():
            rows.clear()
        for commit in self._history.commits[:upto]:
            _apply(commit, self._beside.rows)
        self._beside.standby = True

    def look(self) -> Replayed:
        """Return where it stands."""
        last = self._history.commits[self._replayed - 1] if self._replayed else None
        return Replayed(
            ended=True,
            promoted=self.promoted,
            lsn=f"0/{last.transaction:X}" if last else "0/0",
            last_commit_at=last.at if last else None,
        )

    def promote(self) -> None:
        """Take writes."""
        self._called("promote")
        self.promoted, self._beside.standby = True, False

    def bad_pages(self) -> list[str]:
        """Find nothing."""
        return []

    def bad_structures(self) -> list[str]:
        """Return what is bad."""
        return self.bad

    def remove(self, *, replaced: bool = False) -> None:
        """Be gone."""
        self._called("remove")
        if self.before is not None and not replaced:
            raise Refused(f"{self.folder} holds the cluster that was replaced; it stays.")
        self.exists, self.running, self.before = False, False, None


class FakeReplacement(Citizen):
    """A `Replacement` that exchanges one history's rows for the scratch cluster's."""

    def __init__(self, history: History, scratch: FakeScratch, beside: FakeTables) -> None:
        """Have replaced nothing."""
        super().__init__(history.world, f"data {beside.endpoint.removeprefix('postgres ')}")
        self._history, self._scratch, self._beside = history, scratch, beside
        self.swap = Swap(same_disk=True, tablespaces=0, may_rename=True, can_start=True)
        self.detached = False

    def look(self) -> Swap:
        """Return what the test says."""
        return self.swap

    def detach(self) -> None:
        """Be detached."""
        self._called("detach")
        self.detached = True

    def put_in(self) -> None:
        """Have the scratch cluster's rows live, and keep those that were."""
        self._called("put_in")
        if not self.detached:
            raise Refused("The scratch cluster was not detached; it is put nowhere.")
        if self._scratch.before is None:
            self._scratch.before = self._exchanged(self._beside.rows)
            self._scratch.running = False

    def put_back(self) -> None:
        """Have those live again that were."""
        self._called("put_back")
        if self._scratch.before is not None:
            self._exchanged(self._scratch.before)
            self._scratch.before = None

    def _exchanged(self, rows: Mapping[TableName, Rows]) -> dict[TableName, Rows]:
        live = self._history.live.rows
        before = {table: dict(kept) for table, kept in live.items()}
        for table in live:
            live[table] = dict(rows[table])
        return before
