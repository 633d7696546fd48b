"""How far a comparison has come, how fast it goes, and how long it will take: shown beside the run."""

from collections.abc import Mapping
from time import monotonic
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.logging import get_run_logger

from recovery.reconcile.shapes import TableName
from tasks.beside import best_effort


class Pace:
    """Counts tables that are done, by their rows. It is no collection: Prefect takes it as it is."""

    def __init__(self, rows: Mapping[TableName, int]) -> None:
        """Take how many rows each table has, about, and show that none is done."""
        self._rows, self._began, self._done, self._tables = dict(rows), monotonic(), 0, 0
        self._shown: UUID | None = None
        best_effort(self._show)

    def passed(self, table: TableName) -> None:
        """Count a table as done, and show it."""
        self._done += self._rows.get(table, 0)
        self._tables += 1
        get_run_logger().info("%s", self, extra={"action": "compare"})
        best_effort(self._show)

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1, by rows; by tables where they are empty."""
        whole = sum(self._rows.values())
        return min(1.0, self._done / whole) if whole else self._tables / max(1, len(self._rows))

    def __str__(self) -> str:
        """How far, how fast, how long still."""
        took_s = monotonic() - self._began
        told = f"{self._tables} of {len(self._rows)} tables, about {self._done:,} rows"
        if not self._done or not took_s:
            return told
        left_s = took_s * (1 - self.share) / self.share
        return f"{told}, {self._done / took_s:,.0f} rows/s, about {left_s:.0f} s left"

    def _show(self) -> None:
        percent, told = 100 * self.share, str(self)
        if self._shown is None:
            self._shown = _id_of(create_progress_artifact(percent, key="comparison", description=told))
        else:
            update_progress_artifact(self._shown, percent, description=told)


def _id_of(made: object) -> UUID | None:
    """Prefect's function is one of two kinds by where it is called: here it has answered."""
    return made if isinstance(made, UUID) else None
