"""A step that is slower than it was before, or past its deadline, is told of while it still runs.

Nothing waits for any of it: what is remembered of earlier operations is read in the background, and what can not
be told is not told.
"""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Thread
from time import monotonic
from typing import Any

from prefect.events import emit_event
from prefect.logging import get_run_logger

from recovery.errors import RecoveryError
from recovery.event_names import STEP_OVERDUE, STEP_SLOW, estate_id
from recovery.pace_history import Pace, paces, remembered
from recovery.quorum import Quorum

READING_S = 10.0
"""How long what is remembered is waited for at most; the journal's stores have a deadline that is shorter."""
LEAST_S = 1.0
"""A step that takes milliseconds is not slow before this: else every stutter of a machine would be told."""


class History:
    """How long the steps of this procedure took before; empty until `read_from` has read something."""

    def __init__(self) -> None:
        self._paces: Future[dict[str, Pace]] = Future()

    def read_from(self, quorum: Quorum, estate: str, word: str) -> None:
        """Read of the estate's operations of that *word* in the background, and return at once."""
        Thread(target=self._read, args=(quorum, estate, word), daemon=True, name="pace history").start()

    def of(self, step: str) -> Pace | None:
        """Return the step's pace, None where too little is known; waits while it is being read."""
        try:
            return self._paces.result(timeout=READING_S).get(step)
        except TimeoutError:
            return None

    def _read(self, quorum: Quorum, estate: str, word: str) -> None:
        found: dict[str, Pace] = {}
        try:
            found = paces(remembered(quorum, estate, word).values())
        except RecoveryError:
            pass  # stores that are silent delay no operation
        finally:
            self._paces.set_result(found)


@dataclass(frozen=True)
class Limit:
    """After so many seconds, what is told."""

    seconds: float
    event: str
    told: str


@dataclass
class Watched:
    """What was told of one step."""

    passed: list[Limit] = field(default_factory=list)

    def sentence(self, took_s: float) -> str:
        """Say how long it took, and which limits it passed."""
        return f"Took {took_s:.1f} s; {' and '.join(limit.told for limit in self.passed)}."


@contextmanager
def watched(run: Any, step: str, title: str, *, deadline_s: float) -> Iterator[Watched]:
    """Tell of the step while the block runs, once for each limit that it passes."""
    over, found, began = Flag(), Watched(), monotonic()

    def watch() -> None:
        pace = run.history.of(step)
        limits = [Limit(deadline_s, STEP_OVERDUE, f"its deadline is {deadline_s:g} s")]
        if pace:
            told = f"the p75 of its last {pace.samples} is {pace.p75_s:.1f} s"
            limits.append(Limit(max(pace.p75_s, LEAST_S), STEP_SLOW, told))
        for limit in sorted(limits, key=lambda one: one.seconds):
            if over.wait(max(0.0, began + limit.seconds - monotonic())):
                return
            found.passed.append(limit)
            _tell(run, step, title, limit)

    # A thread begins without the context that tells Prefect which run this is.
    Thread(target=copy_context().run, args=(watch,), daemon=True, name=f"watch of {step}").start()
    try:
        yield found
    finally:
        over.set()


def _tell(run: Any, step: str, title: str, limit: Limit) -> None:
    """Say it in the log, and as an event, which Prefect's client sends in the background."""
    get_run_logger().warning(
        "%s still runs after %.1f s: %s",
        title,
        limit.seconds,
        limit.told,
        extra={"action": step, "operation": run.id},
    )
    told = {"operation": run.id, "step": step, "title": title, "after_s": limit.seconds, "why": limit.told}
    emit_event(limit.event, {"prefect.resource.id": estate_id(run.estate.name)}, payload=told)
