"""Everybody is asked at once, and whoever does not answer holds up nobody."""

import logging
from collections.abc import Callable, Iterator
from threading import Event
from time import monotonic

import pytest

from deployments.intake.asking import Asking
from recovery.errors import Unavailable
from recovery.waiting import wait_until

SOON_S, LATE_S = 0.2, 10.0


class Place:
    """It answers with how often it was asked, refuses to, or hangs until it is let go."""

    def __init__(self) -> None:
        self.asked, self.refuses = 0, False
        self.free = Event()
        self.free.set()

    def answer(self) -> int:
        self.asked += 1
        self.free.wait(LATE_S)
        if self.refuses:
            raise Unavailable("it did not answer")
        return self.asked


@pytest.fixture
def places() -> Iterator[dict[str, Place]]:
    made = {name: Place() for name in ("east", "west")}
    yield made
    for place in made.values():
        place.free.set()


Ask = Callable[[], dict[str, int]]


@pytest.fixture
def ask(places: dict[str, Place]) -> Ask:
    asking = Asking({name: place.answer for name, place in places.items()}, action="try", deadline_s=SOON_S)

    def asked() -> dict[str, int]:
        asking.begin()
        return asking.answers()

    return asked


def test_everybody_is_asked_anew_each_time(ask: Ask) -> None:
    assert [ask(), ask()] == [{"east": 1, "west": 1}, {"east": 2, "west": 2}]


def test_one_that_hangs_is_waited_for_so_long_and_not_asked_again_meanwhile(
    ask: Ask, places: dict[str, Place]
) -> None:
    """Else each round would leave one more thread waiting."""
    places["east"].free.clear()
    began = monotonic()

    assert [ask(), ask()] == [{"west": 1}, {"west": 2}]

    assert monotonic() - began < LATE_S / 2
    assert places["east"].asked == 1


def test_an_answer_that_comes_too_late_is_never_taken_for_one_of_now(
    ask: Ask, places: dict[str, Place]
) -> None:
    places["east"].free.clear()
    ask()
    places["east"].free.set()

    first = wait_until(lambda: (ask().get("east"), "no answer"), what="the east", deadline_s=LATE_S)

    assert first == 2, "the answer to the second question, not to the first"


def test_a_silence_is_told_once_until_it_is_over(
    ask: Ask, places: dict[str, Place], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)

    for refuses in (True, True, False, True):
        places["west"].refuses = refuses
        ask()

    assert [record.getMessage() for record in caplog.records] == ["it did not answer"] * 2


def test_a_fault_of_our_own_is_not_taken_for_a_silence() -> None:
    def broken() -> int:
        raise ZeroDivisionError

    asking = Asking({"east": broken}, action="try")
    asking.begin()

    with pytest.raises(ZeroDivisionError):
        asking.answers()


def test_nobody_to_ask_is_no_answers() -> None:
    nobody: Asking[int] = Asking({}, action="try")
    nobody.begin()

    assert nobody.answers() == {}
