"""Which tables are better copied whole, of which a region has missed more rows than a plan may have. Pure.

A repair looks at each row that differs on both sides, and writes it with what takes it back; a copy streams all rows,
whether they differ or not, and keeps nothing of what was there. So a copy is for what no plan can hold, and only of a
table of which that costs less. Either reads the table as often.
"""

from collections.abc import Iterable

from recovery.reconcile.findings import TableFindings

AS_MANY_COPIED = 10
"""Rows that are copied in the time of one that is repaired: benchmarks/copy_or_repair.py."""


def better_copied(tables: Iterable[TableFindings], *, drifted: int, most: int) -> list[TableFindings]:
    """Return tables of these that are copied, most drift first, until no more than *most* of *drifted* rows are left.

    None where a plan can have them all; and where copies can not help enough, those of which they cost less.
    """
    copied = list[TableFindings]()
    for table in sorted(tables, key=lambda one: -one.drifted):
        if drifted > most and costs_less(table):
            copied.append(table)
            drifted -= table.drifted
    return copied


def costs_less(table: TableFindings) -> bool:
    """Whether a copy of all rows does: of the side that has more of them, for deletions are work too."""
    return max(table.rows_left, table.rows_right) < AS_MANY_COPIED * table.drifted
