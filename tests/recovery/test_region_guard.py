"""The region guard's policy: what it says from what it has heard, and from what it has not."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.errors import BadInput
from recovery.region_guard import POLICY, Guard
from recovery.region_standing import Standing

EAST = "us-east-1"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
OPEN = Standing(may_serve=True, why="no operation has left it")
LEFT = Standing(may_serve=False, why="left by failover-1", left_by="failover-1")
SECOND = timedelta(seconds=1)


def test_one_that_has_just_started_says_closed() -> None:
    """Whatever it knew before it died: the region may have come back from the dead."""
    answer = Guard(EAST, started_at=NOON).answer(NOON + SECOND)

    assert not answer.may_serve
    assert answer.why == "no majority of the journal's stores has answered since 2026-11-26 12:00:00 UTC"
    assert (answer.heard_at, answer.age_s, answer.trouble) == (None, None, "it has not asked yet")


@pytest.mark.parametrize("standing", [OPEN, LEFT])
def test_it_says_what_the_journal_said_and_how_long_ago(standing: Standing) -> None:
    guard = Guard(EAST, started_at=NOON).answered(standing, NOON)

    answer = guard.answer(NOON + 3 * SECOND)

    assert (answer.may_serve, answer.why, answer.left_by) == (
        standing.may_serve,
        standing.why,
        standing.left_by,
    )
    assert (answer.heard_at, answer.age_s, answer.trouble, answer.policy) == (NOON, 3, None, POLICY)


@pytest.mark.parametrize("standing", [OPEN, LEFT])
@given(seconds=st.integers(min_value=0, max_value=30 * 24 * 3600))
def test_one_that_can_not_ask_keeps_its_answer_for_as_long_as_it_runs(
    standing: Standing, seconds: int
) -> None:
    """An outage of the stores closes neither region, and opens none."""
    guard = Guard(EAST, started_at=NOON).answered(standing, NOON).unanswered("2 stores are down")

    answer = guard.answer(NOON + timedelta(seconds=seconds))

    assert (answer.may_serve, answer.why) == (standing.may_serve, standing.why)
    assert (answer.age_s, answer.trouble) == (seconds, "2 stores are down")


@given(st.lists(st.sampled_from([OPEN, LEFT, None]), max_size=12))
def test_whatever_it_hears_the_last_answer_counts_and_without_one_it_is_closed(
    said: list[Standing | None],
) -> None:
    guard = Guard(EAST, started_at=NOON)
    for standing in said:
        guard = guard.answered(standing, NOON) if standing else guard.unanswered("down")

    heard = [standing for standing in said if standing]
    assert guard.answer(NOON).may_serve == (bool(heard) and heard[-1].may_serve)


LEAVING = Standing(may_serve=True, why="no operation has left it", leaving="failover-1")


def test_one_that_comes_back_stays_closed_while_an_operation_may_leave_its_region() -> None:
    """It was dead at the fence: open, it would take writes when the other one takes over, until it asks next."""
    guard = Guard(EAST, started_at=NOON).answered(LEAVING, NOON)
    again = guard.answered(LEAVING, NOON + SECOND)

    assert not guard.answer(NOON).may_serve
    assert again.answer(NOON + SECOND).why == (
        "failover-1 may be about to leave it, and it did not serve before, as far as is known here"
    )
    assert again.answered(OPEN, NOON + 2 * SECOND).answer(NOON).may_serve, "it was backed out, and is over"
    assert not again.answered(LEFT, NOON + 2 * SECOND).answer(NOON).may_serve


@pytest.mark.parametrize("open_until", [None, NOON + SECOND], ids=["heard", "opened by hand"])
def test_one_that_serves_goes_on_until_the_region_is_left(open_until: datetime | None) -> None:
    """Somebody begins a failover that is refused: that must not close a region that serves."""
    guard = Guard(EAST, started_at=NOON, open_until=open_until)
    serving = guard if open_until else guard.answered(OPEN, NOON)

    leaving = serving.answered(LEAVING, NOON)

    assert leaving.answer(NOON).may_serve
    assert leaving.unanswered("down").answered(LEAVING, NOON).answer(NOON).may_serve
    assert not leaving.answered(LEFT, NOON).answer(NOON).may_serve


def test_a_persons_word_opens_one_that_nobody_answers_and_is_named() -> None:
    """For the night on which the stores and the guards are all down."""
    guard = Guard(EAST, started_at=NOON, open_until=NOON + SECOND).unanswered("down")

    answer = guard.answer(NOON + timedelta(hours=48))

    assert answer.may_serve
    assert answer.why.startswith("opened by hand (--open-until); no majority")
    assert answer.opened_by_hand_until == NOON + SECOND


def test_a_persons_word_ends_with_the_journals() -> None:
    guard = Guard(EAST, started_at=NOON, open_until=NOON + SECOND).answered(LEFT, NOON)

    assert not guard.answer(NOON).may_serve


def test_a_persons_word_that_was_left_in_a_units_file_does_not_open_a_zombie() -> None:
    guard = Guard(EAST, started_at=NOON, open_until=NOON - SECOND).unanswered("down")

    assert not guard.answer(NOON).may_serve


def test_a_persons_word_for_longer_than_a_night_is_refused() -> None:
    with pytest.raises(
        BadInput, match=r"--open-until 2026-11-27T12:00:01\+00:00 is too late.*at most 24 h from now"
    ):
        Guard(EAST, started_at=NOON, open_until=NOON + timedelta(hours=24) + SECOND)
