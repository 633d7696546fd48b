"""Processes that outlive the command that starts them, and end by their recorded id only."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TypeVar

import psutil

from lab.account import dropped_to
from lab.place import Lab
from recovery.errors import DeadlinePassed

STOP_DEADLINE_S = 8.0
POLL_S = 0.03

MARK = "EDEN_LAB_PART"
"""Where the environment of a part's process names the part's record. What the process starts inherits it,
also what leaves its tree, as pgBackRest's archiver does: it is found, and ended, by that."""
MARKED_ROUNDS = 5
SERVES_FIRST = -10
"""Niceness: ten times the share of a process that has none."""

T = TypeVar("T")


@dataclass(frozen=True)
class Running:
    """A process that this lab started: its id, and when it began, so that a reused id is not mistaken for it."""

    part: str
    region: str | None
    pid: int
    began: float
    mark: str = ""
    """What `MARK` says in the environment of all that it started."""

    @property
    def alive(self) -> bool:
        """Whether that very process still runs."""
        return self.tree() != []

    def tree(self) -> list[psutil.Process]:
        """The process and all it started, oldest first; empty when it is gone."""
        try:
            root = psutil.Process(self.pid)
            if abs(root.create_time() - self.began) > 1 or root.status() == psutil.STATUS_ZOMBIE:
                return []
            return [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


def start(  # noqa: PLR0913 - what a process is started with, all but two by keyword
    lab: Lab,
    part: str,
    command: Sequence[object],
    *,
    region: str | None = None,
    env: Mapping[str, str] | None = None,
    as_caller: bool = False,
    serves: bool = False,
    pass_fds: Sequence[int] = (),
) -> Running:
    """Start *command* detached, its output in the lab's log folder, and record it under *part*.

    *serves*: customers wait for it, or it is one. It goes first where there are more processes than cores.
    """
    log = lab.folder / "log" / f"{part}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    prefix = () if as_caller else dropped_to()
    record = _record(lab, part)
    environment = {**os.environ, **lab.belongings, "PYTHONUNBUFFERED": "1", MARK: str(record), **(env or {})}
    with log.open("ab") as output:
        child = subprocess.Popen(
            [*prefix, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=lab.folder.parent.parent,
            start_new_session=True,
            pass_fds=pass_fds,
        )
    if serves:
        _goes_first(child.pid)
    # It outlives this command on purpose, and is ended by its id: Popen is not to warn about it.
    child.returncode = 0
    began = psutil.Process(child.pid).create_time()
    running = Running(part=part, region=region, pid=child.pid, began=began, mark=str(record))
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(asdict(running)))
    return running


def _goes_first(pid: int) -> None:
    """Put it before all that has no customers, as machines of its own would; only root may, others do without.

    Linux shares out processor time among sessions first, by their own priority: sched(7), the autogroup feature.
    """
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, SERVES_FIRST)
        Path(f"/proc/{pid}/autogroup").write_text(str(SERVES_FIRST))


def marked(lab: Lab, part: str) -> str:
    """Return the setting of the environment by which a process counts as one that *part* started."""
    return f"{MARK}={mark(lab, part)}"


def mark(lab: Lab, part: str) -> str:
    """Return what marks a process as one that *part* started."""
    return str(_record(lab, part))


def recorded(lab: Lab) -> list[Running]:
    """All the processes that this lab recorded, running or not."""
    return [Running(**json.loads(path.read_text())) for path in sorted((lab.folder / "run").glob("*.json"))]


def kill(processes: Iterable[Running], *, marks: Iterable[str] = ()) -> None:
    """SIGKILL the processes and everything they started, all at once; they are gone when this returns.

    So is what flows have started under one of *marks*. It looks again until nothing is left: what was being started
    at the first look has the mark too.
    """
    condemned = list(processes)
    condemning = {running.mark for running in condemned if running.mark} | {*marks}
    for _ in range(MARKED_ROUNDS):
        # A server before its children: one that outlived them would begin to repair itself.
        trees = [each for running in condemned for each in running.tree()]
        victims = list(dict.fromkeys([*trees, *_marked(condemning)]))
        if not victims:
            return
        for victim in victims:
            _signal(victim, signal.SIGKILL)
        _await_end(victims)


def stop(processes: Iterable[Running], *, how: signal.Signals = signal.SIGTERM) -> None:
    """Ask the processes to end, and kill what has not after the deadline."""
    victims = [each for running in processes for each in running.tree()]
    roots = [each for each in victims if each.parent() not in victims]
    for root in roots:
        _signal(root, how)
    left = _await_end(victims)
    for victim in left:
        _signal(victim, signal.SIGKILL)
    _await_end(left)


def wait_until(
    seen: Callable[[], T | None], *, what: str, deadline_s: float, alive: Running | None = None
) -> T:
    """Return the first truthy answer of *seen*; `DeadlinePassed` says what was awaited, and what was seen last."""
    began, last, pause = monotonic(), "nothing", Event()
    while monotonic() - began < deadline_s:
        try:
            if answer := seen():
                return answer
            last = repr(answer)
        except Exception as error:  # noqa: BLE001 - whatever a server that is not up yet may raise
            last = f"{type(error).__name__}: {error}".strip().splitlines()[0]
        if alive and not alive.alive:
            raise DeadlinePassed(f"{what}: {alive.part} ended by itself; its log is log/{alive.part}.log.")
        pause.wait(POLL_S)
    raise DeadlinePassed(f"{what} was awaited for {deadline_s:g} s; last seen: {last}.")


def _record(lab: Lab, part: str) -> Path:
    return lab.folder / "run" / f"{part}.json"


def _marked(marks: set[str]) -> set[psutil.Process]:
    """The processes whose environment carries one of *marks*, wherever they are in the tree."""
    found = set()
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) in marks:
                found.add(process)
        except psutil.Error:  # another account's, or gone meanwhile
            continue
    return found


def _await_end(victims: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Return those that have not ended in time. One that its parent has not buried has ended: it holds nothing more.

    Whoever started the lab may live as long as it does, as a drill's command, and buries nobody.
    """
    until, pause = monotonic() + STOP_DEADLINE_S, Event()
    while (left := [victim for victim in victims if _runs(victim)]) and monotonic() < until:
        pause.wait(POLL_S)
    return left


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _signal(process: psutil.Process, how: signal.Signals) -> None:
    """Send a signal to a process that may have ended by itself."""
    try:
        process.send_signal(how)
    except psutil.NoSuchProcess:
        return
