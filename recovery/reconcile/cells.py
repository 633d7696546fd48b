"""Cells: all rows of a table in a few numbers, out of which the rows that two copies do not share are read.

Each row is in one cell of each layer, by other bits of its hash. A cell holds how many rows it has, and their hashes,
keys and checks, each put together by XOR: exact, and of 64 bits whatever there is. Of two sides' cells, one from the
other, rows that both have are gone. A cell that holds one row then tells it; taken out of its cells of the other
layers, it leaves others alone there, and so on. It is an invertible Bloom lookup table: Eppstein, Goodrich, Uyeda and
Varghese, What's the difference? (SIGCOMM 2011).
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

LAYERS = 3
CELL_BITS = 11
"""Each layer has 2,048 cells: all of them are 172 KB a side. They tell some 4,900 rows that one side alone has so, a
row that was changed counting twice: three layers come apart as long as there are 0.81 a cell (Molloy, 2005)."""
CELLS = 2**CELL_BITS

LOW_31, LOW_30 = 2**31 - 1, 2**30 - 1


class Cell(NamedTuple):
    """Some rows in four numbers."""

    rows: int
    hashes: int
    keys: int
    checks: int

    def without(self, other: "Cell") -> "Cell":
        """Return what is left once the rows of *other* are taken away."""
        return Cell(
            self.rows - other.rows,
            self.hashes ^ other.hashes,
            self.keys ^ other.keys,
            self.checks ^ other.checks,
        )


EMPTY = Cell(0, 0, 0, 0)


class Unshared(NamedTuple):
    """A row that one side alone has so; one that was changed is two, of one key."""

    hash: int
    key: int
    """The key where that is an integer, else 63 bits of its hash."""
    left: bool
    """Whether it is the left side's."""


def places(row_hash: int) -> list[int]:
    """Return the cells of a row."""
    return [layer * CELLS + (row_hash >> layer * CELL_BITS) % CELLS for layer in range(LAYERS)]


def check(row_hash: int, key: int) -> int:
    """Return 31 bits by which one row is told from several: XOR of the products is not the product of the XORs."""
    return ((row_hash ^ key) & LOW_31) * ((row_hash >> 33) & LOW_30) >> 15 & LOW_31


def cells_of(rows: Iterable[tuple[int, int]]) -> dict[int, Cell]:
    """Return the cells of some rows, each a hash and a key of 64 bits with a sign."""
    cells: dict[int, Cell] = {}
    for row_hash, key in rows:
        row = Cell(-1, row_hash, key, check(row_hash, key))
        for place in places(row_hash):
            cells[place] = cells.get(place, EMPTY).without(row)
    return cells


def unshared(left: Mapping[int, Cell], right: Mapping[int, Cell]) -> set[Unshared] | None:
    """Return every row that one side alone has so; None where the cells do not tell them all: there are too many."""
    rest = apart(left, right)
    found = set[Unshared]()
    waiting = list(rest)
    while waiting:
        row = _only(place := waiting.pop(), rest.get(place, EMPTY))
        if row is None:
            continue
        if row in found or row._replace(left=not row.left) in found:
            return None
        found.add(row)
        for each in places(row.hash):
            left_over = rest.pop(each, EMPTY).without(_alone(row))
            if left_over != EMPTY:
                rest[each] = left_over
                waiting.append(each)
    return None if rest else found


def apart(left: Mapping[int, Cell], right: Mapping[int, Cell]) -> dict[int, Cell]:
    """Return the cells that differ, each as the left side's without the right side's."""
    differing = {place for place, _ in left.items() ^ right.items()}
    return {place: left.get(place, EMPTY).without(right.get(place, EMPTY)) for place in sorted(differing)}


def _only(place: int, cell: Cell) -> Unshared | None:
    """Return the row of a cell that has one; several are taken for one with a chance of one in 2^42."""
    alone = abs(cell.rows) == 1 and place in places(cell.hashes)
    if not alone or check(cell.hashes, cell.keys) != cell.checks:
        return None
    return Unshared(cell.hashes, cell.keys, left=cell.rows > 0)


def _alone(row: Unshared) -> Cell:
    return Cell(1 if row.left else -1, row.hash, row.key, check(row.hash, row.key))
