"""The door as a process, with a real server and a real socket: killed, hung up on, and stormed."""

import http.client
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from deployments.intake.payload import BODY_LIMIT_BYTES, parse
from deployments.intake.store import Counts, Store

Sample = Callable[[str], bytes]
Body = Callable[..., bytes]

DEADLINE_S = 20.0
BEARER = {"Authorization": "Bearer " + "t" * 32}
SERVER = textwrap.dedent(
    """
    import os, signal, socket, sys
    import uvicorn
    from pathlib import Path
    from deployments.intake.api import Door, app
    from deployments.intake.auth import Tokens
    from deployments.intake.metrics import Metrics
    from deployments.intake.store import Store

    folder, killed = Path(sys.argv[1]), sys.argv[2] == "killed"
    regions = ("us-east-1", "us-west-2")
    stored = (lambda: os.kill(os.getpid(), signal.SIGKILL)) if killed else (lambda: None)
    door = Door(Store(folder / "spool.sqlite"), Tokens([folder / "token"]), regions, Metrics(regions), stored)
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(app(door), lifespan="off", ws="none", log_level="warning")
    uvicorn.Server(config).run(sockets=[listening])
    """
)


@contextmanager
def serving(folder: Path, way: str = "kept") -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Yield the process of a door and its port; one that is "killed" dies between store and answer."""
    (folder / "token").write_text("t" * 32)
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(folder), way], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


def posted(port: int, body: bytes, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
    with closing(connection):
        connection.request("POST", "/alertmanager", body, BEARER | headers)
        answer = connection.getresponse()
        answer.read()
        return answer


def test_what_was_stored_outlives_a_kill_before_the_answer(tmp_path: Path, sample: Sample) -> None:
    """The sender had no answer and sends it again: nothing is lost, and nothing is there twice."""
    with serving(tmp_path, "killed") as (process, port):
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            posted(port, sample("firing-group"))
        assert process.wait(DEADLINE_S) == -signal.SIGKILL

    store = Store(tmp_path / "spool.sqlite")
    assert len(store.open_alerts()) == 4
    assert store.record(
        parse(sample("firing-group")).alerts, parse(sample("resolved")).alerts[0].starts_at
    ) == (Counts(duplicate=4))
    store.close()


def test_a_real_server_takes_every_way_of_sending(tmp_path: Path, sample: Sample, body: Body) -> None:
    """Chunked, so without a length; expecting to be told to continue; 5,000 alerts at once."""
    storm = body(*[{}] * 5_000)
    with serving(tmp_path) as (_, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
        chunks = iter([sample("firing-one")[:100], sample("firing-one")[100:]])
        connection.request("POST", "/alertmanager", chunks, BEARER, encode_chunked=True)
        chunked = connection.getresponse().status
        connection.close()

        statuses = [
            chunked,
            posted(port, sample("firing-group"), Expect="100-continue").status,
            posted(port, storm).status,
        ]

    assert statuses == [202, 202, 202]


def test_a_declared_flood_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    with serving(tmp_path) as (_, port), socket.create_connection(("127.0.0.1", port), DEADLINE_S) as line:
        line.sendall(
            b"POST /alertmanager HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + b"t" * 32 + b"\r\n"
            b"Content-Length: %d\r\n\r\n" % (BODY_LIMIT_BYTES + 1)
        )

        assert line.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_who_hangs_up_in_the_middle_stops_nobody(tmp_path: Path, sample: Sample) -> None:
    with serving(tmp_path) as (_, port):
        with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as line:
            line.sendall(
                b"POST /alertmanager HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + b"t" * 32 + b"\r\n"
                b"Content-Length: 1000\r\n\r\n{"
            )

        assert posted(port, sample("firing-one")).status == 202


def test_a_storm_of_single_deliveries_is_all_stored(tmp_path: Path, body: Body) -> None:
    """Each answer was given after its commit, though many shared one."""
    bodies = [body({"fingerprint": f"{number:016x}"}) for number in range(200)]

    with serving(tmp_path) as (_, port), ThreadPoolExecutor(16) as senders:
        statuses = list(senders.map(lambda sent: posted(port, sent).status, bodies))

    store = Store(tmp_path / "spool.sqlite")
    assert statuses == [202] * 200
    assert len(store.open_alerts()) == 200
    store.close()
