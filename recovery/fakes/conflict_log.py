"""A region's conflicts in memory: a server's log of files, and what was kept of it."""

from dataclasses import replace
from datetime import datetime

from recovery.fakes.citizen import Citizen
from recovery.fakes.world import Place, World
from recovery.reconcile.conflicts import Conflict, LogPlace, Unread


class FakeConflictLog(Citizen):
    """A `ConflictLog`. Its server logs what `logs` is told, and may rotate its log or lose a file of it."""

    def __init__(self, world: World, place: Place) -> None:
        """Have a log of one file, with nothing in it."""
        super().__init__(world, f"postgres {place.name}:5432", place)
        self.files: dict[str, list[Conflict]] = {"log-1": []}
        """The server's log, the current file last."""
        self.kept: dict[LogPlace, Conflict] = {}
        self._read: dict[str, int] = {}
        """How many records of each file were read."""
        self._closed: set[str] = set()
        """Files that were read to their end after they were closed."""
        self._unread: list[Unread] = []
        self._begun = 1

    def collect(self) -> int:
        """Keep what is behind the last record that was read."""
        self._called("collect")
        kept, current = 0, list(self.files)[-1:]
        for name, conflicts in self.files.items():
            for conflict in conflicts[self._read.get(name, 0) :]:
                kept += conflict.place not in self.kept
                self.kept[conflict.place] = conflict
            self._read[name] = len(conflicts)
            if name not in current:
                self._closed.add(name)
        for name in [name for name in self._read if name not in self.files]:
            read_to = self._read.pop(name)
            if name not in self._closed:
                self._unread.append(Unread(name, read_to, self._world.clock()))
        return kept

    def recent(self, since: datetime) -> list[Conflict]:
        """Return what was kept, the newest last."""
        self._called("recent")
        found = [conflict for conflict in self.kept.values() if conflict.logged_at >= since]
        return sorted(found, key=lambda conflict: (conflict.logged_at, conflict.place))

    def unread(self, since: datetime) -> list[Unread]:
        """Return the files that were missed."""
        self._called("unread")
        return [missed for missed in self._unread if missed.gone_at >= since]

    def logs(self, conflict: Conflict) -> None:
        """Have the server log a conflict, at the end of its log: not a verb of the port."""
        name, conflicts = list(self.files.items())[-1]
        conflicts.append(replace(conflict, place=LogPlace(name, len(conflicts))))

    def rotates(self) -> None:
        """Have the server begin another file: not a verb of the port."""
        self._begun += 1
        self.files[f"log-{self._begun}"] = []

    def removes(self, name: str) -> None:
        """Have somebody remove a file of the log: not a verb of the port."""
        del self.files[name]

    def forgets(self) -> None:
        """Have it not know how far it had read: not a verb of the port."""
        self._read.clear()
