"""Two Redis with keys that services write, for the contract tests of `CacheKeys`: in memory, and of the tests' own."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time
from typing import Protocol

import redis
from zones import HOST, wait_for_port

from recovery.adapters.redis import RedisAccess
from recovery.adapters.redis_keys import RedisKeys
from recovery.fakes.cache_keys import FakeCacheKeys, Held, Undigested, Value
from recovery.fakes.world import World
from recovery.reconcile.cache_keys import CacheKeys, Key, KeyState

SECRET = "canary-secret"
LATER_MS = int(time() * 1000) + 3_600_000
HOSTILE: list[Key] = [
    b"",
    b" ",
    b"a\nb",
    b"\r\n",
    b"*",
    b"k?[a-z]\\",
    b"\x00\xff\xfe",
    "ä€".encode(),
    b"-2 none",
]
VALUES: dict[Key, Value] = {
    b"string": b"\x00\xff 1\r\n",
    b"empty": b"",
    b"number": b"17",
    b"list": [b"b", b"a", b"b", b""],
    b"set": {b"a", b"\xff\n", b"17"},
    b"numbers": {b"1", b"2", b"3"},
    b"hash": {b"field": b"value", b"\x00": b"", b"1": b"2"},
    b"zset": {b"member": 0.1, b"other": -1e300, b"\xff": 17.0},
}


class Side(Protocol):
    @property
    def keys(self) -> CacheKeys: ...

    def fill(self, values: dict[Key, Value], expires_at_ms: int | None = None) -> None:
        """Write as services do, in the order given; keys that are there are replaced."""

    def remove(self, *keys: Key) -> None: ...


class FakeSide:
    def __init__(self) -> None:
        self.keys = FakeCacheKeys(World(["here"]), "here")

    def fill(self, values: dict[Key, Value], expires_at_ms: int | None = None) -> None:
        self.keys.held |= {key: Held(value, expires_at_ms) for key, value in values.items()}

    def remove(self, *keys: Key) -> None:
        for key in keys:
            self.keys.held.pop(key, None)


class RealSide:
    def __init__(self, port: int, *, backwards: bool) -> None:
        self.port, self._backwards = port, backwards
        self.keys = RedisKeys(RedisAccess(HOST, port, SECRET, timeout_s=10))
        self.client = redis.Redis(HOST, port, password=SECRET)

    def fill(self, values: dict[Key, Value], expires_at_ms: int | None = None) -> None:
        pipe = self.client.pipeline()
        for key, value in values.items():
            pipe.delete(key)
            _write(pipe, key, value, backwards=self._backwards)
            if expires_at_ms:
                pipe.pexpireat(key, expires_at_ms)
        pipe.execute()

    def remove(self, *keys: Key) -> None:
        self.client.delete(*keys)


def _write(pipe: redis.client.Pipeline, key: Key, value: Value, *, backwards: bool) -> None:
    match value:
        case bytes():
            pipe.set(key, value)
        case list():
            pipe.rpush(key, *value)
        case set():
            pipe.sadd(key, *sorted(value, reverse=backwards))
        case dict() if any(isinstance(each, float) for each in value.values()):
            pipe.zadd(key, value)
        case dict():
            pipe.hset(key, items=[part for pair in value.items() for part in pair])
        case Undigested():
            pipe.xadd(key, {"field": value.value}, id="1-1")


@contextmanager
def redis_server(folder: Path, *settings: str) -> Iterator[int]:
    """Run a Redis that keeps nothing on disk, and yield its port."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    command = [shutil.which("redis-server") or "/usr/bin/redis-server", "--port", str(port), "--bind", HOST]
    command += [
        "--save",
        "",
        "--dir",
        str(folder),
        "--requirepass",
        SECRET,
        "--masterauth",
        SECRET,
        *settings,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


def state_of(side: Side, key: Key) -> KeyState | None:
    return side.keys.look([key])[0]
