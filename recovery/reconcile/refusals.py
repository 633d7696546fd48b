"""Why a comparison or a repair will not be done: one sentence each, with what would do."""

from collections.abc import Iterable, Sequence

from recovery.errors import Refused
from recovery.reconcile.plan import Row
from recovery.reconcile.shapes import TableName, TableShape

NAMED = 5
"""So many rows are named; the others are counted."""


def named(rows: Iterable[object]) -> str:
    """Return how many *rows* there are, and the first few of them."""
    told = [str(row) for row in rows]
    more = ", ..." if len(told) > NAMED else ""
    return f"{len(told)} rows ({', '.join(told[:NAMED])}{more})"


def absent(where: str, table: TableName) -> Refused:
    """Return: there is no such table."""
    return Refused(f"{where} has no table {table}; bring it back empty, as it was, or leave it out.")


def keyless(table: TableName) -> Refused:
    """Return: rows cannot be told apart."""
    return Refused(
        f"{table} has no primary key, and no unique index over columns that are never null: its rows cannot be "
        "told apart. Add one on both sides, or leave the table out."
    )


def unlike(here: TableShape, there: str, difference: str) -> Refused:
    """Return: the two sides' tables have different shapes."""
    return Refused(
        f"{here.name} and the same table on {there} cannot be compared: {difference}. "
        "Change one of them until they are alike, or leave the table out."
    )


def too_many(table: TableName, found: int, most: int) -> Refused:
    """Return: more rows differ than somebody expected."""
    return Refused(
        f"In {table} at least {found} rows differ, and the limit leaves room for {most}. Raise it if the "
        "damage is that large, or restore the whole cluster."
    )


class RowsChanged(Refused):
    """Live rows are not any more what the plan saw."""


def changed(where: str, rows: Sequence[Row]) -> RowsChanged:
    """Return: live rows are not any more what the plan saw."""
    return RowsChanged(
        f"{where}: {named(rows)} have changed since the plan was made. Nothing was applied there; plan again."
    )


def reshaped(where: str, table: TableName, difference: str) -> Refused:
    """Return: a live table is not any more what the plan was made for."""
    return Refused(
        f"{where}: {table} has changed its shape since the plan was made: {difference}. "
        "Nothing was applied there; plan again."
    )
