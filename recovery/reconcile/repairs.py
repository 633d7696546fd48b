"""Applying a plan: look at every row, act a database at a time, look again."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from pydantic import Field

from recovery.errors import Refused, RowsLocked
from recovery.measurement import Frozen
from recovery.reconcile import refusals
from recovery.reconcile.plan import Change, RepairPlan, leave, undo
from recovery.reconcile.ports import Outcome, Tables
from recovery.reconcile.shapes import Key, TableName

Before = Callable[[], object]
"""Called right before each database's transaction; what it raises leaves that database, and those after it, alone."""
ATTEMPTS = 5
"""So often a database is tried whose rows are written between the look and the lock."""


class Standing(Frozen):
    """How the live rows of a plan stand."""

    to_do: int = Field(description="Rows that are as the plan saw them")
    done: int = Field(description="Rows that have their wanted image")
    changed: tuple[Change, ...] = Field(
        description="Changes whose rows are neither: the plan is too old for them"
    )


class TableRepair(Frozen):
    """What a repair did to one table, in rows."""

    table: TableName
    applied: int
    already: int = Field(description="Rows that had their wanted image before")


class Repaired(Frozen):
    """What a repair did. A repeated one has the rows of the first under `already`."""

    plan: str = Field(description="The plan's digest")
    tables: tuple[TableRepair, ...] = Field(description="The tables that had rows to change")

    def __str__(self) -> str:
        """What was done, in a sentence."""
        applied, already = (
            sum(getattr(each, field) for each in self.tables) for field in ("applied", "already")
        )
        return f"{applied} rows of {len(self.tables)} tables repaired, {already} were well already"


def look(plan: RepairPlan, live: Tables) -> Standing:
    """Look how the plan's rows stand, and change nothing: a repair's dry run, and its proof."""
    to_do, done, changed = 0, 0, list[Change]()
    for table in sorted({change.table for change in plan.changes}):
        ours = [change for change in plan.changes if change.table == table]
        for change, image, moved in _found(ours, table, live):
            match image:
                case change.wanted:
                    done += 1
                case change.seen if not moved:
                    to_do += 1
                case _:
                    changed.append(change)
    return Standing(to_do=to_do, done=done, changed=tuple(changed))


def _found(
    ours: Sequence[Change], table: TableName, live: Tables
) -> Iterator[tuple[Change, str | None, bool]]:
    """Each change with the row's image now, and whether it was written since, where the plan saw its version."""
    keys = [change.key for change in ours]
    if all(change.version is None for change in ours):
        images = live.images(table, keys)
        yield from ((change, images.get(change.key), False) for change in ours)
        return
    seen = live.sightings(table, keys)
    for change in ours:
        row = seen.get(change.key)
        yield change, row and row.image, row is not None and row.version != change.version


def repair(plan: RepairPlan, live: Tables, *, before: Before = lambda: None) -> Repaired:
    """Apply a plan: each database in one transaction. Safe to repeat: what is done counts as done.

    Every row of all databases is looked at first: if one has changed since the plan was made,
    `Refused` says which, and nothing was changed anywhere. If one changes after that look, its
    database is left alone, and the message says which databases were repaired already.
    """
    if changed := look(plan, live).changed:
        raise refusals.changed(live.endpoint, changed)
    outcomes: list[tuple[TableName, Outcome]] = []
    repaired: list[str] = []
    for database in plan.databases:
        before()
        try:
            made = live.apply(plan, database)
        except Refused as error:
            raise Refused(f"{error} Repaired before it: {', '.join(repaired) or 'none'}.") from error
        repaired.append(database)
        outcomes += [(change.table, outcome) for change, outcome in zip(plan.of(database), made, strict=True)]
    return Repaired(plan=plan.digest, tables=_counted(outcomes))


class Carried(Frozen):
    """What a repair of one region did, while it was written to."""

    tables: tuple[TableRepair, ...] = Field(description="The tables that had rows to change")
    left: int = Field(description="Rows that either region has written since the plan was made: they stay")
    refused: tuple[str, ...] = Field(description="Why a database was left as it is; each says what would do")

    @property
    def done(self) -> int:
        """Rows that are as the plan wants them."""
        return sum(table.applied + table.already for table in self.tables)

    def __str__(self) -> str:
        """What was done, in a sentence."""
        left = f", {self.left} were written since and stay as they are" if self.left else ""
        refused = f"; {len(self.refused)} databases refused" if self.refused else ""
        return f"{self.done} rows of {len(self.tables)} tables are repaired{left}{refused}"


class Carrying:
    """A plan, applied to a region that is written to: each database in one transaction, as `repair` does.

    Rows that were written since, here or in the other region, are left out: their newest version is on its way, or
    decides otherwise. A database that refuses does not keep the others from being repaired.
    """

    def __init__(self, plan: RepairPlan, live: Tables, other: Tables) -> None:
        """Take the region that is written to, and the one from which its rows come."""
        self._plan, self._live, self._other = plan, live, other
        self._outcomes: list[tuple[TableName, Outcome]] = []
        self._left: set[tuple[TableName, Key]] = set()
        self._refused: list[str] = []
        self._applied: list[Change] = []

    def carry(self, *, before: Before = lambda: None) -> Carried:
        """Apply it, and return what was done. Safe to repeat: what is done counts as done."""
        for database in self._plan.databases:
            self._carry(self._plan.part(database), database, before)
        return Carried(tables=_counted(self._outcomes), left=len(self._left), refused=tuple(self._refused))

    @property
    def undo(self) -> RepairPlan:
        """What takes back what was applied, and nothing else: each row only while the version stands that it made."""
        made = self._plan.model_copy(update={"changes": tuple(self._applied)})
        seen = {
            table: self._live.sightings(
                table, [change.key for change in self._applied if change.table == table]
            )
            for table in sorted({change.table for change in self._applied})
        }
        versions = {(table, key): row for table, rows in seen.items() for key, row in rows.items()}
        changes = []
        for change in undo(made).changes:
            row = versions.get(change.place)
            if (row and row.image) == change.seen:
                changes.append(change.model_copy(update={"version": row and row.version}))
        return undo(made).model_copy(update={"changes": tuple(changes)})

    def _carry(self, plan: RepairPlan, database: str, before: Before) -> None:
        for _ in range(ATTEMPTS):
            self._left |= {change.place for change in look(plan, self._live).changed}
            self._left |= _moved(plan, self._other)
            part = leave(plan, self._left)
            before()
            try:
                made = self._live.apply(part, database)
            except refusals.RowsChanged:
                continue  # written between the look and the lock: it is left out by the next look
            except (Refused, RowsLocked) as error:
                self._refused.append(str(error))
                return
            for change, outcome in zip(part.changes, made, strict=True):
                self._outcomes.append((change.table, outcome))
                self._applied += [change] if outcome is Outcome.APPLIED else []
            return
        self._refused.append(
            f"{self._live.endpoint}/{database}: its rows are written without a rest; repair again."
        )


def _moved(plan: RepairPlan, other: Tables) -> set[tuple[TableName, Key]]:
    """The rows that the other region has written since the plan was made, to something else than is wanted here."""
    moved = set()
    for table in sorted({change.table for change in plan.changes}):
        ours = [
            change for change in plan.changes if change.table == table and change.other_version is not None
        ]
        seen = other.sightings(table, [change.key for change in ours]) if ours else {}
        for change in ours:
            row = seen.get(change.key)
            stands = (row.version if row else "") == change.other_version
            if not stands and (row and row.image) != change.wanted:
                moved.add(change.place)
    return moved


def _counted(outcomes: list[tuple[TableName, Outcome]]) -> tuple[TableRepair, ...]:
    counts = Counter(outcomes)
    return tuple(
        TableRepair(
            table=table, applied=counts[table, Outcome.APPLIED], already=counts[table, Outcome.ALREADY]
        )
        for table in sorted({table for table, _ in outcomes})
    )
