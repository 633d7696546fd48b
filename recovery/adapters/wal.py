"""A cluster's WAL on its host, read by PostgreSQL's own pg_waldump; older segments come from pgBackRest's archive."""

import re
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from recovery.adapters.host import Host, Ran
from recovery.change_search import Run, Unreadable
from recovery.changes import MANAGERS, committed_at, parsed
from recovery.errors import BadInput, Unavailable
from recovery.wal_segments import WalLine, WalPosition, lsn_of, switches

READ_S = 3600
FETCH_S = 300.0
TOO_LATE, NOT_RUN, ABSENT = 124, {126, 127}, 1
"""What timeout(1) ends with for a command that it ended, or could not run; archive-get for a segment not kept."""
FIRST_RECORDS = 500
"""Among so many records about transactions there is a commit, as a rule: a DDL's are a few dozen."""
FILTERED = '{ "$@" 2>&1; echo "ended $?"; } | LC_ALL=C grep -E "$0"'
"""Runs a command on the host and lets pass what matters, what is wrong, and how it ended.

The printed form of a WAL is larger than the WAL, and most of it is about other tables.
"""
_ENDED = re.compile(r"ended (\d+)$")
_PLACE = re.compile(r"\b([0-9A-F]+/[0-9A-F]+)\b")
_SEGMENT = re.compile(r"\b[0-9A-F]{24}\b")


@dataclass(frozen=True)
class WalPlace:
    """Where a cluster's WAL is on its host, and by what it is read."""

    data: Path
    binaries: Path
    scratch: Path
    archive_get: tuple[str, ...] | None = None
    """The words that fetch a segment from the archive, up to its name; None where nothing is fetched."""
    processes: int = 4


class Wal:
    """The `WalFiles` port on one host."""

    def __init__(self, host: Host, place: WalPlace, position: WalPosition) -> None:
        """Run nothing yet. WAL is read up to *position*, where the cluster was when it was asked."""
        self._host, self._place, self._position = host, place, position

    @cached_property
    def line(self) -> WalLine:
        """The line of timelines, by the history file of the newest."""
        if self._position.timeline == 1:
            return WalLine(self._position)
        name = f"{self._position.timeline:08X}.history"
        return WalLine(
            self._position, switches(self._ok("reading the timelines", "cat", self._folder / name).output)
        )

    @property
    def archived(self) -> bool:
        """Whether older segments may be fetched."""
        return self._place.archive_get is not None

    def live(self) -> list[int]:
        """List pg_wal, without the segments that were recycled for later."""
        return self.line.numbers(self._ok("listing pg_wal", "ls", self._folder).output.split())

    def first_commit(self, run: Run) -> datetime | None:
        """Have pg_waldump print the first ends of transactions."""
        command = self._waldump(run, "-r", "Transaction", "-n", FIRST_RECORDS)
        records = map(parsed, self._host.run(command, deadline_s=FETCH_S).output.splitlines())
        return next((at for record in records if record and (at := committed_at(record))), None)

    def lines(self, run: Run, files: Sequence[str]) -> Generator[str, None, None]:
        """Yield what passes the filter, up to the first record of the segment after *run*."""
        managers = [word for name in MANAGERS for word in ("-r", name)]
        pattern = "^rmgr: (Transaction|Standby|Storage)|^pg_waldump|^ended|TRUNCATE"
        pattern += f"|rel ({'|'.join(files)}) " if files else ""
        command = ["sh", "-c", FILTERED, pattern, "timeout", READ_S, *self._waldump(run, *managers)]
        stop, wrong = run.numbers.stop * self._position.segment_bytes, ""
        with self._host.lines(command, deadline_s=READ_S + FETCH_S) as lines:
            for line in lines:
                if line.startswith("rmgr:"):
                    if run.ahead and (place := _PLACE.search(line)) and lsn_of(place[1]) >= stop:
                        return
                    yield line
                elif ended := _ENDED.match(line):
                    self._refuse(int(ended[1]), wrong, run)
                    return
                else:
                    wrong = wrong or line.strip()
        raise Unavailable(f"pg_waldump on {self._host.name} was not heard to its end; repeat.")

    @contextmanager
    def fetched(self, numbers: range) -> Iterator[tuple[str, list[int]]]:
        """Fetch into a folder below the scratch directory, several at once."""
        folder = self._ok(
            "making a folder", "mktemp", "-d", self._place.scratch / "find-XXXXXX"
        ).output.strip()
        try:
            with ThreadPoolExecutor(self._place.processes) as pool:
                there = list(pool.map(lambda number: self._fetch(number, folder), numbers))
            yield folder, [number for number, came in zip(numbers, there, strict=True) if came]
        finally:
            self._ok("removing what was fetched", "rm", "-rf", "--", folder)

    @property
    def _folder(self) -> Path:
        return self._place.data / "pg_wal"

    def _fetch(self, number: int, folder: str) -> bool:
        """Fetch one segment, from pg_wal where it is not archived yet; return whether it is there."""
        name = self.line.name(number)
        command = [*(self._place.archive_get or ()), name, f"{folder}/{name}"]
        ran = self._host.run(command, deadline_s=FETCH_S)
        if ran.status not in {0, ABSENT}:
            raise Unavailable(f"{name} was not fetched from the archive: {ran.why}; repeat.")
        return ran.status == 0 or self._host.run(["cp", self._folder / name, folder]).status == 0

    def _waldump(self, run: Run, *options: object) -> list[object]:
        """Return the words that print *run*; times are printed in the zone of its environment."""
        first, last = run.numbers.start, run.numbers.stop if run.ahead else run.numbers.stop - 1
        size, end = self._position.segment_bytes, self._position.end
        written = min(end, (last + 1) * size)
        return [
            "env", "TZ=UTC", "LC_ALL=C", self._place.binaries / "pg_waldump", "-p", run.folder or self._folder,
            "-e", f"{written >> 32:X}/{written & 0xFFFFFFFF:08X}", *options,
            self.line.name(first), self.line.name(last),
        ]  # fmt: skip

    def _refuse(self, status: int, wrong: str, run: Run) -> None:
        """Raise what the command's end means; the cluster's position is a record's end, so none is wrong there."""
        if status == TOO_LATE:
            raise Unavailable(
                f"pg_waldump on {self._host.name} did not end within {READ_S} s; give --since and --until "
                "that are nearer to each other."
            )
        if status in NOT_RUN:
            raise BadInput(
                f"{self._place.binaries}/pg_waldump can not be run on {self._host.name}; "
                "see `binaries` of that host in recovery.backups."
            )
        if status:
            told = wrong.removeprefix("pg_waldump: ").removeprefix("error: ") or f"status {status}"
            raise Unreadable(f"pg_waldump on {self._host.name} stopped: {told}", self._number_of(told, run))

    def _number_of(self, told: str, run: Run) -> int:
        """Return the segment that a message of pg_waldump is about; the run's last where it tells none."""
        size = self._position.segment_bytes
        named = self.line.numbers(_SEGMENT.findall(told))
        placed = [lsn_of(place) // size for place in _PLACE.findall(told)]
        return max((n for n in (*named, *placed) if n in run.numbers), default=run.numbers[-1])

    def _ok(self, what: str, *command: object) -> Ran:
        ran = self._host.run(command)
        if ran.status:
            raise Unavailable(f"{what} on {self._host.name} failed: {ran.why}")
        return ran
