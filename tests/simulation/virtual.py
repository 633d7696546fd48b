"""What stands between the flows and a simulation: the clock, the waits, threads, chance, and Prefect's engine.

Each is replaced by name, so that one that is renamed fails here. Nothing of what decides is touched.
"""

import logging
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, tzinfo
from types import SimpleNamespace, TracebackType
from typing import Any, Self

import pytest
from claims import Claims
from scheduling import Scheduler
from simulated import SimulatedEstate

from blocks.estate import Estate
from recovery import epoch, operation_journal, waiting
from recovery.errors import Unavailable
from recovery.estate import EstateFile
from recovery.quorum import Quorum
from tasks import answers, fencing, promotion, readiness, reporting, run, watching, witnesses
from tasks import failover as failovers
from tasks import journal as journals
from tasks import step as steps

SILENT = logging.getLogger("simulation")
SILENT.disabled = True


class Virtual:
    """The schedule that is played now."""

    def __init__(self) -> None:
        """Have none yet."""
        self.scheduler = Scheduler(0)
        self.estate: SimulatedEstate | None = None
        self.claims: Claims | None = None

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Put the schedule's clock, turns and chance in place of the machine's."""
        for module in (waiting, epoch, answers):
            patch.setattr(module, "monotonic", self._monotonic)
        for module in (waiting, epoch):
            patch.setattr(module, "Event", self._pause)
        patch.setattr(epoch, "uniform", self._uniform)
        patch.setattr(run, "datetime", SimpleNamespace(now=self._now))
        for module in (fencing, promotion, readiness, witnesses):
            patch.setattr(module, "ThreadPoolExecutor", InTurn)
        patch.setattr(journals, "_actor", self._actor)
        patch.setattr(journals, "take", self._take)
        patch.setattr(Estate, "load", self._load)
        self._without_prefect(patch)
        _remembering(patch)

    def _without_prefect(self, patch: pytest.MonkeyPatch) -> None:
        """Run a step's checkpointed work as Prefect's engine would, retries and all; no pages, and no paces."""

        def within(made: steps.Step[Any, Any, Any], run: Any) -> Callable[..., Any]:
            self.claims.begins(made.declared.mutates, run.id, run.epoch.number)
            return lambda *args: self._retried(made, *args)

        patch.setattr(steps.Step, "_within", within)
        patch.setattr(steps, "watched", lambda *_of, **_limits: nullcontext(watching.Watched()))
        patch.setattr(watching.History, "read_from", lambda *_of: None)
        patch.setattr(journals, "remember", lambda *_of: None)
        for module in (steps, journals, reporting):
            patch.setattr(module, "get_run_logger", lambda: SILENT)
        patch.setattr(operation_journal, "_log", SimpleNamespace(info=self._recorded))
        patch.setattr(journals, "version", lambda _package: "simulated")
        patch.setattr(journals, "flow_run", SimpleNamespace(id=None, name=None))
        patch.setattr(reporting, "measure", lambda _run: None)
        patch.setattr(reporting, "publish_interim", _unpublished)
        quiet = replace(failovers.PROCEDURE, publish=_unpublished, publish_missing=_unpublished)
        patch.setattr(failovers, "PROCEDURE", quiet)

    def _retried(self, made: steps.Step[Any, Any, Any], *args: Any) -> Any:
        prefects = made._task  # noqa: SLF001 - how often Prefect would try it again
        delays = [*prefects.retry_delay_seconds]
        for attempt in range(prefects.retries):
            try:
                return made._checkpointed(*args)  # noqa: SLF001 - what Prefect would call
            except Unavailable:
                self.scheduler.sleep(delays[min(attempt, len(delays) - 1)])
        return made._checkpointed(*args)  # noqa: SLF001 - the same

    def _recorded(self, _text: str, kind: str, what: str, *, extra: dict[str, Any]) -> None:
        self.scheduler.tell(f"journal: {kind} {what} {extra['event'].data.get('error', '')}")

    def _load(self, _path: str) -> SimulatedEstate:
        assert self.estate is not None
        return self.estate

    def _take(self, quorum: Quorum, estate: str, claim: epoch.Claim) -> epoch.Epoch:
        assert self.claims is not None
        return self.claims.takes(quorum, estate, claim)

    def _uniform(self, low: float, high: float) -> float:
        return self.scheduler.chance.uniform(low, high)

    def _monotonic(self) -> float:
        return self.scheduler.clock_s

    def _now(self, _zone: tzinfo) -> datetime:
        return self.scheduler.now()

    def _pause(self) -> SimpleNamespace:
        return SimpleNamespace(wait=self.scheduler.sleep)

    def _actor(self) -> str:
        process = self.scheduler.current
        return process.name if process else "nobody"


class InTurn:
    """A pool of threads whose work is done at once, one after the other: its callers wait for all of it."""

    def __init__(self, _threads: int) -> None:
        """Have none."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Have nothing to wait for."""

    def map(self, work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        return [work(item) for item in items]

    def submit(self, work: Callable[..., Any], *args: Any, **named: Any) -> "Ended":
        return Ended(work, *args, **named)


class Ended:
    """A future that has ended."""

    def __init__(self, work: Callable[..., Any], *args: Any, **named: Any) -> None:
        """Do the work, and keep what it came to."""
        self._error: Exception | None = None
        try:
            self._result = work(*args, **named)
        except Exception as error:  # noqa: BLE001 - a future holds whatever it was
            self._error = error

    def result(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._result


def _unpublished(_run: object) -> SimpleNamespace:
    return SimpleNamespace(verdict=SimpleNamespace(headline="ended", overall=None))


def _once_a_file(told: Callable[..., Any]) -> Callable[..., Any]:
    """Return what a file's text alone decides as it was told the first time."""
    known: dict[object, Any] = {}

    def remembered(file: EstateFile, *more: object) -> Any:
        key = (id(file), *more)
        if key not in known:
            known[key] = told(file, *more)
        return known[key]

    return remembered


def _remembering(patch: pytest.MonkeyPatch) -> None:
    """Have what is told of an estate's file told once: that is pure, and much of the time went there."""
    for module, name in ((failovers, "forecast"), (EstateFile, "digest")):
        patch.setattr(module, name, _once_a_file(getattr(module, name)))
