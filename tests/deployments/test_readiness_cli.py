"""`dr readiness`: its exit status, its JSON, and what it never shows."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from recovery.backups import BackupKind
from recovery.fakes.estate import FakeEstate

EAST, WEST = "us-east-1", "us-west-2"
ADDRESSES = {EAST: "127.0.0.1", WEST: "127.0.0.2"}
CANARY = "canary-7c2e"
SECRETS = ("postgres-operator", "redis", "aws-access-key-id", "aws-secret-access-key")
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def dr() -> Run:
    """Return a function that runs `dr readiness`, and returns its status and what it printed."""
    from deployments.cli import app  # noqa: PLC0415 - takes seconds

    def run(*arguments: str) -> tuple[int, str]:
        ended = CliRunner().invoke(app, ["readiness", *arguments])
        return ended.exit_code, ended.output

    return run


@pytest.fixture
def estate(make_estate: Callable[..., FakeEstate], opens: Callable[[FakeEstate], None]) -> FakeEstate:
    """A sound estate, which `Estate.load` returns."""
    made = make_estate()
    for copies in made.copies.values():
        for repository in (1, 2):
            copies.backups.back_up(BackupKind.FULL, repository=repository)
    opens(made)
    return made


def test_an_estate_that_can_lose_a_region_exits_with_0(estate: FakeEstate, dr: Run) -> None:
    status, told = dr()

    assert status == 0
    assert told.splitlines()[-1].startswith("degraded: 16 warning, ")
    assert estate.outside.journal.keys("") == set(), "a look from a terminal is not kept: the schedule's is"


def test_one_that_can_not_exits_with_1_and_says_first_what_would_mend_it(estate: FakeEstate, dr: Run) -> None:
    estate.clusters[WEST].has(track_commit_timestamp="off")

    status, told = dr()

    first, remedy, *_ = told.splitlines()
    assert status == 1
    assert first == f"✕ FAILED   {WEST}     track_commit_timestamp is on: off (limit: on)"
    assert remedy.strip() == "-> set track_commit_timestamp = on in postgresql.conf"


def test_json_has_every_check(estate: FakeEstate, dr: Run) -> None:
    estate.loses(EAST)

    status, told = dr("--json")

    result = json.loads(told)
    assert (status, result["verdict"], result["estate"]) == (1, "not-ready", "tested")
    assert {"name", "group", "region", "state", "value", "limit", "remedy", "worth"} == {*result["checks"][0]}
    assert {check["state"] for check in result["checks"]} == {"failed", "unknown", "warning", "ok"}


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken, and that nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        yield door.getsockname()[1]


@pytest.fixture
def nobody_there(estate_values: dict[str, Any], tmp_path: Path, closed_port: int) -> Path:
    """The file of an estate none of whose parts answers, with secrets that would be known again."""
    (tmp_path / "secrets").mkdir(mode=0o700)
    for name in SECRETS:
        (tmp_path / "secrets" / name).write_text(f"{CANARY}-{name}")
    url = f"http://127.0.0.1:{closed_port}"
    for block in ("postgres_multi_region", "redis_multi_region"):
        for region in estate_values[block]["regions"]:
            region |= {"host": ADDRESSES[region["name"]], "port": closed_port}
    recovery = estate_values["recovery"]
    recovery |= {
        "aws": {"access_key_id_secret": SECRETS[2], "secret_access_key_secret": SECRETS[3]},
        "redis": {"password_secret": "redis"},
        "prober": {"url": url},
    }
    recovery["postgres"]["password_secret"] = "postgres-operator"
    recovery["route53"] |= {"endpoint_url": url, "authoritative_servers": [f"127.0.0.1:{closed_port}"]}
    for stop in recovery["route53"]["stop_objects"].values():
        stop["endpoint_url"] = url
    recovery["gateways"] = {
        region: {"address": address, "port": closed_port, "admin": f"127.0.0.1:{closed_port}"}
        for region, address in ADDRESSES.items()
    }
    file = tmp_path / "estate.yaml"
    file.write_text(yaml.safe_dump(estate_values))
    return file


def test_nobody_there_is_told_in_seconds_without_any_secret(nobody_there: Path, dr: Run) -> None:
    """By the real clients: each says where it was, and none of them what it knocked with."""
    status, told = dr("--estate", str(nobody_there))

    assert status == 1
    assert told.count("✕ FAILED") > 10
    assert "✓ ok                     every store of the journal answers" in told
    assert CANARY not in told
    assert "defect" not in told
    assert "Traceback" not in told
