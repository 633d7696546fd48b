"""A region that was lost comes back by itself, as it was: nobody brings it back, and it must serve nobody."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event

import httpx
import pytest
from scene import Scene, a_lab

from lab import process
from lab.faults import Fault, break_it, heal
from lab.parts.aws import Aws
from lab.parts.guard import says
from lab.parts.postgres import connected
from lab.place import EAST, PORTS, SERVICES, WEST, WITNESS
from lab.service.settings import DATABASES

pytestmark = pytest.mark.lab

Answers = list[tuple[int, str | None]]
"""Each answer's status, and whether it says that no service was reached."""


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A lab without alerts."""
    yield from a_lab("region-back-from-the-dead", watched=False)


def test_it_serves_nobody_until_a_failback_opens_it(scene: Scene) -> None:
    """From its gateway's first answer on: somebody who kept its address asks it all the time."""
    injected_at = break_it(scene.lab, Fault.REGION, EAST)
    dead_at = datetime.now(UTC)
    ended = scene.dr("failover", EAST, "--injected-at", injected_at.isoformat(), "--reason", "test")
    assert ended.status == 0, ended.told
    [failover] = scene.operations()

    with asking(scene) as answers:
        heal(scene.lab, (EAST,), lambda _proof: None)

    assert set(answers) == {(503, "no")}
    assert written(scene, after=dead_at) == 0
    assert reason(scene) == f"region guard: closed: left by {failover}, and no failback has opened it since\n"

    ended = scene.dr("failback", EAST, "--reason", "test")

    assert ended.status == 0, ended.told
    assert says(scene.lab, EAST).why.startswith("opened by failback-")
    assert {ask(scene, service)[0] for service in SERVICES} == {200}


def test_it_serves_nobody_while_it_can_not_ask_either(scene: Scene) -> None:
    """Nobody has left it, and its guard was open: but the journal's stores are out of its reach when it comes back."""
    break_it(scene.lab, Fault.REGION, EAST)
    dead_at = datetime.now(UTC)
    stores = {Aws(WEST).name, Aws(WITNESS).name}
    process.kill(running for running in process.recorded(scene.lab) if running.part in stores)

    with asking(scene) as answers:
        heal(scene.lab, (EAST,), lambda _proof: None)

    assert set(answers) == {(503, "no")}
    assert written(scene, after=dead_at) == 0
    assert reason(scene).startswith(
        "region guard: closed: no majority of the journal's stores has answered since"
    )
    assert says(scene.lab, WEST).may_serve  # it has run on, and keeps its last answer


@contextmanager
def asking(scene: Scene) -> Iterator[Answers]:
    """Ask the region for its health without a pause, for as long as the block runs; what it answers is noted."""
    answers, over = Answers(), Event()

    def ask_on() -> None:
        while not over.is_set():
            try:
                answers.append(ask(scene, SERVICES[0]))
            except httpx.TransportError:  # its gateway is not there yet
                over.wait(0.002)

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask_on)
        try:
            yield answers
        finally:
            over.set()
            asked.result()


def ask(scene: Scene, service: str) -> tuple[int, str | None]:
    """Ask a service of the region through its gateway, as somebody who kept its address."""
    answer = httpx.get(url(scene, f"/{service}/health"), trust_env=False, timeout=5)
    return answer.status_code, answer.headers.get("X-Dr-Reached")


def written(scene: Scene, *, after: datetime) -> int:
    """Return how many rows the region has written since; the prober asks it by its address, too."""
    count = 0
    for database in DATABASES.values():
        with connected(scene.lab, EAST, database) as connection:
            query = "SELECT count(*) FROM dr_probe WHERE region = %s AND written_at > %s"
            [found] = connection.execute(query, [EAST, after]).fetchall()
            count += found[0]
    return count


def reason(scene: Scene) -> str:
    """Return what the gateway says to Route 53's checkers."""
    answer = httpx.get(url(scene, "/health"), trust_env=False, timeout=5)
    assert answer.status_code == 503
    return answer.text


def url(scene: Scene, path: str) -> str:
    return f"http://{scene.lab.address(EAST)}:{PORTS.gateway}{path}"
