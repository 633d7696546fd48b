"""What a repair will do to which rows, and what it leaves to a person."""

from collections import Counter
from collections.abc import Collection
from enum import StrEnum
from typing import Annotated, ClassVar, TypeVar

from pydantic import AfterValidator, AwareDatetime, Field

from recovery.measurement import Frozen
from recovery.reconcile.lines import Lined
from recovery.reconcile.shapes import Key, TableName, TableShape


class Row(Frozen):
    """One row of one table, by its key."""

    table: TableName
    key: Key

    @property
    def place(self) -> tuple[TableName, Key]:
        """Where it is; also the order in which rows are told."""
        return self.table, self.key

    def __str__(self) -> str:
        """The row, as a sentence has it."""
        return f"{self.table} ({', '.join(self.key)})"


class Kind(StrEnum):
    """What a change does to a row."""

    UPDATE = "update"
    INSERT = "insert"
    DELETE = "delete"


class Change(Row):
    """One row, from the image it is to have now to the image it gets. An image is the row as text."""

    seen: str | None = Field(description="Its image in the live table; None: it is not there")
    wanted: str | None = Field(description="Its image after the repair; None: it is deleted")
    version: str | None = Field(
        default=None,
        description="The version that was seen, which must stand still; None: the image alone must",
    )
    other_version: str | None = Field(
        default=None,
        description="The other region's version, which must stand still too; empty: it had none; null: it need not",
    )
    at: AwareDatetime | None = Field(
        default=None, description="When the wanted image was committed where it comes from"
    )

    @property
    def kind(self) -> Kind:
        """What is done."""
        if self.seen is None:
            return Kind.INSERT
        return Kind.DELETE if self.wanted is None else Kind.UPDATE


class Why(StrEnum):
    """Why a row is left to a person."""

    CHANGED_TWICE = "the damage changed it, and a later write changed it again"
    CHANGED_THEN_DELETED = "the damage changed it, and a later write deleted it"
    DELETED_THEN_INSERTED = "the damage deleted it, and a later write put another one in its place"
    INSERTED_THEN_CHANGED = "the damage inserted it, and a later write changed it"
    LEFT_OUT = "somebody left it out of the plan"


class Kept(Row):
    """A row that stays as it is in the live table, until a person decides."""

    before: str | None = Field(description="Its image just before the damage")
    live: str | None = Field(description="Its image in the live table")
    after: str | None = Field(description="Its image just after the damage")
    why: Why


class Tally(Frozen):
    """What a plan does to one table, in rows."""

    table: TableName
    updates: int
    inserts: int
    deletes: int
    kept: int


R = TypeVar("R", bound=Row)


def _in_order(rows: tuple[R, ...]) -> tuple[R, ...]:
    return tuple(sorted(rows, key=lambda row: row.place))


IN_ORDER = AfterValidator(_in_order)


class RepairPlan(Lined):
    """What a repair will do, in the order of tables and keys. An undo is a plan too."""

    what: ClassVar[str] = "repair plan"
    listed: ClassVar[frozenset[str]] = frozenset({"changes", "kept"})

    tables: tuple[TableShape, ...]
    changes: Annotated[tuple[Change, ...], IN_ORDER]
    kept: Annotated[tuple[Kept, ...], IN_ORDER]
    undoes: str | None = Field(default=None, description="The digest of the plan that this one takes back")
    origin: str | None = Field(
        default=None,
        description="The replication origin under which it is written: other regions are not sent it; None: they are",
    )

    @property
    def databases(self) -> list[str]:
        """The databases that it changes."""
        return sorted({change.table.database for change in self.changes})

    @property
    def tallies(self) -> list[Tally]:
        """What it does, a table each; tables without a damaged row have zeros."""
        kinds = Counter((change.table, change.kind) for change in self.changes)
        kept = Counter(row.table for row in self.kept)
        return [
            Tally(
                table=name,
                updates=kinds[name, Kind.UPDATE],
                inserts=kinds[name, Kind.INSERT],
                deletes=kinds[name, Kind.DELETE],
                kept=kept[name],
            )
            for name in sorted(shape.name for shape in self.tables)
        ]

    def part(self, database: str) -> "RepairPlan":
        """Return what it does in one database."""
        return self.model_copy(update={"changes": tuple(self.of(database)), "kept": ()})

    def of(self, database: str) -> list[Change]:
        """Return the changes in one database, in order."""
        return [change for change in self.changes if change.table.database == database]

    def __str__(self) -> str:
        """What it does, in a sentence."""
        kinds = Counter(change.kind for change in self.changes)
        done = ", ".join(f"{kinds[kind]} {kind}s" for kind in Kind)
        return f"{done} in {len(self.tables)} tables; {len(self.kept)} rows left to a person"


def undo(plan: RepairPlan) -> RepairPlan:
    """Return the plan that takes *plan* back: every row gets the image again that *plan* saw.

    What was left to a person was not changed, and is not in it.
    """
    reversed_ = tuple(
        Change(table=change.table, key=change.key, seen=change.wanted, wanted=change.seen, at=change.at)
        for change in plan.changes
    )
    return RepairPlan(tables=plan.tables, changes=reversed_, kept=(), undoes=plan.digest, origin=plan.origin)


def leave(plan: RepairPlan, rows: Collection[tuple[TableName, Key]]) -> RepairPlan:
    """Return *plan* without the changes of *rows*, which are left to a person."""
    left = tuple(
        Kept(
            table=change.table,
            key=change.key,
            before=change.wanted,
            live=change.seen,
            after=change.seen,
            why=Why.LEFT_OUT,
        )
        for change in plan.changes
        if change.place in rows
    )
    others = tuple(change for change in plan.changes if change.place not in rows)
    return RepairPlan(
        tables=plan.tables, changes=others, kept=plan.kept + left, undoes=plan.undoes, origin=plan.origin
    )
