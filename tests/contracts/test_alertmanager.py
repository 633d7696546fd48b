"""What an Alertmanager is asked for: the fake, and Alertmanager 0.25 on a loopback port."""

import json
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Protocol

import pytest
import yaml

from deployments.intake.attribution import Listed
from deployments.intake.known import Fetched, Known
from deployments.intake.payload import parse
from deployments.intake.store import Store
from deployments.monitoring.alertmanager import RECEIVER, Intake, alertmanager
from deployments.monitoring.pace import Pace
from recovery.adapters.alertmanager import Alertmanager
from recovery.alerts import HeldAlert
from recovery.errors import Unavailable
from recovery.fakes.alertmanager import FakeAlertmanager
from recovery.silences import Matcher, Silence
from recovery.waiting import wait_until

EAST, WEST = "us-east-1", "us-west-2"
NOW = datetime.now(UTC)
STARTED = NOW.replace(microsecond=734_567)
STARTED_MS = NOW.replace(microsecond=734_000)
UNTIL = NOW.replace(microsecond=0) + timedelta(hours=1)
DEADLINE_S = 20.0
LABELS = {"alertname": "ErrorRateHigh", "dr_signal": "errors", "prometheus": "monitoring-witness"}
QUICK = Pace(group_wait=timedelta(0), group_interval=timedelta(seconds=1), repeat=timedelta(seconds=60))


class Receiver:
    """Whom the real one delivers to: it keeps the bodies."""

    def __init__(self) -> None:
        self.bodies = bodies = list[bytes]()

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(202)
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Taking)
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def first(self) -> tuple[bytes | None, str]:
        return (self.bodies[0] if self.bodies else None), f"{len(self.bodies)} deliveries"


class Subject(Protocol):
    """An Alertmanager, and what people and a Prometheus do with it."""

    def held(self) -> list[HeldAlert]: ...
    def heard(self) -> frozenset[str]: ...
    def silences(self) -> list[Silence]: ...
    def fire(self, region: str, **labels: str) -> None: ...
    def silence(self, *matchers: Matcher) -> None: ...
    def leave(self) -> None: ...


class Fake(FakeAlertmanager):
    """The fake, as a subject."""

    def fire(self, region: str, **labels: str) -> None:
        told = {**LABELS, "region": region, **labels}
        self.take(told, STARTED_MS, f"{abs(hash(str(told))):016x}"[:16])

    def silence(self, *matchers: Matcher) -> None:
        self.made.append(Silence("ann", "disks", matchers, NOW, UNTIL, active=True))

    def leave(self) -> None:
        self.away = True


class Real(Alertmanager):
    """Alertmanager 0.25, with the configuration that we ship."""

    def __init__(self, folder: Path, delivers_to: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        super().__init__(f"http://{self.address}", receiver=RECEIVER, timeout_s=5.0, alerts_timeout_s=5.0)
        (folder / "token").write_text("t" * 32)
        intake = Intake.model_validate({"url": delivers_to, "credentials_file": folder / "token"})
        (folder / "am.yml").write_text(yaml.safe_dump(alertmanager(QUICK, intake)))
        self._process = subprocess.Popen(
            [
                "/usr/bin/prometheus-alertmanager",
                f"--config.file={folder / 'am.yml'}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address={self.address}",
                "--cluster.listen-address=",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._ready, what="Alertmanager's readiness", deadline_s=DEADLINE_S)

    def fire(self, region: str, **labels: str) -> None:
        told = {**LABELS, "region": region, **labels}
        self._post("alerts", [{"labels": told, "startsAt": STARTED.isoformat()}])

    def silence(self, *matchers: Matcher) -> None:
        told = [
            {"name": m.name, "value": m.value, "isRegex": m.is_regex, "isEqual": m.is_equal} for m in matchers
        ]
        span = {"startsAt": NOW.isoformat(), "endsAt": UNTIL.isoformat()}
        self._post("silences", {"matchers": told, "createdBy": "ann", "comment": "disks", **span})

    def leave(self) -> None:
        self._process.kill()
        self._process.wait(DEADLINE_S)

    def _ready(self) -> tuple[bool, str]:
        return not self.silences(), "an answer"

    def _post(self, what: str, told: object) -> None:
        request = urllib.request.Request(
            f"http://{self.address}/api/v2/{what}",
            json.dumps(told).encode(),
            {"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=DEADLINE_S).close()  # noqa: S310 - it is our own address


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def real(tmp_path: Path, receiver: Receiver) -> Iterator[Real]:
    made = Real(tmp_path, f"http://127.0.0.1:{receiver.server.server_port}/alertmanager")
    yield made
    made.leave()


@pytest.fixture(params=["fake", "real"])
def subject(request: pytest.FixtureRequest) -> Subject:
    return Fake() if request.param == "fake" else request.getfixturevalue("real")


def regions(held: list[HeldAlert]) -> set[str]:
    return {alert.labels["region"] for alert in held}


def test_it_tells_the_alerts_that_fire_with_all_their_labels(subject: Subject) -> None:
    subject.fire(EAST)
    subject.fire(WEST, service="hub-service")

    held = {alert.labels["region"]: alert for alert in subject.held()}

    assert held[EAST].labels == {**LABELS, "region": EAST}
    assert held[WEST].labels == {**LABELS, "region": WEST, "service": "hub-service"}
    assert {alert.starts_at for alert in held.values()} == {STARTED_MS}
    assert len({alert.fingerprint for alert in held.values()}) == 2
    assert all(len(alert.fingerprint) == 16 for alert in held.values())


def test_a_watchdog_is_not_told_for_only_its_delivery_proves_anything(subject: Subject) -> None:
    subject.fire(EAST, alertname="Watchdog")

    assert subject.held() == []


def test_the_observer_whose_watchdog_it_holds_is_heard(subject: Subject) -> None:
    subject.fire(EAST, alertname="Watchdog", observer="witness")
    subject.fire(WEST, observer=WEST)

    assert subject.heard() == {"witness"}


@pytest.mark.parametrize(
    ("matcher", "left"),
    [
        (Matcher("region", EAST), {WEST}),
        (Matcher("region", "us-.*", is_regex=True), set()),
        (Matcher("region", EAST, is_equal=False), {EAST}),
        (Matcher("region", "eu-.+", is_regex=True, is_equal=False), set()),
        (Matcher("region", "us-east", is_regex=True), {EAST, WEST}),
        (Matcher("region", "eu-1|us-west-2", is_regex=True), {EAST}),
    ],
)
def test_what_a_silence_covers_is_not_told_and_the_silence_is(
    subject: Subject, matcher: Matcher, left: set[str]
) -> None:
    """Who made it, why, until when, and each matcher as it was made: we read them as Alertmanager does."""
    subject.fire(EAST)
    subject.fire(WEST)

    subject.silence(matcher, Matcher("dr_signal", ".+", is_regex=True))

    assert regions(subject.held()) == left
    [silence] = subject.silences()
    assert (silence.author, silence.comment, silence.ends_at) == ("ann", "disks", UNTIL)
    assert set(silence.matchers) == {matcher, Matcher("dr_signal", ".+", is_regex=True)}
    assert silence.holds_at(datetime.now(UTC))


def test_one_that_is_gone_does_not_answer(subject: Subject) -> None:
    subject.leave()

    with pytest.raises(Unavailable, match=r"Alertmanager .* did not answer"):
        subject.held()
    with pytest.raises(Unavailable, match=r"Alertmanager .* did not answer"):
        subject.silences()


def test_alerts_that_go_to_another_receiver_are_not_told(real: Real) -> None:
    """An Alertmanager that an estate has already holds many; one of another estate's may name our regions."""
    real.fire(EAST, dr_signal="")

    assert real.held() == []


def test_what_was_delivered_is_not_fetched_again_and_what_was_not_is(
    real: Real, receiver: Receiver, tmp_path: Path
) -> None:
    """Its API cuts a start to the ms, and its deliveries do not."""
    real.fire(EAST)
    body = wait_until(receiver.first, what="a delivery", deadline_s=DEADLINE_S)
    real.fire(WEST)
    now, store = datetime.now(UTC), Store(tmp_path / "spool.sqlite")
    with closing(store):
        known = Known(store, Listed((EAST, WEST), ("witness",)), remembered=timedelta(seconds=30))
        store.record(parse(body).alerts, now)

        fetched = [known.fetch(real.held(), now), known.fetch(real.held(), now)]

        assert fetched == [Fetched(new=1), Fetched()]
        assert {signal.region for signal in known.signals(now)} == {EAST, WEST}
