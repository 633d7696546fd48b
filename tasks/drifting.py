"""Rows of one table that have drifted, as they are told: all their keys in a file, and as long as a plan may, they."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from recovery.reconcile.drift import Drift
from recovery.reconcile.shapes import Key

DRIFT = "drift.jsonl"


class Drifting:
    """Where rows are kept."""

    def __init__(self, file: IO[str], *, most: int) -> None:
        """Keep keys in *file*, and rows in memory, unless they are more than *most*."""
        self._file, self._most, self._told = file, most, 0
        self.rows: list[Drift] = []
        """With both versions; none where they are more than a plan may have."""

    def keep(self, row: Drift, shown: Key) -> None:
        """Keep a row's key as it is *shown*, and the row, as long as a plan may have all of them."""
        self._file.write(f"{json.dumps({'table': row.table.path, 'key': shown, 'kind': row.kind})}\n")
        self._told += 1
        if self._told <= self._most:
            self.rows.append(row)
        else:
            self.rows = []


@contextmanager
def kept_in(path: Path, *, most: int) -> Iterator[Drifting]:
    """Keep keys in a file of that path, and *most* rows in memory, or none. Without a row there is no file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        yield Drifting(file, most=most)
    if not path.stat().st_size:
        path.unlink()


def merge(folder: Path) -> None:
    """Put the files of single tables together in one, in their order; those of other machines are left there."""
    parts = sorted(folder.glob("drift-*.jsonl"))
    if not parts:
        return
    with (folder / DRIFT).open("wb") as whole:
        for part in parts:
            with part.open("rb") as file:
                shutil.copyfileobj(file, whole)
            part.unlink()
