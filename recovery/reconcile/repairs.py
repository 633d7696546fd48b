"""Applying a plan: look at every row, act a database at a time, look again."""

from collections import Counter

from pydantic import Field

from recovery.errors import Refused
from recovery.measurement import Frozen
from recovery.reconcile import refusals
from recovery.reconcile.plan import Change, RepairPlan
from recovery.reconcile.ports import Outcome, Tables
from recovery.reconcile.shapes import TableName


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
        images = live.images(table, [change.key for change in ours])
        for change in ours:
            match images.get(change.key):
                case change.wanted:
                    done += 1
                case change.seen:
                    to_do += 1
                case _:
                    changed.append(change)
    return Standing(to_do=to_do, done=done, changed=tuple(changed))


def repair(plan: RepairPlan, live: Tables) -> Repaired:
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
        try:
            made = live.apply(plan, database)
        except Refused as error:
            raise Refused(f"{error} Repaired before it: {', '.join(repaired) or 'none'}.") from error
        repaired.append(database)
        outcomes += [(change.table, outcome) for change, outcome in zip(plan.of(database), made, strict=True)]
    return Repaired(plan=plan.digest, tables=_counted(outcomes))


def _counted(outcomes: list[tuple[TableName, Outcome]]) -> tuple[TableRepair, ...]:
    counts = Counter(outcomes)
    return tuple(
        TableRepair(
            table=table, applied=counts[table, Outcome.APPLIED], already=counts[table, Outcome.ALREADY]
        )
        for table in sorted({table for table, _ in outcomes})
    )
