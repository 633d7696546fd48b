"""A flood of alerts on the intake's own process, which is killed in the middle of it."""

import http.client
import json
import random
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any
from urllib.request import urlopen

import pytest
import yaml

from lab.process import wait_until

ALERTS = 1_500
PEERS = ("http://alertmanager-1.example.com:9093", "http://alertmanager-2.example.com:9093")
PLACES = ("us-east-1", "us-west-2", "witness")
NOBODY = "http://127.0.0.1:9"
BEARER = {"Authorization": "Bearer " + "t" * 32}
DEADLINE_S = 30.0
MOST_ATTEMPTS = 20

ENDED = {"status": "resolved", "endsAt": "2026-11-22T08:31:30Z"}
KEPT = """
SELECT fingerprint, times_firing >= 2, times_resolved >= 2, ended_at IS NOT NULL FROM alerts ORDER BY fingerprint
"""

Body = Callable[..., bytes]
Alert = dict[str, Any]


class Intake:
    """The intake's process, which answers nobody while it is started again."""

    def __init__(self, folder: Path, config: Path, port: int) -> None:
        self.folder, self._config, self._port, self._up = folder, config, port, Event()

    def start(self) -> None:
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder),
            "PREFECT_API_URL": f"{NOBODY}/api",
            "PREFECT_HOME": str(self.folder / "prefect"),
            "PYTHONPATH": ":".join(sys.path),
        }
        command = [sys.executable, "-m", "deployments.intake", "--config", str(self._config)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        wait_until(self._answers, what="the intake's answer", deadline_s=DEADLINE_S)
        self._up.set()

    def kill(self) -> None:
        self._up.clear()
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(DEADLINE_S)

    def deliver(self, body: bytes) -> None:
        """Send as Alertmanager does, again and again until it is taken."""
        for _ in range(MOST_ATTEMPTS):
            assert self._up.wait(DEADLINE_S)
            with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=DEADLINE_S)) as line:
                try:
                    line.request("POST", "/alertmanager", body, BEARER)
                    if line.getresponse().status == 202:
                        return
                except (OSError, http.client.HTTPException):
                    continue
        raise AssertionError(f"not taken in {MOST_ATTEMPTS} attempts")

    def courses(self) -> set[str]:
        """Return every course that it decided upon, once it decided on one."""
        file = self.folder / "evaluations.jsonl"
        wait_until(file.exists, what="an evaluation", deadline_s=DEADLINE_S)
        return {json.loads(line)["decision"]["course"] for line in file.read_text().splitlines()}

    def _answers(self) -> bool:
        with urlopen(f"http://127.0.0.1:{self._port}/health", timeout=1) as answer:
            return answer.status == 200


@pytest.fixture
def intake(tmp_path: Path, estate_values: dict[str, Any]) -> Iterator[Intake]:
    """Return the intake, started, of an estate in which nobody else is at home."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    observers = {place: {"prometheus": NOBODY} for place in PLACES}
    estate_values["recovery"]["automation"] = {"observers": observers, "evaluate_seconds": 1}
    (tmp_path / "estate.yaml").write_text(yaml.safe_dump(estate_values))
    (tmp_path / "token").write_text("t" * 32)
    config = {
        "listen": f"127.0.0.1:{port}",
        "spool": str(tmp_path / "spool.sqlite"),
        "estate": str(tmp_path / "estate.yaml"),
        "token_files": [str(tmp_path / "token")],
    }
    (tmp_path / "intake.yaml").write_text(yaml.safe_dump(config))
    started = Intake(tmp_path, tmp_path / "intake.yaml", port)
    with _ended(started):
        yield started


@contextmanager
def _ended(intake: Intake) -> Iterator[None]:
    try:
        intake.start()
        yield
    finally:
        intake.kill()


def in_bodies(told: list[Alert], body: Body, chance: random.Random) -> list[bytes]:
    """Return everything as both peers tell it: each in its own order, in bodies of 1 to 1,000 alerts."""
    bodies: list[bytes] = []
    for peer in PEERS:
        rest = iter(chance.sample(told, len(told)))
        while group := list(islice(rest, round(1000 ** chance.random()))):
            bodies.append(body(*group, receiver=peer, externalURL=peer))
    chance.shuffle(bodies)
    return bodies


def test_what_was_accepted_outlives_a_kill_in_the_middle_of_a_flood(intake: Intake, body: Body) -> None:
    """Two peers tell all of it, in any order; what was not answered is sent again, and nothing is begun."""
    firing = [{"fingerprint": f"{n:016x}"} for n in range(ALERTS)]
    resolved = [alert | ENDED for alert in firing[::2]]
    bodies = in_bodies(firing + resolved, body, random.Random(3))  # noqa: S311 - a repeatable flood

    with ThreadPoolExecutor(8) as senders:
        sooner = [senders.submit(intake.deliver, told) for told in bodies[::2]]
        for _ in islice(as_completed(sooner), len(sooner) // 2):
            pass
        intake.kill()
        later = [senders.submit(intake.deliver, told) for told in bodies[1::2]]
        intake.start()
        for answer in (*sooner, *later):
            answer.result()

    with closing(sqlite3.connect(intake.folder / "spool.sqlite")) as file:
        kept = file.execute(KEPT).fetchall()
    assert kept == [(f"{n:016x}", 1, n % 2 == 0, n % 2 == 0) for n in range(ALERTS)]
    assert "fail over" not in intake.courses()
    assert not [file for place in PLACES for file in (intake.folder / place).rglob("*")]
