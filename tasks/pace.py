"""How far a comparison has come, how fast it goes, and how long it will take: shown beside the run, while it runs."""

from collections.abc import Mapping
from contextvars import copy_context
from threading import Event, Thread
from time import monotonic
from typing import Self
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.logging import get_run_logger

from recovery.reconcile.progress import Progress
from recovery.reconcile.shapes import TableName
from tasks.beside import best_effort

SHOWN_EVERY_S = 5.0
"""A table of an hour is one scan: whoever looks is to see that it goes on."""


class Pace:
    """Shows the progress of tables, also while one is read. It is no collection: Prefect takes it as it is."""

    def __init__(self, rows: Mapping[TableName, int]) -> None:
        """Take how many rows each table has, about, and show that none is done."""
        self._progress = Progress(rows, monotonic())
        self._shown: UUID | None = None
        self._ended = Event()
        best_effort(self._show)

    def __enter__(self) -> Self:
        """Show it again and again, by a thread of its own."""
        # It begins without the context that tells Prefect which run this is.
        Thread(target=copy_context().run, args=(self._go_on,), daemon=True, name="pace").start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Show it no more."""
        self._ended.set()

    def began(self, table: TableName) -> None:
        """Count a table as under way."""
        self._progress.began(table, monotonic())

    def passed(self, table: TableName) -> None:
        """Count a table as done, and show it."""
        self._progress.passed(table)
        get_run_logger().info("%s", self._progress.told(monotonic()), extra={"action": "compare"})
        best_effort(self._show)

    def _go_on(self) -> None:
        while not self._ended.wait(SHOWN_EVERY_S):
            best_effort(self._show)

    def _show(self) -> None:
        now_s = monotonic()
        percent, told = 100 * self._progress.share(now_s), self._progress.told(now_s)
        if self._shown is None:
            self._shown = _id_of(create_progress_artifact(percent, key="comparison", description=told))
        else:
            update_progress_artifact(self._shown, percent, description=told)


def _id_of(made: object) -> UUID | None:
    """Prefect's function is one of two kinds by where it is called: here it has answered."""
    return made if isinstance(made, UUID) else None
