"""One operation, whose process is killed at each of its points in turn; another one goes on every time."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory

from scene import Scene

from kill_matrix.points import Point
from lab.parts.prefect import environment
from lab.place import ROOT
from recovery.drill.order import SHORT as TEST
from recovery.journal import Event, Kind, find

DEADLINE_S = 180
TOO_LATE = 1
"""In place of the status of a process that had to be ended."""
EMPTY_DATABASE = ROOT / ".cache" / "prefect.db"
"""A database of Prefect in which nothing ever ran."""


@dataclass(frozen=True)
class Survived:
    """What became of one point."""

    point: Point
    safe: bool
    told: str = ""

    def __str__(self) -> str:
        """As the list prints it."""
        return f"{'killed' if self.safe else 'NOT KILLED'}  {self.point}  {self.told}".rstrip()


class Unexpected(Exception):
    """A process ended otherwise than it was to; the message has its last lines."""


def undisturbed(scene: Scene, command: Sequence[str]) -> tuple[str, list[Event]]:
    """Carry out `dr` *command*, and return its operation and its journal."""
    before = set(scene.operations())
    ended = scene.dr(*command)
    if ended.status:
        raise Unexpected(f"dr {' '.join(command)} ended with {ended.status}: {ended.told[-600:]}")
    operation = _new(scene, before)
    return operation, scene.events(operation)


def killed_at_each(
    scene: Scene, command: Sequence[str], points: Sequence[Point]
) -> Iterator[Survived | Point | str]:
    """Kill a new operation at each point in turn, then have a clean process end it.

    Yields each point once its process was killed there and the journal is whole, and last the operation's id. A step
    that was done beside the one that was killed, in the other region, comes no more: its points are yielded as such.
    """
    before, operation = set(scene.operations()), ""
    for number, point in enumerate(points):
        if operation and find(
            scene.events(operation), Kind.DONE, step=point.step, region=point.region or None
        ):
            yield point
            continue
        asked = ["resume", operation] if operation else [*command]
        status, told = _killed(scene, point, asked, without_server=bool(number % 2))
        operation = operation or _new(scene, before)
        safe = status == -signal.SIGKILL
        yield Survived(point, safe, "" if safe else f"its process ended with {status}: {told[-400:]}")
    status, told = _ended(scene, ["resume", operation])
    if status:
        raise Unexpected(f"{operation} was not ended by a clean process ({status}): {told[-600:]}")
    yield operation


def _new(scene: Scene, before: set[str]) -> str:
    """Return the operation that was begun; those that a test of scenarios has begun are parts of it."""
    every = sorted(set(scene.operations()) - before)
    new = [name for name in every if name.startswith(f"{TEST}-")] or every
    if len(new) != 1:
        raise Unexpected(f"One new operation was expected; there are: {', '.join(new) or 'none'}.")
    return new[0]


def _killed(scene: Scene, point: Point, command: Sequence[str], *, without_server: bool) -> tuple[int, str]:
    """Run `dr` until it kills itself, by turns as a run of the lab's Prefect server and without any server."""
    with _empty_home() as home:
        server = {} if without_server else environment(scene.lab)
        options = ["--break-glass"] if without_server else []
        return _ran(
            scene,
            [sys.executable, "-m", "kill_matrix.victim", point.told(), *command, *options],
            server | home,
        )


def _ended(scene: Scene, command: Sequence[str]) -> tuple[int, str]:
    """Run `dr` to the end, in a process that has no server, and a database of Prefect in which nothing ever ran."""
    with _empty_home() as home:
        return _ran(scene, [sys.executable, "-m", "deployments.cli", *command, "--break-glass"], home)


@contextmanager
def _empty_home() -> Iterator[dict[str, str]]:
    with TemporaryDirectory(prefix="eden-dr-matrix-") as folder:
        copy(EMPTY_DATABASE, Path(folder) / "prefect.db")
        yield {"PREFECT_HOME": folder}


def _ran(scene: Scene, command: Sequence[str], more: dict[str, str]) -> tuple[int, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    try:
        done = subprocess.run(
            command,
            env=env | more | {"DR_ESTATE": str(scene.lab.estate_file)},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=DEADLINE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return TOO_LATE, f"not ended in {DEADLINE_S} s: {error.stdout or ''}"
    return done.returncode, done.stdout
