"""A gateway and its region guard: HAProxy alone, and a guard that says what the test wants."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from lab.account import house
from lab.parts.gateway import Gateway
from lab.place import EAST, PORTS, Lab, claim
from lab.running import down, refuse_second
from recovery.waiting import wait_until

pytestmark = pytest.mark.lab

DEADLINE_S = 15.0


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """The addresses and folders of a lab in which nothing runs."""
    name = f"guarded-gateway-{os.getpid()}"
    refuse_second(name)
    lab, control = claim(name)
    house(lab)
    try:
        yield lab
    finally:
        down(lab)
        control.close()
        shutil.rmtree(lab.folder)


@contextmanager
def guard(lab: Lab, *, may_serve: bool) -> Iterator[ThreadingHTTPServer]:
    """Run a guard that always says the same."""
    status, word = (200, "open") if may_serve else (503, "closed")

    class Saying(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(
                {"may_serve": may_serve, "why": "a test", "heard_at": None, "trouble": None}
            ).encode()
            self.send_response(status)
            self.send_header("X-Dr-Guard", f"{word}: left by one, and two")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((lab.address(EAST), PORTS.guard), Saying)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def gateway(lab: Lab) -> Iterator[None]:
    """Start the gateway; it takes connections once this has yielded."""
    Gateway(EAST, guarded=True).start(lab)
    try:
        yield
    finally:
        down(lab)


def asked(lab: Lab) -> str | None:
    """Return what the guard keeps a customer out with; None for one whom the gateway lets through, to no service."""
    answer = httpx.get(f"http://{lab.address(EAST)}:{PORTS.gateway}/", trust_env=False, timeout=5)
    assert (answer.status_code, answer.headers["X-Dr-Reached"]) == (503, "no")
    return answer.headers.get("X-Dr-Guard")


def first(lab: Lab) -> str | None:
    """Return the same for the first customer who is answered at all."""

    def answered() -> tuple[tuple[str | None] | None, str]:
        try:
            return (asked(lab),), ""
        except httpx.ConnectError as error:
            return None, str(error)

    return wait_until(answered, what="the gateway", deadline_s=DEADLINE_S, poll_s=0.001)[0]


def becomes(lab: Lab, *, is_open: bool) -> None:
    def look() -> tuple[bool | None, str]:
        told = asked(lab)
        return (True if (told is None) is is_open else None), str(told)

    wait_until(look, what="open" if is_open else "closed", deadline_s=DEADLINE_S, poll_s=0.01)


def test_a_gateway_that_has_just_started_serves_nobody_before_its_guard_has_said_yes(lab: Lab) -> None:
    """HAProxy takes a server for up until its first check has failed: that is no yes."""
    with gateway(lab):
        assert first(lab) is not None
        assert {asked(lab) is not None for _ in range(200)} == {True}


def test_a_no_is_passed_on_in_its_own_words(lab: Lab) -> None:
    with guard(lab, may_serve=False), gateway(lab):
        first(lab)

        def told() -> tuple[str | None, str]:
            said = asked(lab)
            return (said if said and "closed" in said else None), str(said)

        said = wait_until(told, what="the guard's words", deadline_s=DEADLINE_S)

    assert said == "region guard: closed: left by one, and two"


def test_it_opens_with_the_guards_yes_and_closes_with_its_no_or_its_silence(lab: Lab) -> None:
    with gateway(lab):
        with guard(lab, may_serve=True):
            first(lab)
            becomes(lab, is_open=True)
        becomes(lab, is_open=False)
        with guard(lab, may_serve=True):
            becomes(lab, is_open=True)
        with guard(lab, may_serve=False):
            becomes(lab, is_open=False)


def test_a_guard_that_is_started_again_is_not_noticed(lab: Lab) -> None:
    with gateway(lab):
        with guard(lab, may_serve=True):
            first(lab)
            becomes(lab, is_open=True)
        seen = {asked(lab) for _ in range(50)}
        with guard(lab, may_serve=True):
            seen |= {asked(lab) for _ in range(50)}

    assert seen == {None}
