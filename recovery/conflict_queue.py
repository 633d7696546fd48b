"""Plans of repairs where they are kept, and the queue of rows that they leave to a person."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from recovery.errors import BadInput, Refused
from recovery.estate_in_hand import EstateInHand
from recovery.kept import keep_new, kept_at
from recovery.operation import new_id
from recovery.quorum import Quorum, Taken
from recovery.reconcile.cache_plan import CachePlan
from recovery.reconcile.comparison import both
from recovery.reconcile.ports import Tables
from recovery.reconcile.reconciliation_plan import Queued, ReconciliationPlan
from recovery.reconcile.shapes import Key

FOLDER, PLAN, KEYS = "comparisons", "plan.jsonl", "keys.jsonl"
CHOICE = "choice"
"""What the plan of a person's choice is called; it has no queue."""


def keep_plan(stores: Quorum, made: ReconciliationPlan) -> str:
    """Keep a plan under its name, for good; return where. `Refused` where another one has that name."""
    try:
        return keep_new(stores, _key(made.name), made)
    except Taken as error:
        raise Refused(
            f"There is a plan called {made.name} already; give the comparison another name."
        ) from error


def keep_keys(stores: Quorum, made: CachePlan) -> str:
    """Keep a plan of keys under its name, for good; return where. `Refused` where another one has that name."""
    try:
        return keep_new(stores, f"{FOLDER}/{made.name}/{KEYS}", made)
    except Taken as error:
        raise Refused(
            f"There is a plan called {made.name} already; give the comparison another name."
        ) from error


def keys_of(estate: EstateInHand, name: str) -> CachePlan | None:
    """Return the plan of keys of a comparison; None where it made none."""
    return kept_at(estate.outside.journal, f"{FOLDER}/{name}/{KEYS}", CachePlan)


def plan_of(estate: EstateInHand, name: str) -> ReconciliationPlan:
    """Return the plan of a comparison; `Refused` where it made none, or made it of another estate."""
    made = kept_at(estate.outside.journal, _key(name), ReconciliationPlan)
    if made is None:
        raise Refused(
            f"{name} has no plan in the journal's stores: look for its name in the comparison's report."
        )
    if (made.estate, made.regions) != (estate.name, estate.file.regions):
        raise Refused(
            f"{name} is a plan of {made.estate} in {' and '.join(made.regions)}, not of {estate.name}."
        )
    return made


def newest(estate: EstateInHand) -> ReconciliationPlan:
    """Return the plan of the newest comparison, by its name, that made one; `Refused` where none did."""
    ends = f"/{PLAN}"
    names = [key.split("/")[1] for key in estate.outside.journal.keys(f"{FOLDER}/") if key.endswith(ends)]
    for name in sorted(names, reverse=True):
        made = (
            None
            if name.startswith(CHOICE)
            else kept_at(estate.outside.journal, _key(name), ReconciliationPlan)
        )
        if made and (made.estate, made.regions) == (estate.name, estate.file.regions):
            return made
    raise Refused("No comparison has made a plan yet; `dr reconcile` makes one.")


def waiting(estate: EstateInHand, made: ReconciliationPlan) -> list[Queued]:
    """Return the rows of the plan's queue that nobody has written since: they differ still, as the plan has them."""
    first, second = (estate.region(name).tables for name in made.regions)
    rows: list[Queued] = []
    for table in sorted({row.table for row in made.queue}):
        rows += _now(first, second, [row for row in made.queue if row.table == table])
    return rows


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


def _key(name: str) -> str:
    return f"{FOLDER}/{name}/{PLAN}"
