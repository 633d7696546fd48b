"""Going through a cluster's WAL for what changed one table: from where, past which holes, up to where."""

from bisect import bisect_right
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from recovery.changes import AROUND, Changes, TableFiles, Transaction
from recovery.errors import Unavailable
from recovery.wal_segments import WalLine

CHUNK = 16
"""How many segments are fetched at once, and are on the host's disk until they are read."""
_NEVER = datetime.max.replace(tzinfo=UTC)


class Unreadable(Unavailable):
    """A segment can not be read, or not to its end; `number` is that segment's."""

    def __init__(self, message: str, number: int) -> None:
        """Say why, and where."""
        super().__init__(message)
        self.number = number


@dataclass(frozen=True)
class Run:
    """Segments that follow each other in one folder; None is the cluster's own."""

    numbers: range
    folder: str | None = None
    ahead: bool = False
    """The folder has the segment after them too, in which their last record may end."""


class WalFiles(Protocol):
    """The WAL of one cluster: what lies beside it, and what is in its archive."""

    @property
    def line(self) -> WalLine:
        """How far it goes, and through which timelines."""

    @property
    def archived(self) -> bool:
        """Whether older segments may be fetched."""

    def live(self) -> list[int]:
        """Return the numbers of the segments that lie beside the cluster now, in order."""

    def first_commit(self, run: Run) -> datetime | None:
        """Return the time of the first commit in *run*; None where there is none."""

    def lines(self, run: Run, files: Sequence[str]) -> Generator[str, None, None]:
        """Yield the records that begin in *run* and tell of *files*, or of transactions.

        Raises `Unreadable` where it can not go on.
        """

    def fetched(self, numbers: range) -> AbstractContextManager[tuple[str, list[int]]]:
        """Fetch segments: yields the folder, and those that are there; both are gone after the block."""


@dataclass
class Search:
    """One search; it changes nothing but its own folder on the host."""

    wal: WalFiles
    table: TableFiles
    since: datetime | None = None
    until: datetime | None = None
    notes: list[str] = field(default_factory=list)
    """What could not be seen, a sentence each."""

    def __post_init__(self) -> None:
        """Begin with nothing read."""
        self.changes = Changes(self.table, self.until)
        self._missing: list[range] = []

    @property
    def missing(self) -> list[str]:
        """The segments that are neither beside the cluster nor in what may be fetched, by name."""
        name = self.wal.line.name
        return [
            f"{name(hole[0])} to {name(hole[-1])}" if len(hole) > 1 else name(hole[0])
            for hole in self._missing
        ]

    def transactions(self) -> Iterator[Transaction]:
        """Yield the transactions that were committed from *since* to *until*, in the order of the WAL."""
        number = self._start()
        while number <= self.wal.line.position.newest and not self.changes.past:
            number = yield from self._next(number)

    def _next(self, number: int) -> Generator[Transaction, None, int]:
        """Read what begins with segment *number*; return the segment to go on with."""
        live = self.wal.live()
        if number in live:
            run = next(run for run in self.wal.line.together(live) if number in run)
            return (yield from self._read(Run(range(number, run.stop))))
        upto = min((n for n in live if n > number), default=self.wal.line.position.newest + 1)
        if not self.wal.archived:
            return self._skip(range(number, upto))
        wanted = range(number, min(upto, number + CHUNK))
        newest = self.wal.line.position.newest
        with self.wal.fetched(range(number, min(wanted.stop, newest) + 1)) as (folder, there):
            run = next(self.wal.line.together([n for n in there if n in wanted]), range(0))
            if number not in run:
                return self._skip(range(number, run.start if run else wanted.stop))
            ahead = run.stop in there and self.wal.line.timeline_of(run.stop) == self.wal.line.timeline_of(
                run[-1]
            )
            return (yield from self._read(Run(run, folder, ahead)))

    def _read(self, run: Run) -> Generator[Transaction, None, int]:
        with closing(self.wal.lines(run, sorted(self.table.files))) as lines:
            try:
                for done in self.changes.read(lines):
                    if (self.since or done.committed_at) <= done.committed_at <= (self.until or _NEVER):
                        yield done
            except Unreadable as broken:
                self.changes.gap()
                self.notes.append(
                    f"{broken}; reading went on after segment {self.wal.line.name(broken.number)}."
                )
                return max(run.numbers.start, broken.number) + 1
        self._note_switch(run.numbers.stop)
        return run.numbers.stop

    def _skip(self, hole: range) -> int:
        """Go on after segments that are not there."""
        self.changes.gap()
        before = self._missing.pop() if self._missing and self._missing[-1].stop == hole.start else hole
        self._missing.append(range(before.start, hole.stop))
        return hole.stop

    def _note_switch(self, number: int) -> None:
        line = self.wal.line
        if number <= line.position.newest and line.timeline_of(number) != line.timeline_of(number - 1):
            self.notes.append(
                f"Timeline {line.timeline_of(number)} begins in segment {line.name(number)}; "
                "a record across that segment's beginning is not seen."
            )

    def _start(self) -> int:
        """Return the segment to begin with: that of a minute before *since*."""
        live = self.wal.live()
        oldest = live[0] if live else self.wal.line.position.newest + 1
        if self.since:
            begin = self.since - AROUND
            begun = bisect_right(live, begin, key=lambda number: self._first_commit(number, live) or _NEVER)
            if begun:
                return live[begun - 1]
            if self.wal.archived:
                return self._start_in_archive(oldest)
        self.notes.append(
            f"WAL from before {self.wal.line.name(oldest)} is not beside the cluster any more; "
            "--backups with --since fetches it from the archive."
        )
        return oldest

    def _first_commit(self, number: int, live: Sequence[int]) -> datetime | None:
        run = next(run for run in self.wal.line.together(live) if number in run)
        return self.wal.first_commit(Run(range(number, run.stop)))

    def _start_in_archive(self, oldest: int) -> int:
        """Return the segment of a minute before *since*, or the first one that is kept."""
        before, absent, after = self._bracket(oldest)
        if before is not None:
            return _last(before, after, lambda number: self._is_later(number) is False)
        first = 1 + _last(absent, after, lambda number: self._is_later(number) is None)
        self.notes.append(f"WAL from before {self.wal.line.name(first)} is not found in the archive.")
        return first

    def _bracket(self, oldest: int) -> tuple[int | None, int, int]:
        """Step back from *oldest*, each step twice the last, to a segment that begins early enough.

        Returns it, None without one; the newest that was absent, 0 without one; and the last one that is later.
        """
        absent, after, step = 0, oldest, 1
        while (number := max(1, oldest - step)) < after:
            match self._is_later(number):
                case None:
                    absent = max(absent, number)
                case True:
                    absent, after = 0, number
                case False:
                    return number, absent, after
            if number == 1:
                break
            step *= 2
        return None, absent, after

    def _is_later(self, number: int) -> bool | None:
        """Whether an archived segment begins too late, as far as it tells; None where it is not there."""
        with self.wal.fetched(range(number, number + 1)) as (folder, there):
            if not there:
                return None
            at = self.wal.first_commit(Run(range(number, number + 1), folder))
        return at is None or self.since is None or at > self.since - AROUND


def _last(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Return the number for which *holds* and not for the next: it does for *low*, and not for *high*."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
