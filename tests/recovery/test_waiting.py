"""Waiting: ends with the condition or at the deadline, and says what was seen last."""

from collections.abc import Callable
from time import monotonic

import pytest

from recovery.errors import DeadlinePassed, Refused, Unavailable
from recovery.waiting import rest, wait_until

Look = Callable[[], tuple[int | None, str]]


def looks(*answers: int | Exception | None) -> Look:
    """Give these answers, one a look; the last one again and again."""
    left = list(answers)

    def seen() -> tuple[int | None, str]:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer, f"saw {answer}"

    return seen


def test_the_first_answer_is_returned() -> None:
    assert wait_until(looks(None, None, 7, 8), what="seven", deadline_s=5, poll_s=0) == 7


@pytest.mark.parametrize("answer", [0, False])
def test_an_answer_may_be_falsy(answer: int) -> None:
    """Nothing lost is an answer: only None is none."""
    assert wait_until(looks(answer), what="a count", deadline_s=0) == answer


def test_no_answer_is_not_seen_yet() -> None:
    assert wait_until(looks(Unavailable("away"), 7), what="seven", deadline_s=5, poll_s=0) == 7


def test_the_deadline_tells_what_was_awaited_and_what_was_seen_last() -> None:
    with pytest.raises(DeadlinePassed, match=r"^the drain was awaited for 0\.01 s; last seen: saw None$"):
        wait_until(looks(None), what="the drain", deadline_s=0.01, poll_s=0.001)


def test_the_deadline_tells_that_nobody_answered() -> None:
    with pytest.raises(DeadlinePassed, match="last seen: postgres is away"):
        wait_until(looks(None, Unavailable("postgres is away")), what="it", deadline_s=0.01, poll_s=0.001)


def test_one_look_is_made_whatever_the_deadline() -> None:
    assert wait_until(looks(7), what="seven", deadline_s=0) == 7


def test_a_refusal_ends_the_wait() -> None:
    """Repeating changes nothing: a person decides."""
    with pytest.raises(Refused, match="no such zone"):
        wait_until(looks(Refused("no such zone")), what="it", deadline_s=30)


def test_the_wait_ends_near_its_deadline() -> None:
    """A pause longer than what is left of the time is not slept to its end."""
    began = monotonic()

    with pytest.raises(DeadlinePassed):
        wait_until(looks(None), what="it", deadline_s=0.05, poll_s=5)

    assert monotonic() - began < 2


def test_a_rest_lasts_so_long() -> None:
    began = monotonic()

    rest(0.01)

    assert monotonic() - began >= 0.01
