"""Processes that take turns by lot, in a time that only they make pass: the same seed, the same run."""

from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random

from greenlet import getcurrent, greenlet

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
CALL_S = 0.002
"""What a call to anything outside takes, at least."""
CHANGES = 0.25
"""How often another process comes first, between two calls of one."""
MOST_CALLS = 60_000
"""A schedule that has not ended by then does not end."""


class Killed(BaseException):
    """In place of SIGKILL: nothing outside takes anything more of this process."""


class ToldToStop(BaseException):
    """In place of SIGTERM, or of a run that is cancelled: the process puts back what it can, and ends."""


class Endless(Exception):
    """The schedule does not come to an end."""


@dataclass
class Process:
    """One process at one place; it dies at its call number `dies_at`, and stands still at `stops_at` for a while.

    At `ends_at` it is told to stop.
    """

    name: str
    place: str
    dies_at: int | None = None
    stops_at: int | None = None
    stops_s: float = 0.0
    ends_at: int | None = None
    calls: int = 0
    wakes_at: float = 0.0
    dead: bool = False
    thread: greenlet | None = field(default=None, repr=False)


class Scheduler:
    """Whose turn it is, and what time it is."""

    def __init__(self, seed: int) -> None:
        """Draw everything that is left to chance from *seed*."""
        self.chance = Random(seed)  # noqa: S311 - draws of a simulation
        self.clock_s, self.calls = 0.0, 0
        self.processes: list[Process] = []
        self.current: Process | None = None
        self.looks: Callable[[], None] = lambda: None
        """Called after whatever a process or an event did."""
        self.told: Callable[[str], None] | None = None
        """Told what is done, by whom and when; None: nobody listens."""
        self.killed: Callable[[Process], None] = lambda _process: None
        self.stopped: Callable[[Process], None] = lambda _process: None
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number, self._hub = count(), getcurrent()

    def tell(self, what: str) -> None:
        """Tell what is done now."""
        if self.told is not None:
            self.told(f"{self.clock_s:8.3f} s  {self.current.name if self.current else '-':24}  {what}")

    def now(self) -> datetime:
        """Return the time."""
        return START + timedelta(seconds=self.clock_s)

    def after(self, seconds: float, happens: Callable[[], None]) -> None:
        """Have something happen so much later, whoever's turn it is then."""
        heappush(self._events, (self.clock_s + seconds, next(self._number), happens))

    def start(self, process: Process, body: Callable[[], None]) -> Process:
        """Have *process* take turns from now on."""
        process.wakes_at = self.clock_s
        process.thread = greenlet(lambda: self._lives(process, body), self._hub)
        process.thread.gr_context = copy_context()
        self.processes.append(process)
        return process

    def run(self) -> None:
        """Give turns until every process has ended or died, and nothing more happens."""
        while self._events or self.processes:
            if self._events and self._events[0][0] <= self.clock_s:
                heappop(self._events)[2]()
                self.looks()
                continue
            ready = [process for process in self.processes if process.wakes_at <= self.clock_s]
            if not ready:
                next_event = [self._events[0][0]] if self._events else []
                self.clock_s = min([*next_event, *(process.wakes_at for process in self.processes)])
                continue
            self._turn(ready[0] if len(ready) == 1 else self.chance.choice(ready))

    def point(self) -> None:
        """Let others come first, before the running process calls anything outside; this is where it dies."""
        if (process := self.current) is None:
            return
        self._counted(process)
        self.looks()
        due = self._events and self._events[0][0] <= self.clock_s
        if due or (len(self.processes) > 1 and self.chance.random() < CHANGES):
            self._others(process)

    def sleep(self, seconds: float) -> None:
        """Let the running process do nothing for so long; nobody waits where no process runs."""
        if (process := self.current) is None:
            self.clock_s += seconds
            return
        self._counted(process)
        process.wakes_at = self.clock_s + max(0.0, seconds)
        self._others(process)

    def kill(self, process: Process) -> None:
        """Have it do nothing more, whatever it was about to do."""
        if not process.dead:
            process.dead = True
            process.wakes_at = self.clock_s
            self.tell(f"{process.name} is killed")
            self.killed(process)

    def _counted(self, process: Process) -> None:
        if process.dead:
            raise Killed
        self.calls += 1
        process.calls += 1
        self.clock_s += CALL_S
        if self.calls > MOST_CALLS:
            raise Endless(f"{process.name} still runs after {self.calls} calls")
        if process.calls == process.dies_at:
            self.kill(process)
            raise Killed
        if process.calls == process.ends_at:
            self.tell("is told to stop")
            raise ToldToStop
        if process.calls == process.stops_at:
            self.tell(f"stands still for {process.stops_s:g} s")
            self.stopped(process)
            process.wakes_at = self.clock_s + process.stops_s
            self._others(process)

    def _others(self, process: Process) -> None:
        self.looks()
        self._hub.switch()
        if process.dead:
            raise Killed

    def _turn(self, process: Process) -> None:
        self.current = process
        try:
            process.thread.switch()
            self.looks()
        finally:
            self.current = None
        if process.thread.dead:
            self.processes.remove(process)

    def _lives(self, process: Process, body: Callable[[], None]) -> None:
        try:
            body()
        except (Killed, ToldToStop):
            process.dead = True
