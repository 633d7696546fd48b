"""Which rows differ between two copies of a table, without reading them all twice."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from recovery.reconcile import refusals
from recovery.reconcile.blocks import Cut, Fingerprint, Hashing, cut, finer
from recovery.reconcile.ports import Tables
from recovery.reconcile.shapes import Key, TableName, TableShape

S = TypeVar("S")
T = TypeVar("T")
HASHES_AT_ONCE = 2**19
"""Rows of differing blocks whose keys and hashes are held in memory at once, about 100 MB."""
EMPTY = Fingerprint(0, 0)


@dataclass(frozen=True)
class Compared:
    """What a comparison of two copies of a table found."""

    shape: TableShape
    """The right side's."""
    rows: tuple[int, int]
    """How many rows were compared: the left side's, the right side's."""
    keys: tuple[Key, ...]
    """The keys of the rows that differ, or that only one side has; sorted."""


@dataclass(frozen=True)
class Fingerprinted:
    """Two copies of a table, cut into blocks, and compared by those."""

    shape: TableShape
    """The right side's."""
    how: Cut
    rows: tuple[int, int]
    blocks: int
    suspects: Mapping[int, int]
    """The blocks that differ, in order, each with its rows on both sides together."""


def compare(left: Tables, right: Tables, table: TableName, *, most: int) -> Compared:
    """Compare two copies of a table, both at once; raises `Refused` where more than *most* rows differ.

    One scan a side makes a fingerprint a block; of the blocks that differ, keys and hashes are
    compared. So memory is bounded by *most* and the number of blocks, not by the table. While a
    side is written to, rows in flight differ too: the caller looks at their images.
    """
    found = fingerprinted(left, right, table, hashing=Hashing.EXACT)
    check_key(found.shape)
    if len(found.suspects) > most:
        raise refusals.too_many(table, len(found.suspects), most)
    keys: list[Key] = []
    for some in differing(left, right, found):
        keys += some
        if len(keys) > most:
            raise refusals.too_many(table, len(keys), most)
    return Compared(found.shape, found.rows, tuple(sorted(keys)))


def fingerprinted(left: Tables, right: Tables, table: TableName, *, hashing: Hashing) -> Fingerprinted:
    """Compare two copies of a table by the fingerprints of their blocks: one scan a side, both at once."""
    shape = same_shape(left, right, table)
    how = cut(shape, *both(left, right, lambda side: side.extent(table)), hashing=hashing)
    blocks = both(left, right, lambda side: side.blocks(table, how))
    suspects = {block: _rows(block, blocks) for block in sorted(different(*blocks))}
    rows_left, rows_right = (sum(found.rows for found in side.values()) for side in blocks)
    count = len(blocks[0].keys() | blocks[1].keys())
    return Fingerprinted(shape, how, (rows_left, rows_right), count, suspects)


def differing(left: Tables, right: Tables, found: Fingerprinted) -> Iterator[list[Key]]:
    """Yield the keys of the rows that differ, of some blocks at a time: so many as are held in memory at once."""
    table, how, piece = found.shape.name, found.how, finer(found.how)
    for some in portions(found.suspects):
        if piece is None:
            yield different(*both(left, right, _hashes_of(table, how, some)))
            continue
        pieces = both(left, right, _pieces_of(table, how, some, piece))
        yield different(*both(left, right, _hashes_of(table, piece, sorted(different(*pieces)))))


def same_shape(left: Tables, right: Tables, table: TableName) -> TableShape:
    """Return the right side's shape of a table; raises `Refused` where the left side's rows do not fit it."""
    here, there = both(left, right, lambda side: side.shape(table))
    if difference := here.unlike(there):
        raise refusals.unlike(here, right.endpoint, f"{difference}, where here is {left.endpoint}")
    return there


def check_key(shape: TableShape) -> None:
    """Raise `Refused` where rows can not be told apart."""
    if not shape.key:
        raise refusals.keyless(shape.name)


def check_shape(shape: TableShape, side: Tables) -> None:
    """Raise `Refused` where a table on *side* does not have this shape."""
    if difference := shape.unlike(side.shape(shape.name)):
        raise refusals.unlike(shape, side.endpoint, difference)


def both(left: S, right: S, ask: Callable[[S], T]) -> tuple[T, T]:
    """Ask both sides at once."""
    with ThreadPoolExecutor(2, thread_name_prefix="compare") as pool:
        here, there = pool.map(ask, (left, right))
    return here, there


def different(left: Mapping[T, object], right: Mapping[T, object]) -> list[T]:
    """Return what the two sides have another number of, or one side alone has."""
    return [key for key in left.keys() | right.keys() if left.get(key) != right.get(key)]


def portions(suspects: Mapping[int, int]) -> Iterator[list[int]]:
    """Blocks by their numbers of rows, in portions of `HASHES_AT_ONCE` rows or one block."""
    portion: list[int] = []
    held = 0
    for block, rows in suspects.items():
        if portion and held + rows > HASHES_AT_ONCE:
            yield portion
            portion, held = [], 0
        portion.append(block)
        held += rows
    if portion:
        yield portion


def _hashes_of(table: TableName, how: Cut, blocks: list[int]) -> Callable[[Tables], Mapping[Key, int]]:
    return lambda side: side.hashes(table, how, blocks)


def _pieces_of(
    table: TableName, how: Cut, blocks: list[int], piece: Cut
) -> Callable[[Tables], Mapping[int, Fingerprint]]:
    return lambda side: side.pieces(table, how, blocks, piece)


def _rows(block: int, blocks: tuple[Mapping[int, Fingerprint], Mapping[int, Fingerprint]]) -> int:
    return sum(side.get(block, EMPTY).rows for side in blocks)
