"""Moving a sequence past both sides: forward only, in its own phase, and only once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.adapters.postgres.sequences import moved

VALUES = st.integers(0, 2**40)
INCREMENTS = st.integers(1, 1000)
MARGINS = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("before", "past", "after"),
    [(1, 100, 121), (2, 100, 120), (119, 100, 121), (121, 100, 121), (500, 100, 500)],
)
def test_odd_stays_odd_and_even_stays_even(before: int, past: int, after: int) -> None:
    assert moved(before, past, increment=2, margin=10) == after


@given(VALUES, VALUES, INCREMENTS, MARGINS)
def test_a_sequence_never_goes_back(before: int, past: int, increment: int, margin: int) -> None:
    """What it gave out once, it would give out again."""
    assert moved(before, past, increment=increment, margin=margin) >= before


@given(VALUES, VALUES, INCREMENTS, MARGINS)
def test_it_ends_past_what_is_known_by_the_margin(
    before: int, past: int, increment: int, margin: int
) -> None:
    after = moved(before, past, increment=increment, margin=margin)

    assert after >= past + margin * increment


@given(VALUES, VALUES, INCREMENTS, MARGINS)
def test_it_keeps_its_phase(before: int, past: int, increment: int, margin: int) -> None:
    """Two regions count in different phases: one that leaves its own meets the other's keys."""
    after = moved(before, past, increment=increment, margin=margin)

    assert (after - before) % increment == 0


@given(VALUES, VALUES, INCREMENTS, MARGINS)
def test_moving_again_changes_nothing(before: int, past: int, increment: int, margin: int) -> None:
    """A resumed step moves again; the margin is not added twice."""
    once = moved(before, past, increment=increment, margin=margin)

    assert moved(once, past, increment=increment, margin=margin) == once


@given(VALUES, VALUES, INCREMENTS, MARGINS)
def test_it_goes_no_further_than_needed(before: int, past: int, increment: int, margin: int) -> None:
    after = moved(before, past, increment=increment, margin=margin)

    assert after == before or after < past + (margin + 1) * increment


@given(VALUES, VALUES, st.integers(-1000, -1), MARGINS)
def test_one_that_counts_downwards_stays(before: int, past: int, increment: int, margin: int) -> None:
    assert moved(before, past, increment=increment, margin=margin) == before
