"""Waiting for a condition: with a deadline, and a message that says what was awaited."""

from collections.abc import Callable
from threading import Event
from time import monotonic
from typing import TypeVar

from recovery.errors import DeadlinePassed, Unavailable

T = TypeVar("T")


def wait_until(
    seen: Callable[[], tuple[T | None, str]], *, what: str, deadline_s: float, poll_s: float = 0.05
) -> T:
    """Return the first answer of *seen* that is not None.

    *seen* returns an answer, or None, beside what it saw. `Unavailable` counts as not
    seen yet. `DeadlinePassed` says what was awaited, for how long, and what was seen last.
    """
    until, pause, last = monotonic() + deadline_s, Event(), "nothing"
    while True:
        try:
            answer, last = seen()
        except Unavailable as error:
            answer, last = None, str(error)
        if answer is not None:
            return answer
        if (left := until - monotonic()) <= 0:
            raise DeadlinePassed(f"{what} was awaited for {deadline_s:g} s; last seen: {last}")
        pause.wait(min(poll_s, left))


def rest(seconds: float) -> None:
    """Do nothing for so long: to keep a rate, never to wait for something to happen."""
    Event().wait(seconds)
