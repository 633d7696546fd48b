"""Rows that two copies do not share are read out of their cells: all of them, or none."""

from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.reconcile.cells import CELLS, LAYERS, Unshared, cells_of, places, unshared

Rows = dict[int, int]
"""Each row's hash by its key."""


def hashed(key: int, version: int) -> int:
    """What a server would make of a row: 64 bits with a sign."""
    digest = blake2b(f"{key} {version}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def many(keys: range, *, version: int = 0) -> Rows:
    """A row of each key."""
    return {key: hashed(key, version) for key in keys}


SOME_ROWS = st.dictionaries(st.integers(-(2**63), 2**63 - 1), st.integers(0, 3), max_size=30).map(
    lambda versions: {key: hashed(key, version) for key, version in versions.items()}
)


def told(left: Rows, right: Rows) -> set[Unshared] | None:
    here, there = (cells_of((row_hash, key) for key, row_hash in side.items()) for side in (left, right))
    return unshared(here, there)


def apart(left: Rows, right: Rows) -> set[Unshared]:
    """What one side alone has so, found by looking at every row."""
    return {Unshared(row_hash, key, left=True) for key, row_hash in left.items() - right.items()} | {
        Unshared(row_hash, key, left=False) for key, row_hash in right.items() - left.items()
    }


@given(SOME_ROWS, SOME_ROWS, SOME_ROWS)
def test_every_row_that_one_side_alone_has_so_is_told(shared: Rows, left: Rows, right: Rows) -> None:
    """Deleted, inserted or changed, on either side or on both."""
    here, there = shared | left, shared | right

    assert told(here, there) == apart(here, there)


def test_equal_copies_tell_nothing() -> None:
    rows = many(range(1000))

    assert told(rows, rows) == set()


def test_a_changed_row_is_told_by_both_sides() -> None:
    rows = many(range(100))

    assert told(rows, rows | {7: 1234567890123}) == {
        Unshared(rows[7], 7, left=True),
        Unshared(1234567890123, 7, left=False),
    }


def test_several_rows_in_one_cell_are_told_by_their_other_cells() -> None:
    """All of them share their cell of the first layer."""
    rows = {key: row_hash - row_hash % CELLS for key, row_hash in many(range(30)).items()}

    assert told(rows, {}) == apart(rows, {})
    assert len({places(row_hash)[0] for row_hash in rows.values()}) == 1


def test_thousands_of_rows_are_told() -> None:
    """As many as a bad night leaves: 2,000 changed ones, 500 that one side lacks; 4,500 in 6,144 cells."""
    left = many(range(3000))
    right = left | many(range(2000), version=1)
    for key in range(2500, 3000):
        del right[key]

    assert told(left, right) == apart(left, right)


@pytest.mark.parametrize("factor", [1, 3])
def test_of_more_rows_than_there_are_cells_none_is_told(factor: int) -> None:
    """Some of them alone would pass for all."""
    assert told(many(range(factor * LAYERS * CELLS)), {}) is None


def test_two_rows_that_share_all_their_cells_are_not_told() -> None:
    low = 2 ** (LAYERS * 11)

    assert told({1: 5 * low + 9, 2: 6 * low + 9}, {}) is None


def test_two_rows_of_one_hash_are_not_taken_for_none() -> None:
    """The hashes cancel each other out, the keys do not."""
    assert told({1: 99}, {2: 99}) is None
