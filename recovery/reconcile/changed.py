"""Which rows differ between two copies of a table that were alike at a moment, by what was written since."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from recovery.reconcile.blocks import Cut, Hashing, KeyPrint, Watermark, cut, pieces_in
from recovery.reconcile.comparison import (
    Fingerprinted,
    both,
    different,
    differing,
    portions,
    same_shape,
)
from recovery.reconcile.ports import Tables
from recovery.reconcile.shapes import Key, TableName

T = TypeVar("T")
Since = tuple[Watermark, Watermark]
"""The left side's moment, and the right side's."""
NO_KEYS = KeyPrint(0, 0, 0)


@dataclass(frozen=True)
class Changed:
    """Two copies of a table that were alike at a moment, cut into blocks, and compared by keys and by what is new."""

    found: Fingerprinted
    """Its suspects are the blocks of which all rows are compared."""
    since: Since
    written: Mapping[int, int]
    """Blocks in which the rows alone are compared that were written since, in order, each with how many those are on
    both sides together."""


def changed_since(
    left: Tables, right: Tables, table: TableName, *, since: Since, hashing: Hashing
) -> Changed:
    """Compare two copies of a table that were alike at *since* by one scan a side, which reads keys alone.

    Blocks that have the same keys on both sides differ in rows that a side has written since, or not at all. Those
    that have other keys are suspects, and so are those of which so much was written that to compare their pieces
    sends less than to compare the rows. A table without a key has nothing but keys.
    """
    shape = same_shape(left, right, table)
    how = cut(shape, *both(left, right, lambda side: side.extent(table)), hashing=hashing)
    prints = _both_since(left, right, since, lambda side, moment: side.key_prints(table, how, moment))
    suspects, written = dict[int, int](), dict[int, int]()
    for block in sorted(_unlike_or_written(*prints)):
        here, there = (side.get(block, NO_KEYS) for side in prints)
        new = here.changed + there.changed if shape.key else 0
        if here[:2] != there[:2] or _by_pieces(how, new):
            suspects[block] = here.rows + there.rows
        elif new:
            written[block] = new
    rows_left, rows_right = (sum(found.rows for found in side.values()) for side in prints)
    count = len(prints[0].keys() | prints[1].keys())
    return Changed(Fingerprinted(shape, how, (rows_left, rows_right), count, suspects), since, written)


def differing_since(left: Tables, right: Tables, changed: Changed) -> Iterator[list[Key]]:
    """Yield the keys of the rows that differ, of some blocks at a time: so many as are held in memory at once."""
    yield from differing(left, right, changed.found)
    table, how = changed.found.shape.name, changed.found.how

    def hashes_of(asked: tuple[Tables, Collection[Key]]) -> Mapping[Key, int]:
        side, keys = asked
        return side.hashes_of(table, keys, how.hashing) if keys else {}

    for blocks in portions(changed.written):
        here, there = _both_since(left, right, changed.since, _hashes_since(table, how, blocks))
        # A row that one side alone has written since is compared with what the other one has had for longer.
        older = both((left, there.keys() - here.keys()), (right, here.keys() - there.keys()), hashes_of)
        yield different({**here, **older[0]}, {**there, **older[1]})


def _unlike_or_written(left: Mapping[int, KeyPrint], right: Mapping[int, KeyPrint]) -> set[int]:
    unlike = {block for block, _ in left.items() ^ right.items()}
    return unlike.union(
        *({block for block, found in side.items() if found.changed} for side in (left, right))
    )


def _by_pieces(how: Cut, written: int) -> bool:
    """Whether the rows *written* in a block, of both sides together, are more than the numbers of its pieces."""
    pieces = pieces_in(how)
    return pieces is not None and written > 2 * pieces


def _both_since(
    left: Tables, right: Tables, since: Since, ask: Callable[[Tables, Watermark], T]
) -> tuple[T, T]:
    return both((left, since[0]), (right, since[1]), lambda side: ask(*side))


def _hashes_since(
    table: TableName, how: Cut, blocks: list[int]
) -> Callable[[Tables, Watermark], Mapping[Key, int]]:
    return lambda side, moment: side.hashes_since(table, how, blocks, moment)
