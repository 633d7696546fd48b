"""So many keys a second, so that a live server is not hurt."""

from collections.abc import Callable
from math import ceil
from time import monotonic

from recovery.errors import BadInput
from recovery.waiting import rest

SLICES = 10
"""A second's keys are asked for in so many portions, rather than in a burst."""


class Pace:
    """Keeps whoever spends keys from spending more than a rate, on the long run and within any second or so."""

    def __init__(
        self,
        keys_per_second: float | None = None,
        *,
        clock: Callable[[], float] = monotonic,
        wait: Callable[[float], object] = rest,
    ) -> None:
        """Take the rate, None for as fast as it goes; *clock* tells seconds, *wait* waits for seconds."""
        if keys_per_second is not None and not keys_per_second > 0:
            raise BadInput(
                f"keys_per_second is {keys_per_second:g}: give more than 0, or nothing for no limit."
            )
        self._rate, self._clock, self._wait = keys_per_second, clock, wait
        self._began = self._due = clock()

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was made."""
        return self._clock() - self._began

    def portion(self, most: int) -> int:
        """Return how many keys to ask for at once: *most*, or a fraction of a second's."""
        return most if self._rate is None else max(1, min(most, ceil(self._rate / SLICES)))

    def spend(self, keys: int) -> None:
        """Wait until all keys that were spent before are paid for, then owe *keys* more.

        Time in which nothing was spent is not saved up: no burst follows a stall.
        """
        if self._rate is None:
            return
        now = self._clock()
        if now < self._due:
            self._wait(self._due - now)
        self._due = max(now, self._due) + keys / self._rate
