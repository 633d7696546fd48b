"""Two regions' clusters as they were at one moment: what was under way between them then is decided row by row.

Replication is late by a little, so of two clusters restored to one instant each has commits that the other one had not
received. Their tables are compared, and every row that differs gets one image on both sides.
"""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from recovery.reconcile.comparison import both, compare
from recovery.reconcile.lines import Lined
from recovery.reconcile.plan import IN_ORDER, Change, RepairPlan, Row
from recovery.reconcile.ports import Sighting, Tables
from recovery.reconcile.shapes import Key, TableName, TableShape


class Rule(StrEnum):
    """Why a row gets the image that it gets, as a count of rows goes on with it."""

    FIRST = "as the region has them that was asked for"
    OWN = "as the region has them that wrote them"
    LATER = "by the later write"
    DELETED = "deleted by the region that had written them"
    KEPT = "that one region alone has, kept"
    """It had not arrived, or the other region had deleted it: nothing proves that, so nothing is deleted."""


class SettledRow(Row):
    """A row that differed: both images, the one it gets on both sides, and why."""

    first: str | None
    second: str | None
    becomes: str | None
    rule: Rule


class Settlement(Lined):
    """Every row that differed between two restored clusters."""

    what: ClassVar[str] = "settlement"
    listed: ClassVar[frozenset[str]] = frozenset({"rows"})

    tables: tuple[TableShape, ...]
    compared: int = Field(description="Rows that were compared, as the first cluster has them")
    rows: Annotated[tuple[SettledRow, ...], IN_ORDER]

    @property
    def rules(self) -> dict[str, int]:
        """How many rows were decided by each rule."""
        return {str(rule): count for rule, count in sorted(Counter(row.rule for row in self.rows).items())}

    @property
    def plans(self) -> tuple[RepairPlan, RepairPlan]:
        """What is to be done in the first cluster, and in the second."""
        return self._plan([(row, row.first) for row in self.rows]), self._plan(
            [(row, row.second) for row in self.rows]
        )

    def _plan(self, seen: Sequence[tuple[SettledRow, str | None]]) -> RepairPlan:
        changes = [
            Change(table=row.table, key=row.key, seen=image, wanted=row.becomes)
            for row, image in seen
            if image != row.becomes
        ]
        return RepairPlan(tables=self.tables, changes=tuple(changes), kept=())


def settlement(
    first: Tables, second: Tables, tables: Sequence[TableName], *, most: int, merged: bool
) -> Settlement:
    """Compare *tables*, and decide every row that differs: *merged*, or as the first cluster has it.

    Raises `Refused`, with the table, where more than *most* rows of all tables differ, or where one has no key or
    another shape on the other side.
    """
    shapes, rows, compared = [], list[SettledRow](), 0
    for table in sorted(set(tables)):
        found = compare(first, second, table, most=most - len(rows))
        shapes.append(found.shape)
        compared += found.rows[0]
        rows += _decided(first, second, table, found.keys, merged=merged)
    return Settlement(tables=tuple(shapes), compared=compared, rows=tuple(rows))


def _decided(
    first: Tables, second: Tables, table: TableName, keys: Sequence[Key], *, merged: bool
) -> list[SettledRow]:
    if not keys:
        return []
    seen = both(first, second, lambda side: side.sightings(table, keys))
    rows = []
    for key in keys:
        here, there = (side.get(key) for side in seen)
        rule, takes_first = _rule(here, there) if merged else (Rule.FIRST, True)
        images = here and here.image, there and there.image
        becomes = images[0] if takes_first else images[1]
        rows.append(
            SettledRow(table=table, key=key, first=images[0], second=images[1], becomes=becomes, rule=rule)
        )
    return rows


def _rule(here: Sighting | None, there: Sighting | None) -> tuple[Rule, bool]:
    """Return by which rule, and whether the first cluster's image is taken.

    A region knows best what became of its own writes: it has all of them up to the moment, the other one those that
    had arrived. So a version that came from the other region gives way to whatever that one has.
    """
    if here is None or there is None:
        alone = here or there
        if alone and alone.foreign:
            return Rule.DELETED, here is None
        return Rule.KEPT, there is None
    if here.foreign != there.foreign:
        return Rule.OWN, there.foreign
    if here.at is None or there.at is None:
        return Rule.LATER, there.at is None
    return Rule.LATER, here.at >= there.at
