"""How a table is cut into blocks, so that two copies of it are compared by a number a block."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from recovery.reconcile.shapes import TableShape

BLOCK_BITS = 7
"""Blocks of 128 rows: with 1,160 differences scattered over 5,000,000 rows they took 4.4-7.4 s,
blocks of 1,024 rows 9.8-15.2 s, because their rows are read again."""
FINE_BITS = 3
"""Of a block that differs, pieces of 8 rows are compared before keys are read: mostly one row of it differs."""
BLOCKS_AT_MOST = 2**17
"""Both sides' blocks are held in memory; a table of more than 16 million keys, there or not, has larger ones."""
SPARSE = 4
"""Integer keys that fill less than a fourth of their range are cut by hash."""

NUMBER_BITS = 63
"""Of the hash of a key that is no integer: as many as are no sign."""
TOLD_APART = 2**31
"""A row keeps 32 bits of its transaction's number: of so many transactions it can be told which came before."""


class Fingerprint(NamedTuple):
    """Some rows in two numbers."""

    rows: int
    sum: int
    """Of the rows' 64-bit hashes: in full, or what is left of it by 2^63."""


class KeyPrint(NamedTuple):
    """Some rows in three numbers, without reading their values."""

    rows: int
    keys: int
    """The sum of the hashes of their keys, as far as it goes into 64 bits."""
    changed: int
    """How many of them were written since a watermark."""


class Watermark(NamedTuple):
    """A moment of one cluster: what is written after it can be told from what was there.

    It is the oldest transaction that was under way then. Never a commit time: what replication applies keeps the
    older one that it had in the other region.
    """

    cluster: str
    """The cluster, its timeline and the table: one that was restored, or put in another's place, begins anew."""
    transaction: int

    def is_before(self, now: "Watermark") -> bool:
        """Whether rows can be told by it still: of the same cluster, not half of all transaction numbers ago."""
        return self.cluster == now.cluster and 0 <= now.transaction - self.transaction < TOLD_APART


class Extent(NamedTuple):
    """How large a table is."""

    rows: int
    """As the server estimates it."""
    span: tuple[int, int] | None
    """The lowest and the greatest key, where the key is one integer and there are rows."""


class Hashing(StrEnum):
    """By what the rows of two copies are told apart."""

    VALUES = "values"
    """By what values are: numbers and intervals that are equal and written in two ways, 1.0 and 1.00, do not differ."""
    EXACT = "exact"
    """By what the server would send: those differ, too. It takes longer."""
    TEXT = "text"
    """By what the server writes as text, with MD5: for two servers that do not hash alike. It takes longest."""


@dataclass(frozen=True)
class Cut:
    """Which block a row falls into.

    By range: its integer key without the lowest *bits*. By hash: the lowest *bits* of its key's hash.
    """

    hashed: bool
    bits: int
    hashing: Hashing = Hashing.EXACT


def numbered(hashing: Hashing) -> Cut:
    """Return the cut into blocks of one row each, as far as hashes tell rows apart: a block is the number of a key."""
    return Cut(hashed=True, bits=NUMBER_BITS, hashing=hashing)


def finer(how: Cut) -> Cut | None:
    """Return the pieces into which the blocks of a cut are cut; None where reading their rows would be another scan."""
    return None if how.hashed or how.bits <= FINE_BITS else replace(how, bits=FINE_BITS)


def pieces_in(how: Cut) -> int | None:
    """Return into how many pieces each block of a cut is cut; None where it is not."""
    return None if finer(how) is None else int(2 ** (how.bits - FINE_BITS))


def cut(shape: TableShape, left: Extent, right: Extent, *, hashing: Hashing) -> Cut:
    """Return how to cut both copies of a table: by range where its keys are dense, so that a block is read by index."""
    rows = max(left.rows, right.rows)
    bits = _bits(rows)
    ends = [end for extent in (left, right) if extent.span for end in extent.span]
    span = max(ends, default=0) - min(ends, default=0)
    if shape.integer_key and span <= SPARSE * max(rows, 2**bits):
        # Of the range, not of the rows: a sparse one has blocks for keys that are not there.
        return Cut(hashed=False, bits=_bits(span), hashing=hashing)
    return Cut(hashed=True, bits=(rows >> bits).bit_length(), hashing=hashing)


def _bits(keys: int) -> int:
    """Return of how many keys a block is, as a power of two, so that so many keys make few enough."""
    return max(BLOCK_BITS, (keys // BLOCKS_AT_MOST).bit_length())
