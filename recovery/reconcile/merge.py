"""The three-way merge of a surgical restore: before the damage, after the damage, and live.

As git merges, a row at a time: what only the damage changed gets its before image back; what was
written since stays. The scratch cluster has one state at a time, so this goes in phases.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, TypeVar

from pydantic import Field

from recovery.reconcile.comparison import both, check_shape, compare
from recovery.reconcile.lines import Lined
from recovery.reconcile.plan import IN_ORDER, Change, Kept, RepairPlan, Row, Why
from recovery.reconcile.ports import Tables
from recovery.reconcile.shapes import Key, TableName, TableShape

R = TypeVar("R", bound=Row)


class Candidate(Row):
    """A row that is not as it was before the damage: the damage changed it, or a good write did, or both."""

    before: str | None
    live: str | None


class Damaged(Row):
    """A row that the damage changed."""

    before: str | None
    live: str | None
    after: str | None


class Candidates(Lined):
    """The rows that differ between before the damage and live."""

    what: ClassVar[str] = "list of candidates"
    listed: ClassVar[frozenset[str]] = frozenset({"rows"})

    tables: tuple[TableShape, ...]
    compared: int = Field(description="Rows that were compared, of all tables, as they were before")
    rows: Annotated[tuple[Candidate, ...], IN_ORDER]

    def __str__(self) -> str:
        """What was found, in a sentence."""
        return f"{len(self.rows)} rows of {len(self.tables)} tables differ, of {self.compared} compared"


class DamagedRows(Lined):
    """The rows that the damage changed, with their images before it, after it, and live."""

    what: ClassVar[str] = "list of damaged rows"
    listed: ClassVar[frozenset[str]] = frozenset({"rows"})

    tables: tuple[TableShape, ...]
    rows: Annotated[tuple[Damaged, ...], IN_ORDER]

    def __str__(self) -> str:
        """What it is, in a sentence."""
        return f"{len(self.rows)} damaged rows in {len(self.tables)} tables"


def candidates(before: Tables, live: Tables, tables: Sequence[TableName], *, most: int) -> Candidates:
    """Compare *before* with *live*, and fetch both images of every row that differs.

    Raises `Refused`, with the table, where more than *most* rows of all tables differ.
    """
    shapes, rows, compared = [], list[Candidate](), 0
    for table in sorted(set(tables)):
        found = compare(before, live, table, most=most - len(rows))
        shapes.append(found.shape)
        compared += found.rows[0]
        rows += _imaged(before, live, table, found.keys)
    return Candidates(tables=tuple(shapes), compared=compared, rows=tuple(rows))


def damaged(found: Candidates, after: Tables) -> DamagedRows:
    """Fetch the candidates' images just after the damage, and keep those that it changed."""
    rows = (Damaged(**dict(row), after=image) for row, image in _images(found.rows, found.tables, after))
    return DamagedRows(tables=found.tables, rows=tuple(row for row in rows if row.before != row.after))


def seen_again(damage: DamagedRows, live: Tables) -> DamagedRows:
    """Return the damage with the live images of now: a plan that came too late is made again, without scratch."""
    images = _images(damage.rows, damage.tables, live)
    rows = tuple(row.model_copy(update={"live": image}) for row, image in images)
    return DamagedRows(tables=damage.tables, rows=rows)


def settled(damage: DamagedRows) -> RepairPlan:
    """Decide about every damaged row."""
    decided = [decide(row) for row in damage.rows]
    return RepairPlan(
        tables=damage.tables,
        changes=tuple(each for each in decided if isinstance(each, Change)),
        kept=tuple(each for each in decided if isinstance(each, Kept)),
    )


def decide(row: Damaged) -> Change | Kept | None:
    """Return what is done about a row; None where nothing needs to be.

    The damage did not touch it: left. It is as before: well. It is as the damage left it: put
    back. Else a later write changed it again: kept for a person.
    """
    if row.before in (row.after, row.live):
        return None
    if row.live == row.after:
        return Change(table=row.table, key=row.key, seen=row.live, wanted=row.before)
    return Kept(**dict(row), why=_why(row))


def _why(row: Damaged) -> Why:
    if row.before is None:
        return Why.INSERTED_THEN_CHANGED
    if row.after is None:
        return Why.DELETED_THEN_INSERTED
    return Why.CHANGED_THEN_DELETED if row.live is None else Why.CHANGED_TWICE


def _imaged(before: Tables, live: Tables, table: TableName, keys: Sequence[Key]) -> list[Candidate]:
    """The rows with both images; one that came in flight and has become the same is none."""
    there, here = both(before, live, lambda side: side.images(table, keys))
    rows = (Candidate(table=table, key=key, before=there.get(key), live=here.get(key)) for key in keys)
    return [row for row in rows if row.before != row.live]


def _images(rows: Sequence[R], tables: Sequence[TableShape], side: Tables) -> Iterator[tuple[R, str | None]]:
    """Each row with its image on one side, where the tables must still have these shapes."""
    for shape in tables:
        check_shape(shape, side)
        ours = [row for row in rows if row.table == shape.name]
        images = side.images(shape.name, [row.key for row in ours])
        yield from ((row, images.get(row.key)) for row in ours)
