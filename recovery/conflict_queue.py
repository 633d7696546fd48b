"""The queue of rows that a plan leaves to a person, and what becomes of those that somebody decides about."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from recovery.errors import BadInput
from recovery.estate_in_hand import EstateInHand
from recovery.kept_plans import CHOICE, keep_plan
from recovery.operation import new_id
from recovery.reconcile.comparison import both
from recovery.reconcile.ports import Tables
from recovery.reconcile.reconciliation_plan import Queued, ReconciliationPlan
from recovery.reconcile.shapes import Key, TableName


def waiting(estate: EstateInHand, made: ReconciliationPlan) -> list[Queued]:
    """Return the rows of the plan's queue that nobody has written since: they differ still, as the plan has them."""
    first, second = (estate.region(name).tables for name in made.regions)
    rows: list[Queued] = []
    for table in sorted({row.table for row in made.queue}):
        rows += _now(first, second, [row for row in made.queue if row.table == table])
    return rows


def all_waiting(
    estate: EstateInHand, plans: Sequence[ReconciliationPlan]
) -> list[tuple[ReconciliationPlan, list[Queued]]]:
    """Return what waits of each plan, newest first; a row that waits of several is the newest one's."""
    known, found = set[tuple[TableName, Key]](), list[tuple[ReconciliationPlan, list[Queued]]]()
    for made in plans:
        rows = [row for row in waiting(estate, made) if (row.table, row.key) not in known]
        known |= {(row.table, row.key) for row in rows}
        found.append((made, rows))
    return found


def _now(first: Tables, second: Tables, rows: Sequence[Queued]) -> Iterator[Queued]:
    """Yield those rows of one table whose versions stand: what was written since is on its way, or decided."""
    table, keys = rows[0].table, [row.key for row in rows]
    here, there = both(first, second, lambda side: side.sightings(table, keys))
    for row in rows:
        if (here.get(row.key), there.get(row.key)) == (row.left, row.right):
            yield row


def choose(
    estate: EstateInHand, made: ReconciliationPlan, rows: Sequence[Queued], *, region: str, now: datetime
) -> ReconciliationPlan:
    """Keep and return the plan by which *rows* become what *region* has: a repair is asked for by its name."""
    chosen = made.choose(rows, region, name=new_id(CHOICE, now), at=now)
    keep_plan(estate.outside.journal, chosen)
    return chosen


def among(rows: Sequence[Queued], table: str | None, keys: Collection[Key]) -> list[Queued]:
    """Return the rows of the table and of the keys, where those are told; `BadInput` for one that is not waiting."""
    ours = [row for row in rows if table is None or row.table.path == table]
    if strangers := set(keys) - {row.key for row in ours}:
        told = "; ".join(", ".join(key) for key in sorted(strangers))
        raise BadInput(
            f"No row with the key {told} waits for a decision; `dr conflicts` lists those that do."
        )
    return [row for row in ours if not keys or row.key in keys]
