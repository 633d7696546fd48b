"""One SQLite file with one writer: what many ask for at once is committed together, once, to the disk.

A disk takes some hundred commits a second, and a storm brings more deliveries than that. Those that arrive
while a commit is under way share the next one; each is answered only after the commit it was in.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Thread
from typing import Any, TypeVar

from recovery.errors import BadInput, Unavailable

T = TypeVar("T")

LOCK_WAIT_S = 1.0
"""How long a commit waits for somebody else's lock; nobody else should have one."""
MOST_WAITING = 4096
MOST_IN_A_COMMIT = 256
_PRAGMAS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Job:
    work: Callable[[sqlite3.Connection], Any]
    answer: Future[Any] = field(default_factory=Future)


class GroupCommit:
    """The file at *path*, made where there is none, readable by this account only."""

    def __init__(self, path: Path, schema: str) -> None:
        self._path = path
        self._jobs: Queue[_Job | None] = Queue(MOST_WAITING)
        self.fault: str | None = None
        """Why the last commit failed, None where it did not."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._file = sqlite3.connect(
                path, timeout=LOCK_WAIT_S, isolation_level=None, check_same_thread=False
            )
            self._file.executescript(_PRAGMAS + schema)
        except (OSError, sqlite3.Error) as error:
            raise BadInput(
                f"spool: {path} can not be opened ({error}); give a path this user can write."
            ) from error
        self._writer = Thread(target=self._write, name="intake-spool", daemon=True)
        self._writer.start()

    def submit(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Have *work* done in a transaction; the future has its result once that is on the disk.

        Otherwise it has `Unavailable`, and nothing of the work is in the file.
        """
        job = _Job(work)
        try:
            if not self._writer.is_alive():
                raise Unavailable(f"The spool {self._path} is closed; start the intake again.")
            self._jobs.put_nowait(job)
        except Full as error:
            raise Unavailable(
                f"{MOST_WAITING} deliveries wait for the spool {self._path}; see to its disk."
            ) from error
        return job.answer

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that only reads, and sees what is committed; `Unavailable` where it can not."""
        try:
            with closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)) as file:
                yield file
        except sqlite3.Error as error:
            raise Unavailable(
                f"The spool {self._path} can not be read ({error}); see to its disk."
            ) from error

    def close(self) -> None:
        """Commit what was submitted, and give the file back."""
        if self._writer.is_alive():
            self._jobs.put(None)
            self._writer.join()
        self._file.close()

    def _write(self) -> None:
        while (first := self._jobs.get()) is not None:
            batch, last = [first], False
            with suppress(Empty):
                while len(batch) < MOST_IN_A_COMMIT and not last:
                    job = self._jobs.get_nowait()
                    last = job is None
                    batch += [job] if job else []
            self._commit([job for job in batch if job.answer.set_running_or_notify_cancel()])
            if last:
                return

    def _commit(self, batch: Sequence[_Job]) -> None:
        try:
            self._file.execute("BEGIN IMMEDIATE")
            results = [job.work(self._file) for job in batch]
            self._file.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 (whoever waits is told, and the writer must go on)
            self._give_up(batch, error)
            return
        self.fault = None
        for job, result in zip(batch, results, strict=True):
            job.answer.set_result(result)

    def _give_up(self, batch: Sequence[_Job], error: Exception) -> None:
        with suppress(sqlite3.Error):  # SQLite has often rolled back by itself
            self._file.execute("ROLLBACK")
        self.fault = f"The spool {self._path} takes nothing ({error}); see to its disk."
        _log.error("%s", self.fault, extra={"action": "store", "deliveries": len(batch)})
        for job in batch:
            told = Unavailable(self.fault)
            told.__cause__ = error
            job.answer.set_exception(told)
