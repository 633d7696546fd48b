"""A monitoring that is at fault itself: what it answers is bounded in time and size, and its word is none."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from time import monotonic

import pytest

from recovery.adapters.alertmanager import Alertmanager
from recovery.adapters.answers import MOST_BYTES
from recovery.adapters.prometheus import Prometheus
from recovery.errors import Unavailable

DEADLINE_S = 0.5
PROMPT_S = 3.0
"""Far above the deadline, on a machine that is busy; far below what any of these would take."""
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Line = socket.socket


def hang(_line: Line, over: Event) -> None:
    over.wait()


def trickle(line: Line, over: Event) -> None:
    """Send a piece of a header whenever a client that waits for each piece would give up."""
    line.sendall(OK)
    while not over.wait(DEADLINE_S / 4):
        line.sendall(b"X-Slow: 1\r\n")


def trickle_body(line: Line, over: Event) -> None:
    line.sendall(OK + b"Content-Length: 1000\r\n\r\n")
    while not over.wait(DEADLINE_S / 4):
        line.sendall(b" ")


def flood(line: Line, _over: Event) -> None:
    line.sendall(OK + b"Content-Length: 100000000\r\n\r\n[")
    for _ in range(100):
        line.sendall(b" " * 1_000_000)


def redirect(line: Line, _over: Event) -> None:
    host, port = line.getsockname()
    line.sendall(
        f"HTTP/1.1 302 Found\r\nLocation: http://{host}:{port}/other\r\nContent-Length: 0\r\n\r\n".encode()
    )


def failing(line: Line, _over: Event) -> None:
    line.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n[]")


def says(body: bytes) -> Callable[[Line, Event], None]:
    def said(line: Line, _over: Event) -> None:
        line.sendall(OK + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    return said


@contextmanager
def serving(answers: Callable[[Line, Event], None]) -> Iterator[tuple[str, list[bytes]]]:
    """Yield the address of a server that *answers* in its own way, and the requests that it got."""
    over, asked = Event(), list[bytes]()
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                line, _ = listening.accept()
                with line, suppress(OSError):
                    asked.append(line.recv(65536))
                    answers(line, over)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
    finally:
        over.set()
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def questions(url: str) -> list[Callable[[], object]]:
    alertmanager = Alertmanager(url, receiver="dr-intake", timeout_s=DEADLINE_S, alerts_timeout_s=DEADLINE_S)
    return [Prometheus(url, timeout_s=DEADLINE_S).firing, alertmanager.held, alertmanager.silences]


@pytest.mark.parametrize("which", [0, 1, 2], ids=["firing", "held", "silences"])
@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (hang, "did not answer whole within 0.5 s"),
        (trickle, "did not answer whole within 0.5 s"),
        (trickle_body, "did not answer whole within 0.5 s"),
        (flood, rf"more than {MOST_BYTES} bytes|whole within"),
        (redirect, "answered 302"),
        (failing, "answered 503"),
        (says(b""), "not its API's"),
        (says(b"<html>"), "not its API's"),
        (says(b'{"alerts": 1}'), "not its API's"),
        (says(b"[" * 100_000), "not its API's"),
    ],
)
def test_an_answer_that_is_none_is_told_in_time(
    answers: Callable[[Line, Event], None], told: str, which: int
) -> None:
    """Whoever waits may have a region to save; a redirect is not followed."""
    with serving(answers) as (url, asked):
        began = monotonic()

        with pytest.raises(Unavailable, match=told):
            questions(url)[which]()

        assert monotonic() - began < PROMPT_S
        assert len(asked) == 1


def test_alerts_that_can_not_be_read_do_not_hide_the_others() -> None:
    alert = b'{"fingerprint": "00", "startsAt": "2026-11-22T08:31:00Z", "labels": {"a": "b"}, "new": {}, "status": 1}'
    with serving(says(b'[7, {}, {"fingerprint": 7}, %s]' % alert)) as (url, _):
        [held] = Alertmanager(url, receiver="dr-intake").held()

    assert (held.fingerprint, held.labels, held.annotations) == ("00", {"a": "b"}, {})


def test_a_silence_that_can_not_be_read_spoils_the_answer() -> None:
    """It may be the one that says: we work here."""
    with (
        serving(says(b'[{"status": {"state": "active"}, "matchers": "all"}]')) as (url, _),
        pytest.raises(Unavailable, match="silences in a form"),
    ):
        Alertmanager(url, receiver="dr-intake").silences()


def test_a_compressed_answer_is_not_unpacked() -> None:
    """It may be a bomb; nobody was asked to compress."""

    def bomb(line: Line, _over: Event) -> None:
        line.sendall(OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b")

    with serving(bomb) as (url, asked), pytest.raises(Unavailable, match="not its API's"):
        Alertmanager(url, receiver="dr-intake").held()

    assert b"accept-encoding: identity" in asked[0].lower()
