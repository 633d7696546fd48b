"""Rows of which pglogical has logged a conflict: what replication itself makes differ, found at almost no cost."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from prefect.logging import get_run_logger

from recovery.errors import RecoveryError
from recovery.estate_in_hand import EstateInHand
from recovery.reconcile.conflicts import Conflict, ConflictKind
from recovery.reconcile.deciding import Deletions
from recovery.reconcile.findings import NotCompared
from recovery.reconcile.shapes import Key, TableName, TableShape
from tasks.conflicts import collect

WITHIN = timedelta(days=1)
"""Rows of conflicts so long ago are compared; each pass compares them again, until they are older."""
ON_RECORD = timedelta(days=30)
"""Deletions so long ago decide about rows that one region alone has."""
TIMES = ("timestamp", "time ", "date", "interval")
"""A key that holds one is written in the log as the server's own settings have it, and can not be asked for by that."""


@dataclass(frozen=True)
class Conflicting:
    """The rows of recent conflicts."""

    real: int
    """How many real conflicts there were, of all tables that were asked for."""
    rows: Mapping[TableName, Sequence[Key]]
    not_compared: Sequence[NotCompared]
    """Tables with conflicts of which it is not known which row they were about."""


def conflicting(estate: EstateInHand, shapes: Sequence[TableShape]) -> Conflicting:
    """Collect both regions' conflicts, and return the rows of those that are real."""
    collected = collect(estate, window=WITHIN)
    found = [conflict for one in _recent(estate, WITHIN).values() for conflict in one if conflict.is_real]
    rows, untold, real = defaultdict[TableName, set[Key]](set), Counter[TableName](), 0
    known = {shape.name: shape for shape in shapes}
    for conflict in found:
        if (shape := known.get(conflict.table)) is None:
            continue
        real += 1
        keys = [key for key in (conflict.key, conflict.local_key) if key]
        if conflict.key is None or len(conflict.key) != len(shape.key) or _has_time(shape):
            untold[shape.name] += 1
        else:
            rows[shape.name].update(keys)
    not_compared = [
        NotCompared(
            table=table.path,
            why=f"{count} conflicts do not tell for certain which row they were about: compare the whole table",
        )
        for table, count in sorted(untold.items())
    ]
    not_compared += [
        NotCompared(
            table=f"{name}: {file}",
            why="this file of the server's log was gone before it was read to its end",
        )
        for name, one in collected.regions.items()
        for file in one.unread
    ]
    return Conflicting(real, {table: sorted(keys) for table, keys in sorted(rows.items())}, not_compared)


def on_record(estate: EstateInHand) -> int | None:
    """Return how many real conflicts were collected within a day; None where none are collected, or it is not known."""
    if estate.file.settings.reconciliation.conflicts_at is None:
        return None
    try:
        return sum(conflict.is_real for one in _recent(estate, WITHIN).values() for conflict in one)
    except RecoveryError as error:
        get_run_logger().warning("Conflicts on record are not told: %s", error, extra={"action": "compare"})
        return None


def deletions(estate: EstateInHand) -> Deletions:
    """Return deletions on record: a region logs one of the other's that found no row."""
    found = defaultdict[tuple[TableName, Key], dict[str, datetime]](dict)
    for region, conflicts in _recent(estate, ON_RECORD).items():
        for conflict in conflicts:
            at = conflict.remote.at
            if conflict.kind is ConflictKind.DELETE_MISSING and conflict.key and at:
                known, there = found[conflict.table, conflict.key], estate.file.other(region)
                known[there] = max(at, known.get(there, at))
    return found


def _recent(estate: EstateInHand, within: timedelta) -> Mapping[str, Sequence[Conflict]]:
    since = datetime.now(UTC) - within
    return {name: estate.region(name).conflicts.recent(since) for name in estate.file.regions}


def _has_time(shape: TableShape) -> bool:
    types = {column.name: column.type for column in shape.columns}
    return any(types[name].startswith(TIMES) for name in shape.key)
