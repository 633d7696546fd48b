"""Rows that have drifted, as they are told: all their keys in a file, and as many as may be repaired in memory."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import IO

from recovery.reconcile.drift import Drift

DRIFT = "drift.jsonl"


class Drifting:
    """Where rows are kept; several threads may keep some at once. It is no collection: Prefect takes it as it is."""

    def __init__(self, file: IO[str], *, most: int) -> None:
        """Keep keys in *file*, and *most* rows in memory."""
        self._file, self.most = file, most
        self.rows: list[Drift] = []
        """As many as a plan may have, with both versions."""
        self.count = 0
        self._one_at_a_time = Lock()

    def keep(self, row: Drift) -> None:
        """Keep a row's key, and if there is room, the row."""
        line = json.dumps({"table": row.table.path, "key": row.key, "kind": row.kind})
        with self._one_at_a_time:
            self._file.write(f"{line}\n")
            self.count += 1
            if self.count <= self.most:
                self.rows.append(row)


@contextmanager
def kept_in(folder: Path, *, most: int) -> Iterator[Drifting]:
    """Keep rows in a file of the folder, and *most* of them in memory. Without a row there is no file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / DRIFT
    with path.open("w", encoding="utf-8") as file:
        yield Drifting(file, most=most)
    if not path.stat().st_size:
        path.unlink()
