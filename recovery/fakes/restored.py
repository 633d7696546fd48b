"""A restored cluster in memory: it replays one history into tables of its own, and may take the live one's place."""

from collections.abc import Callable, Mapping

from recovery.backups import Backup
from recovery.errors import Refused
from recovery.fakes.citizen import Citizen
from recovery.fakes.history import BYTES, VERSION, History, applied
from recovery.fakes.tables import FakeTables, Rows
from recovery.reconcile.shapes import TableName
from recovery.restore_point import Target, TargetKind
from recovery.restore_ports import Replayed, Room, Swap


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
            applied(commit, self._beside.rows)
        self.promoted = target.kind is TargetKind.LATEST
        self._beside.standby = not self.promoted

    def look(self) -> Replayed:
        """Return where it stands."""
        last = self._history.commits[self._replayed - 1] if self._replayed else None
        return Replayed(
            ended=True,
            promoted=self.promoted,
            lsn=f"0/{last.transaction:X}" if last else "0/0",
            last_commit_at=last.at if last else None,
            segment=f"{self._replayed:06d}" if self.promoted else None,
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
        self.detached, self.quiet = False, False
        self.runs: Callable[..., None] | None = None
        """Told whether a cluster runs in the place: a stand-in's serves nobody without one."""

    def look(self) -> Swap:
        """Return what the test says."""
        return self.swap

    def detach(self) -> None:
        """Be detached."""
        self._called("detach")
        self.detached = True

    def archive(self) -> None:
        """Be quiet no more."""
        self._called("archive")
        self.quiet = False

    def put_in(self, prove: Callable[[], None], *, quiet: bool = False) -> None:
        """Have the scratch cluster's rows live, and keep those that were."""
        self._called("put_in")
        prove()
        if not self.detached:
            raise Refused("The scratch cluster was not detached; it is put nowhere.")
        if self._scratch.before is None:
            self._scratch.before = self._exchanged(self._beside.rows)
            self._scratch.running, self.quiet = False, quiet
        self._is_in(there=True)

    def put_back(self, prove: Callable[[], None]) -> None:
        """Have those live again that were."""
        self._called("put_back")
        prove()
        if self._scratch.before is not None:
            self._exchanged(self._scratch.before)
            self._scratch.before = None
            self._is_in(there=False)

    def _is_in(self, *, there: bool) -> None:
        if self.runs:
            self.runs(there=there)

    def _exchanged(self, rows: Mapping[TableName, Rows]) -> dict[TableName, Rows]:
        live = self._history.live.rows
        before = {table: dict(kept) for table, kept in live.items()}
        for table in live:
            live[table] = dict(rows[table])
        return before
