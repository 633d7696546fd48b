"""Which rows differ between two copies of a table, over a link on which every byte is dear."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from recovery.reconcile.blocks import Hashing, numbered
from recovery.reconcile.cells import CELLS, Cell, Unshared, apart, unshared
from recovery.reconcile.comparison import both, different, same_shape
from recovery.reconcile.ports import Tables
from recovery.reconcile.shapes import Key, TableName, TableShape

PAYS_FROM = 2**20
"""The fingerprints of the blocks of fewer rows than a million are hardly more bytes than the cells, or fewer."""


@dataclass(frozen=True)
class Located:
    """Two copies of a table, compared by their cells, which told all rows that differ."""

    shape: TableShape
    """The right side's."""
    hashing: Hashing
    rows: tuple[int, int]
    cells: int
    differing_cells: int
    unshared: set[Unshared]


def located(left: Tables, right: Tables, table: TableName, *, hashing: Hashing) -> Located | None:
    """Compare two copies of a table by cells: one scan a side, both at once, whose answer is as large for any table.

    None where blocks are to tell: of a small table they are fewer bytes; without a key, rows of one image are many;
    and where more rows differ than the cells tell apart, blocks tell them all.
    """
    shape = same_shape(left, right, table)
    rows = max(extent.rows for extent in both(left, right, lambda side: side.extent(table)))
    if not shape.key or rows < PAYS_FROM:
        return None
    cells = both(left, right, lambda side: side.cells(table, hashing))
    found = unshared(*cells)
    if found is None:
        return None
    differing = len(apart(*cells))
    counts = _rows(cells[0]), _rows(cells[1])
    return Located(shape, hashing, counts, len(cells[0].keys() | cells[1].keys()), differing, found)


def located_keys(left: Tables, right: Tables, found: Located) -> Iterator[list[Key]]:
    """Yield the keys of the rows that differ: at once where they are integers, else found by their numbers."""
    numbers = sorted({row.key for row in found.unshared})
    if not numbers:
        return
    if found.shape.integer_key:
        yield [(str(number),) for number in numbers]
        return
    table, by_number = found.shape.name, numbered(found.hashing)
    yield different(*both(left, right, lambda side: side.hashes(table, by_number, numbers)))


def _rows(cells: Mapping[int, Cell]) -> int:
    """Each row is in one cell of the first layer."""
    return sum(cell.rows for place, cell in cells.items() if place < CELLS)
