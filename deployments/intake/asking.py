"""One question to every place at once: what does not answer in time says nothing, and nobody waits for it."""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from time import monotonic
from typing import Generic, TypeVar

from recovery.errors import Unavailable

T = TypeVar("T")

ANSWER_DEADLINE_S = 4.0
"""Above the adapters' own deadlines, which do not bound the look-up of a name."""

_log = logging.getLogger(__name__)


class Asking(Generic[T]):
    """Asks each place by its own function; a place that falls silent is told of once."""

    def __init__(
        self,
        whom: Mapping[str, Callable[[], T]],
        *,
        action: str,
        deadline_s: float = ANSWER_DEADLINE_S,
    ) -> None:
        """Begin with nothing asked; *action* is what log lines call it."""
        self._whom, self._action = whom, action
        self._deadline_s, self._until_s = deadline_s, 0.0
        self._asked: dict[str, Future[T]] = {}
        self._late: dict[str, Future[T]] = {}
        self._silent = set[str]()
        self._pool = ThreadPoolExecutor(max(1, len(whom)), thread_name_prefix=action)

    def begin(self) -> None:
        """Ask everybody, but for those who still owe an earlier answer, which nobody wants any more."""
        self._until_s = monotonic() + self._deadline_s
        before = {**self._late, **self._asked}
        self._late = {place: future for place, future in before.items() if not future.done()}
        self._asked = {
            place: self._pool.submit(ask) for place, ask in self._whom.items() if place not in self._late
        }

    def answers(self) -> dict[str, T]:
        """Return what was answered since `begin`, by place, once all have answered or the deadline has passed."""
        done, _ = wait(self._asked.values(), timeout=max(0.0, self._until_s - monotonic()))
        for place in self._whom:
            if self._asked.get(place) not in done:
                self._tell(place, f"{place} does not answer; see its network, and the look-up of its name.")
        return {
            place: future.result()
            for place, future in self._asked.items()
            if future in done and self._answered(place, future)
        }

    def _answered(self, place: str, future: Future[T]) -> bool:
        """Return whether it is an answer; raises what is neither that nor `Unavailable`."""
        error = future.exception()
        if isinstance(error, Unavailable):
            self._tell(place, str(error))
            return False
        self._silent.discard(place)
        return True

    def _tell(self, place: str, sentence: str) -> None:
        if place not in self._silent:
            _log.warning("%s", sentence, extra={"action": self._action})
        self._silent.add(place)
