"""How a table is cut: few blocks, and none that could hold the whole table."""

from hypothesis import given
from hypothesis import strategies as st

from recovery.reconcile.blocks import BLOCK_BITS, BLOCKS_AT_MOST, SPARSE, Cut, Extent, Hashing, cut
from recovery.reconcile.shapes import Column, TableName, TableShape

NAME = TableName("eden_vault", "public", "items")
NUMBERED = TableShape(name=NAME, columns=(Column(name="id", type="bigint"),), key=("id",))
NAMED = TableShape(name=NAME, columns=(Column(name="id", type="uuid"),), key=("id",))
BIGINTS = st.integers(-(2**63), 2**63 - 1)
SPANS = st.none() | st.tuples(BIGINTS, BIGINTS).map(lambda ends: (min(ends), max(ends)))
EXTENTS = st.builds(Extent, st.integers(0, 2**40), SPANS)


def test_dense_integer_keys_are_cut_by_range() -> None:
    """So that the rows of one block are read by the key's index."""
    extent = Extent(5_000_000, (1, 5_000_000))

    assert cut(NUMBERED, extent, extent, hashing=Hashing.EXACT) == Cut(hashed=False, bits=BLOCK_BITS)


def test_sparse_integer_keys_are_cut_by_hash() -> None:
    """By range each row would be a block of its own, and both sides' blocks are held in memory."""
    extent = Extent(1000, (1, 2**62))

    assert cut(NUMBERED, extent, extent, hashing=Hashing.EXACT) == Cut(hashed=True, bits=3)


def test_a_range_with_gaps_has_no_more_blocks_than_a_full_one() -> None:
    """A fourth of its keys are there: blocks that were reckoned of the rows were four times as many."""
    rows = 2**26
    extent = Extent(rows, (1, SPARSE * rows))

    how = cut(NUMBERED, extent, extent, hashing=Hashing.EXACT)

    assert not how.hashed
    assert (SPARSE * rows >> how.bits) <= BLOCKS_AT_MOST


def test_keys_that_are_no_integers_are_cut_by_hash() -> None:
    extent = Extent(128_000, None)

    assert cut(NAMED, extent, extent, hashing=Hashing.EXACT) == Cut(hashed=True, bits=10)


def test_the_greater_side_counts() -> None:
    """A table that the damage emptied is compared with one that is full."""
    full, empty = Extent(128_000, (1, 128_000)), Extent(0, None)

    assert (
        cut(NUMBERED, full, empty, hashing=Hashing.EXACT)
        == cut(NUMBERED, empty, full, hashing=Hashing.EXACT)
        == cut(NUMBERED, full, full, hashing=Hashing.EXACT)
    )


@given(EXTENTS, EXTENTS, st.sampled_from([NUMBERED, NAMED]))
def test_there_are_never_too_many_blocks(left: Extent, right: Extent, shape: TableShape) -> None:
    how = cut(shape, left, right, hashing=Hashing.EXACT)

    ends = [end for extent in (left, right) for end in extent.span or ()]
    blocks = 2**how.bits if how.hashed else (max(ends, default=0) - min(ends, default=0) >> how.bits) + 1
    assert blocks <= max(SPARSE + 1, 2 * BLOCKS_AT_MOST)
