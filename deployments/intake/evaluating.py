"""The intake's second half: evaluate whenever something arrived, and in any case so often; start what follows."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic

from deployments.intake.deciding import Deciding, failover_of
from deployments.intake.starting import Start
from deployments.intake.store import Store
from recovery.errors import RecoveryError
from recovery.evaluation import Evaluation
from recovery.guards import Course
from recovery.operation import Failover

QUICK_S, MOST_REST_S = 0.25, 1.0
"""After an evaluation that took longer than the first, alerts wait as long as it took, and at most the second."""

Told = Callable[[Evaluation], None]
Unfinished = Callable[[], Failover | None]

_log = logging.getLogger(__name__)


class Evaluating:
    """One evaluation at a time; a failover runs beside them, one at a time too."""

    def __init__(
        self, deciding: Deciding, store: Store, start: Start, *, estate: str, period: timedelta
    ) -> None:
        """Evaluate every *period*, and as soon as `wake` is called."""
        self._deciding, self._store, self._start = deciding, store, start
        self._estate, self._period = estate, period
        self._woken, self._running = asyncio.Event(), set[asyncio.Task[None]]()

    def wake(self) -> None:
        """Have the next evaluation begin now."""
        self._woken.set()

    async def go_on(self, unfinished: Unfinished, stop: asyncio.Event) -> None:
        """Go on with the failover that the intake before was killed in, once the journal tells of it."""
        while not stop.is_set():
            try:
                operation = await asyncio.to_thread(unfinished)
            except RecoveryError as error:
                _log.warning("not known what was begun: %s", error, extra={"action": "go on"})
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), self._period.total_seconds())
                continue
            if operation is not None:
                self._begin(operation, again=True)
            return

    async def run(self, stop: asyncio.Event, told: Told) -> None:
        """Evaluate until *stop* is set; then wait for a failover that was begun."""
        while not stop.is_set():
            self._woken.clear()
            began = monotonic()
            due = await self._once(told)
            if (took_s := monotonic() - began) > QUICK_S:  # in a flood; the machine is the door's meanwhile
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), min(took_s, MOST_REST_S, _until(due)))
            # While a failover is under way, alerts do not take its processor: the next look comes in time anyway.
            events = (stop,) if self._running else (stop, self._woken)
            waits = [asyncio.create_task(event.wait()) for event in events]
            _, pending = await asyncio.wait(waits, timeout=_until(due), return_when=asyncio.FIRST_COMPLETED)
            for wait in pending:
                wait.cancel()
        await asyncio.gather(*self._running)

    async def _once(self, told: Told) -> datetime:
        """Evaluate, and start what follows; return when the next one is due."""
        now = datetime.now(UTC)
        try:
            evaluation = await asyncio.to_thread(self._deciding.evaluate, now)
        except (RecoveryError, OSError) as error:
            _log.error("no evaluation: %s", error, extra={"action": "evaluate"})
            return now + self._period
        self._store.processed(now)
        told(evaluation)
        operation = failover_of(evaluation, self._estate, decided_at=datetime.now(UTC))
        if operation is not None and not self._running:
            self._begin(operation, again=False)
        waiting = evaluation.decision.course is Course.WAIT
        return min(now + self._period, self._deciding.due(evaluation)) if waiting else now + self._period

    def _begin(self, operation: Failover, *, again: bool) -> None:
        task = asyncio.create_task(self._fail_over(operation, again=again))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _fail_over(self, operation: Failover, *, again: bool) -> None:
        where = {"action": "fail over", "operation": operation.id}
        _log.warning("%s", operation.reason, extra=where)
        try:
            _log.warning("%s", await asyncio.to_thread(self._start, operation, again=again), extra=where)
        except Exception as error:  # noqa: BLE001 - the next alert must find the intake alive
            _log.error("%s", error or type(error).__name__, extra=where)


def _until(due: datetime) -> float:
    """Return the seconds from now to *due*, none where it has passed."""
    return max(0.0, (due - datetime.now(UTC)).total_seconds())
