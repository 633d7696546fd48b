"""What every `JournalStore` promises: in memory, in a directory, in a bucket of a real S3 endpoint."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Barrier

import boto3
import pytest

from blocks.journal_stores import s3_store
from recovery.adapters.aws import Credentials, Endpoint
from recovery.adapters.file_journal import DirectoryStore
from recovery.adapters.s3_journal import S3Store
from recovery.errors import Refused, Unavailable
from recovery.fakes.stores import FakeStore
from recovery.ports import JournalStore

HOST = "127.97.7.1"
START_TIMEOUT_S = 30.0
RACERS = 16
BUCKET = count()

Open = Callable[[], JournalStore]
"""Opens the test's one store again, as a new process would."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    """A moto server of its own, on a free port."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        yield Endpoint("us-east-1", f"http://{HOST}:{port}", Credentials("id", "canary-secret"), 1.0, 10.0)
    finally:
        server.terminate()
        server.wait(timeout=10)


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            socket.create_connection((HOST, port), timeout=0.1).close()
        except OSError:
            assert time.monotonic() < deadline, f"moto did not listen on {HOST}:{port} in {START_TIMEOUT_S} s"
        else:
            return


def in_memory() -> Open:
    store = FakeStore("east")
    return lambda: store


def in_directory(folder: Path) -> Open:
    return lambda: DirectoryStore("east", folder / "journal")


def in_bucket(endpoint: Endpoint) -> Open:
    bucket = f"journal-{next(BUCKET)}"
    client = boto3.client("s3", **endpoint.arguments())
    client.create_bucket(Bucket=bucket)
    client.close()
    return lambda: S3Store("east", bucket, endpoint)


@pytest.fixture(params=["memory", "directory", "s3"])
def opened(request: pytest.FixtureRequest) -> Open:
    match request.param:
        case "memory":
            return in_memory()
        case "directory":
            return in_directory(request.getfixturevalue("tmp_path"))
        case _:
            return in_bucket(request.getfixturevalue("endpoint"))


@pytest.fixture
def store(opened: Open) -> JournalStore:
    return opened()


def test_a_new_key_is_written(store: JournalStore) -> None:
    assert store.put_new("a/1", b"first") is None

    assert store.read("a/") == {"a/1": b"first"}


def test_a_key_that_is_there_keeps_what_it_has(store: JournalStore) -> None:
    """The epoch and the journal rest on this: the second writer learns of the first, and changes nothing."""
    store.put_new("a/1", b"first")

    assert store.put_new("a/1", b"second") == b"first"
    assert store.read("a/1") == {"a/1": b"first"}


def test_what_was_read_before_is_read_as_it_is_now(store: JournalStore) -> None:
    """A store may remember what it read, for as long as it is the same."""
    store.put("a/1", b"as it was")
    store.read("a/")

    store.put("a/1", b"as it is")

    assert store.read("a/") == {"a/1": b"as it is"}


def test_repeating_a_write_says_what_was_there(store: JournalStore) -> None:
    """So the caller of a lost reply can tell its own body from somebody else's."""
    store.put_new("a/1", b"mine")

    assert store.put_new("a/1", b"mine") == b"mine"


def test_of_sixteen_at_once_one_wins(store: JournalStore) -> None:
    start = Barrier(RACERS)

    def race(number: int) -> bytes | None:
        start.wait()
        return store.put_new("race/1", b"%d" % number)

    with ThreadPoolExecutor(RACERS) as pool:
        answers = list(pool.map(race, range(RACERS)))

    winner = b"%d" % answers.index(None)
    assert answers.count(None) == 1
    assert set(answers) == {None, winner}
    assert store.read("race/") == {"race/1": winner}


def test_put_writes_over(store: JournalStore) -> None:
    store.put("reports/a", b"interim")
    store.put("reports/a", b"final")

    assert store.read("reports/a") == {"reports/a": b"final"}


@pytest.mark.parametrize(
    ("prefix", "keys"),
    [
        ("", ["a/b/1", "a/b/2", "a/bc", "d"]),
        ("a/", ["a/b/1", "a/b/2", "a/bc"]),
        ("a/b", ["a/b/1", "a/b/2", "a/bc"]),
        ("a/b/", ["a/b/1", "a/b/2"]),
        ("a/b/2", ["a/b/2"]),
        ("a/x/", []),
        ("x", []),
    ],
)
def test_a_prefix_need_not_be_a_folder(store: JournalStore, prefix: str, keys: list[str]) -> None:
    for key in ("a/b/2", "d", "a/bc", "a/b/1"):
        store.put_new(key, key.encode())

    assert store.keys(prefix) == keys
    assert store.read(prefix) == {key: key.encode() for key in keys}


def test_nothing_is_under_a_prefix_before_the_first_write(store: JournalStore) -> None:
    assert store.keys("a/") == []
    assert store.read("a/") == {}


def test_what_was_written_survives_reopening(opened: Open) -> None:
    opened().put_new("a/1", b"\x00first\n")

    again = opened()

    assert again.read("a/") == {"a/1": b"\x00first\n"}
    assert again.put_new("a/1", b"second") == b"\x00first\n"


def test_more_objects_than_a_client_has_connections_are_read_whole(store: JournalStore) -> None:
    written = {f"many/{number:02d}": b"%d" % number for number in range(25)}
    for key, body in written.items():
        store.put_new(key, body)

    assert store.read("many/") == written


def test_a_directory_shows_nothing_half_written(tmp_path: Path) -> None:
    """A process killed while it writes leaves a `.new` file: that is no object."""
    store = DirectoryStore("east", tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "tmpx.new").write_bytes(b"ha")

    assert store.keys("a/") == []
    assert store.read("") == {}


@pytest.mark.parametrize("verb", ["put_new", "put"])
def test_a_directory_that_cannot_be_written_is_unavailable(tmp_path: Path, verb: str) -> None:
    (tmp_path / "journal").write_bytes(b"a file stands where the folder should be")
    store = DirectoryStore("east", tmp_path / "journal")

    with pytest.raises(Unavailable, match=r"journal/a/1: .*make the directory writable"):
        getattr(store, verb)("a/1", b"body")


@pytest.mark.parametrize("verb", ["keys", "read"])
def test_a_directory_that_cannot_be_read_is_not_empty(tmp_path: Path, verb: str) -> None:
    """Who reads "nothing" where nothing could be read takes an estate that is held."""
    (tmp_path / "journal").write_bytes(b"a file stands where the folder should be")
    store = DirectoryStore("east", tmp_path / "journal")

    with pytest.raises(Unavailable, match="journal"):
        getattr(store, verb)("")


def test_no_bucket_is_refused(endpoint: Endpoint) -> None:
    with pytest.raises(Refused, match="NoSuchBucket"):
        S3Store("east", "no-such-bucket", endpoint).put_new("a/1", b"body")


@pytest.mark.parametrize("verb", ["put_new", "put", "read", "keys"])
def test_no_endpoint_is_unavailable_and_tells_no_secret(verb: str) -> None:
    """Nothing listens on port 1; the error names what was done, and holds no key."""
    nowhere = Endpoint("us-east-1", f"http://{HOST}:1", Credentials("canary-id", "canary-secret"), 0.2, 0.2)
    store = S3Store("east", "bucket", nowhere)
    arguments = ("a/1", b"body") if verb.startswith("put") else ("a/1",)

    with pytest.raises(Unavailable, match=r"s3://bucket/a/1: no answer") as told:
        getattr(store, verb)(*arguments)

    assert "canary" not in f"{told.value!r}"


@pytest.mark.parametrize("fault", ["down", "loses_replies", "late"])
def test_a_fake_with_a_fault_is_unavailable(fault: str) -> None:
    store = FakeStore("east")
    setattr(store, fault, True)

    with pytest.raises(Unavailable, match="east"):
        store.put_new("a/1", b"body")

    setattr(store, fault, False)
    assert store.read("a/") == ({"a/1": b"body"} if fault == "loses_replies" else {})


def test_a_late_write_arrives_unless_another_came_first() -> None:
    store = FakeStore("east")
    store.late = True
    for key in ("a/1", "a/2"):
        with pytest.raises(Unavailable):
            store.put_new(key, b"late")
    store.late = False
    store.put_new("a/2", b"first")

    store.deliver()

    assert store.read("a/") == {"a/1": b"late", "a/2": b"first"}


def test_a_process_has_one_store_of_a_bucket_however_often_it_loads_the_estate() -> None:
    """What it has read of a journal it need not fetch again."""
    endpoint = Endpoint("us-east-1", "http://127.0.0.1:9")

    first, second, another = (
        s3_store("east", bucket, endpoint) for bucket in ("journal", "journal", "another")
    )

    assert first is second
    assert first is not another
