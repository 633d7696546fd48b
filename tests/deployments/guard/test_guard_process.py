"""The guard as a process: how it starts, how it is refused, and what it knows after it was killed."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import yaml
from leaving import CLOSED, EAST, NO_RETURN, WEST, Leaving

from blocks.journal_stores import quorum_of
from deployments import listening
from recovery.estate import EstateFile
from recovery.waiting import wait_until

DEADLINE_S = 30.0
HOST = f"127.98.{os.getpid() % 250 + 1}.1"
Said = dict[str, Any]


@pytest.fixture
def estate(tmp_path: Path, estate_values: dict[str, Any]) -> Path:
    path = tmp_path / "estate.yaml"
    path.write_text(yaml.safe_dump(estate_values))
    return path


@contextmanager
def running(estate: Path, region: str, *more: str) -> Iterator[Callable[[], Said]]:
    """Run a region's guard, and kill it in the end; yields what asks it."""
    listen = f"{HOST}:{a_free_port()}"
    process = start(estate, region, listen, *more)

    def says() -> Said:
        try:
            with urlopen(f"http://{listen}/", timeout=DEADLINE_S) as response:
                return {"status": response.status, **json.load(response)}
        except HTTPError as error:
            return {"status": error.code, **json.load(error)}

    try:
        yield says
    finally:
        process.kill()
        process.communicate()


def start(estate: Path, region: str, listen: str, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "deployments.guard"]
    options = ["--estate", str(estate), "--region", region, "--listen", listen, *more]
    return subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True)


def a_free_port() -> int:
    with socket.create_server((HOST, 0)) as door:
        return int(door.getsockname()[1])


def comes(says: Callable[[], Said], wanted: Callable[[Said], bool], what: str) -> Said:
    """Return what it says once it is what was *wanted*."""

    def look() -> tuple[Said | None, str]:
        try:
            said = says()
        except OSError as error:
            return None, str(error)
        return (said if wanted(said) else None), str(said)

    return wait_until(look, what=what, deadline_s=DEADLINE_S)


def goes(estate: Path, places: tuple[str, ...] = (EAST, WEST)) -> None:
    """Have stores of the journal go: files stand where their directories were."""
    for place in places:
        folder = estate.parent / place
        if folder.exists():
            folder.rename(folder.with_suffix(".away"))
        folder.write_text("")


def comes_back(estate: Path, places: tuple[str, ...] = (EAST, WEST)) -> None:
    for place in places:
        folder = estate.parent / place
        folder.unlink()
        folder.with_suffix(".away").rename(folder)


def left(estate: Path) -> str:
    file = EstateFile.read(estate)
    return Leaving(file.settings.estate, quorum_of(file)).failover(NO_RETURN, CLOSED)


def test_a_region_that_comes_back_from_the_dead_is_closed_whatever_it_knew(estate: Path) -> None:
    """Its guard was open when it was killed; the region was left meanwhile; the stores are out of its reach."""
    with running(estate, EAST) as says:
        comes(says, lambda said: said["status"] == 200, "an open guard")
    failover = left(estate)
    goes(estate)

    with running(estate, EAST) as says:
        unheard = comes(says, lambda said: "Too few" in (said["trouble"] or ""), "an asking that failed")
        comes_back(estate)
        heard = comes(says, lambda said: said["heard_at"] is not None, "an answer of the stores")

    assert (unheard["status"], unheard["heard_at"], unheard["left_by"]) == (503, None, None)
    assert (heard["status"], heard["left_by"]) == (503, failover)


def test_an_outage_of_the_stores_closes_no_region_that_serves(estate: Path) -> None:
    left(estate)
    with running(estate, WEST) as says:
        comes(says, lambda said: said["status"] == 200, "an open guard")
        goes(estate)

        said = comes(says, lambda said: said["trouble"] is not None, "an asking that failed")

    assert said["status"] == 200


def test_on_a_night_without_stores_a_person_opens_it_by_a_word_that_is_named(estate: Path) -> None:
    goes(estate, (EAST, WEST, "witness"))
    soon = datetime.now(UTC) + timedelta(hours=1)

    with running(estate, WEST, "--open-until", soon.isoformat()) as says:
        said = comes(says, lambda said: "Too few" in (said["trouble"] or ""), "an asking that failed")

    assert said["status"] == 200
    assert said["why"].startswith("opened by hand (--open-until)")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"--region": "mars"},
            "estate.yaml; give one of us-east-1, us-west-2.",
        ),
        ({"--estate": "/nowhere.yaml"}, "/nowhere.yaml"),
        ({"--listen": "guard"}, "listen: 'guard' is no IPv4 address and port; give one as 127.0.0.1:8900."),
        ({"--listen": "127.0.0.1:99999"}, "listen: 127.0.0.1:99999 can not be had (no such port)"),
        ({"--open-until": "tomorrow"}, "--open-until 'tomorrow' is no time"),
        ({"--open-until": "2036-01-01T00:00:00Z"}, "is too late"),
    ],
)
def test_bad_input_is_one_line_and_status_2(estate: Path, options: dict[str, str], told: str) -> None:
    given = {"--estate": str(estate), "--region": EAST, "--listen": f"{HOST}:{a_free_port()}", **options}
    words = [word for pair in given.items() for word in pair]

    ended = subprocess.run(
        [sys.executable, "-m", "deployments.guard", *words],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )

    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1), ended.stderr
    assert told in ended.stderr


def test_an_address_that_is_taken_is_refused(estate: Path) -> None:
    listen = f"{HOST}:{a_free_port()}"
    with listening.door(listen):
        _, errors = start(estate, EAST, listen).communicate(timeout=DEADLINE_S)

    assert (
        errors == f"listen: {listen} can not be had (Address already in use); give a free address and port.\n"
    )


def test_it_starts_without_prefect() -> None:
    """Prefect takes seconds to import: a guard that is started again must be back before its gateway gives it up."""
    look = "import sys, deployments.guard.__main__; sys.exit('prefect' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0
