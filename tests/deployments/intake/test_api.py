"""The door: what is answered to whom, and what is on the disk by then."""

import asyncio
import gzip
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from deployments.intake.api import Door, app
from deployments.intake.auth import Tokens
from deployments.intake.body import Bodies
from deployments.intake.payload import BODY_LIMIT_BYTES

Sample = Callable[[str], bytes]
Body = Callable[..., bytes]

T = TypeVar("T")

BEARER = {"Authorization": "Bearer " + "t" * 32}


def asked(door: Door, ask: Callable[[httpx.AsyncClient], Awaitable[T]]) -> T:
    """Return what *ask* returns, given a client of the door."""

    async def run() -> T:
        transport = httpx.ASGITransport(app(door))
        async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
            return await ask(client)

    return asyncio.run(run())


def sent(
    door: Door, content: bytes | AsyncIterator[bytes], headers: dict[str, str] | None = None
) -> httpx.Response:
    told = BEARER if headers is None else headers
    return asked(door, lambda client: client.post("/alertmanager", content=content, headers=told))


def metric(door: Door, name: str, **labels: str) -> float | None:
    asked(door, lambda client: client.get("/metrics"))
    return door.metrics.registry.get_sample_value(name, labels)


def outcomes(door: Door, outcome: str) -> float | None:
    return metric(door, "dr_alerts_received_total", outcome=outcome)


async def pieces(size: int, number: int) -> AsyncIterator[bytes]:
    for _ in range(number):
        yield b" " * size


@pytest.mark.parametrize(
    ("name", "new", "heartbeats"),
    [
        ("firing-one", 1, 0),
        ("firing-group", 4, 0),
        ("mixed-firing-resolved", 4, 0),
        ("resolved", 1, 0),
        ("truncated", 2, 0),
        ("watchdog", 0, 1),
        ("hostile-labels", 1, 0),
    ],
)
def test_every_sample_is_taken(door: Door, sample: Sample, name: str, new: int, heartbeats: int) -> None:
    answer = sent(door, sample(name))

    assert answer.status_code == 202
    assert answer.json() == {"new": new, "duplicate": 0, "heartbeats": heartbeats}


def test_the_evaluation_is_woken_once_news_is_on_the_disk_and_by_nothing_else(
    door: Door, sample: Sample
) -> None:
    woken: list[int] = []
    door = replace(door, stored=lambda: woken.append(len(door.store.open_alerts())))

    for name in ("firing-group", "firing-group", "resolved", "watchdog"):
        assert sent(door, sample(name)).status_code == 202

    assert woken == [4, 3]


def test_alerts_are_counted_by_what_became_of_them(door: Door, sample: Sample, body: Body) -> None:
    for told in (sample("firing-group"), sample("firing-group"), sample("truncated"), sample("watchdog")):
        sent(door, told)
    sent(door, body({}, {"labels": {"a": 1}}))

    counted = [
        outcomes(door, name) for name in ("accepted", "duplicate", "truncated", "heartbeat", "malformed")
    ]
    assert counted == [4 + 2 + 1, 4, 3, 1, 1]
    assert metric(door, "dr_alerts_read_total", reading="no_class") == 2


def test_the_watchdogs_age_and_the_oldest_news_are_told(door: Door, sample: Sample) -> None:
    sent(door, sample("watchdog"))
    sent(door, sample("firing-one"))
    later = replace(door, now=lambda: door.now() + timedelta(seconds=90))

    assert metric(later, "dr_watchdog_age_seconds", region="us-east-1") == 90
    assert metric(later, "dr_watchdog_age_seconds", region="us-west-2") == float("inf")
    assert metric(later, "dr_intake_oldest_unprocessed_seconds") == 90


def test_hostile_labels_reach_neither_metrics_nor_the_log_as_they_are(
    door: Door, sample: Sample, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="deployments.intake")

    sent(door, sample("hostile-labels"))
    exposition = asked(door, lambda client: client.get("/metrics")).text

    told = [r for r in caplog.records if r.name.startswith("deployments.intake")]
    assert any(r"us-east-1\n" in r.getMessage() for r in told)
    assert all(r.getMessage().isprintable() and r.__dict__["action"] for r in told)
    assert "quoted" not in exposition
    assert "HostileLabels" not in exposition


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer " + "x" * 32}, {"Authorization": "Basic dDp0"}]
)
def test_without_a_valid_token_nothing_is_read(door: Door, sample: Sample, headers: dict[str, str]) -> None:
    answer = sent(door, sample("firing-one"), headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert outcomes(door, "unauthorized") == 1
    assert door.store.open_alerts() == ()


def test_a_body_is_not_read_before_its_sender_is_known(door: Door) -> None:
    read: list[bytes] = []

    async def told() -> AsyncIterator[bytes]:
        read.append(b"")
        yield b"{}"

    assert sent(door, told(), {}).status_code == 401
    assert read == []


def test_a_token_is_rotated_while_the_door_is_open(door: Door, sample: Sample, tmp_path: Path) -> None:
    files = [tmp_path / "token", tmp_path / "next"]
    door = replace(door, tokens=Tokens(files))
    following = {"Authorization": "Bearer " + "n" * 32}
    assert sent(door, sample("firing-one"), following).status_code == 401

    files[1].write_text("n" * 32)
    both = [sent(door, sample("firing-one"), told).status_code for told in (BEARER, following)]
    files[0].unlink()

    assert both == [202, 202]
    assert sent(door, sample("firing-one")).status_code == 401


@pytest.mark.parametrize("content", [b"", b"{", b'{"version":"4"}', b"[" * 100_000])
def test_what_is_no_payload_is_400_and_counted(door: Door, content: bytes) -> None:
    assert sent(door, content).status_code == 400
    assert outcomes(door, "malformed") == 1


def test_a_body_beyond_the_limit_is_413_with_and_without_a_length(door: Door) -> None:
    declared = sent(door, b" " * (BODY_LIMIT_BYTES + 1))
    lying = sent(door, pieces(BODY_LIMIT_BYTES, 2), BEARER | {"Content-Length": "10"})
    unsaid = sent(door, pieces(BODY_LIMIT_BYTES // 4, 5))

    assert [answer.status_code for answer in (declared, lying, unsaid)] == [413, 413, 413]
    assert outcomes(door, "too_large") == 3


def test_a_body_at_the_limit_is_read(door: Door, sample: Sample) -> None:
    body = sample("firing-one")

    assert sent(door, body + b" " * (BODY_LIMIT_BYTES - len(body))).status_code == 202


def test_bodies_that_hold_too_much_together_are_503(door: Door, sample: Sample) -> None:
    """Not 429: Alertmanager would wait for its next group_interval."""
    door = replace(door, bodies=Bodies(limit_bytes=len(sample("firing-one")) - 1))

    assert sent(door, sample("firing-one")).status_code == 503
    assert sent(door, sample("watchdog")).status_code == 202


def test_a_body_that_does_not_arrive_is_503(door: Door) -> None:
    async def hanging() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    answer = sent(replace(door, bodies=Bodies(deadline_s=0.05)), hanging())

    assert answer.status_code == 503
    assert "did not arrive within 0.05 s" in answer.json()["detail"]


def test_what_bodies_hold_is_given_back(door: Door, sample: Sample) -> None:
    """Of a refused one too: else the door would close for good after some of them."""
    for _ in range(20):
        assert sent(door, pieces(BODY_LIMIT_BYTES, 2)).status_code == 413

    assert sent(door, sample("firing-one")).status_code == 202
    assert door.bodies.held_bytes == 0


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "br", "identity, gzip"])
def test_a_compressed_body_is_415(door: Door, sample: Sample, encoding: str) -> None:
    answer = sent(door, gzip.compress(sample("firing-one")), BEARER | {"Content-Encoding": encoding})

    assert answer.status_code == 415
    assert outcomes(door, "encoded") == 1


def test_5000_alerts_in_one_body_are_taken(door: Door, body: Body) -> None:
    storm = body(*[{}] * 5_000)

    answer = sent(door, storm)

    assert answer.status_code == 202
    assert answer.json()["new"] == 5_000
    assert len(door.store.open_alerts()) == 5_000


def test_what_can_not_be_stored_is_503_and_taken_when_it_is_sent_again(
    door: Door, sample: Sample, tmp_path: Path
) -> None:
    woken: list[bool] = []
    door = replace(door, stored=lambda: woken.append(True))
    with closing(sqlite3.connect(tmp_path / "spool.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = sent(door, sample("firing-one"))
        health = asked(door, lambda client: client.get("/health"))
    assert (answer.status_code, health.status_code, woken) == (503, 503, [])
    assert outcomes(door, "unavailable") == 1

    again = sent(door, sample("firing-one"))

    assert (again.status_code, again.json()["new"], woken) == (202, 1, [True])
    assert asked(door, lambda client: client.get("/health")).json() == {"healthy": True, "spool": "kept"}


def test_a_closed_spool_is_503(door: Door, sample: Sample) -> None:
    door.store.close()

    assert sent(door, sample("firing-one")).status_code == 503


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_405(door: Door, method: str) -> None:
    answer = asked(door, lambda client: client.request(method, "/alertmanager", headers=BEARER))

    assert answer.status_code == 405


@pytest.mark.parametrize("path", ["/alertmanager/", "//alertmanager", "/", "/docs", "/health/"])
def test_nothing_redirects(door: Door, sample: Sample, path: str) -> None:
    """Alertmanager follows a redirect as a GET, takes its 200 for success, and the alert is lost."""
    answer = asked(door, lambda client: client.post(path, content=sample("firing-one"), headers=BEARER))

    assert answer.status_code == 404


def test_a_spool_that_can_not_be_read_leaves_the_metrics_readable(door: Door, tmp_path: Path) -> None:
    (tmp_path / "spool.sqlite").rename(tmp_path / "gone.sqlite")

    answer = asked(door, lambda client: client.get("/metrics"))

    assert answer.status_code == 200
    assert 'dr_watchdog_age_seconds{region="us-east-1"} NaN' in answer.text
