"""A comparison of two Redis of 1,000,000 keys against the least that it could take: one SCAN a side.

    python benchmarks/compare_cache.py --keys 1000000 --runs 3

Fills two servers of its own: half of the keys are strings, two tenths hashes, a tenth each sets, sorted sets and
lists, of four members; a tenth of all has an expiry. On the right side, sets and hashes are filled in another order:
three tenths of all keys, whose DUMP differs and whose value does not. Plants 102 differences of all kinds. Prints, per
run: the floor (SCAN of both sides at once), keys compared a second, by glance and look and by the look's script alone,
their ratios to the floor, the differences told that are none, and those missed; and what the server's own digest,
DEBUG DIGEST-VALUE, takes of all keys of both sides, compared with nothing; and the client's memory.
"""

import argparse
import resource
import shutil
import socket
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from math import ceil
from pathlib import Path
from time import monotonic, process_time, time

import redis

from recovery.adapters.redis import RedisAccess
from recovery.adapters.redis_keys import RedisKeys
from recovery.adapters.redis_wire import RedisWire
from recovery.reconcile.cache_drift import CachePair, CacheSeen, KeyDrift, cache_drift
from recovery.waiting import wait_until

ASKED_KEYS_PER_SECOND = 60_000
MEMORY_MB = 250
FILLED_AT_ONCE = 2000
EXPIRES_AT_MS = int(time() * 1000) + 24 * 3600 * 1000
PLANTED = 17
"""Differences of each of six kinds."""
HOST = "127.0.0.1"


@contextmanager
def server(folder: Path, *more: str) -> Iterator[int]:
    """Run a Redis that keeps nothing on disk, and yield its port."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    program = shutil.which("redis-server") or "/usr/bin/redis-server"
    settings = ["--port", str(port), "--bind", HOST, "--save", "", "--dir", str(folder), *more]
    process = subprocess.Popen([program, *settings], stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: (_answers(port), "no answer"), what="redis-server", deadline_s=10)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


def _answers(port: int) -> bool | None:
    with socket.socket() as probe:
        return True if probe.connect_ex((HOST, port)) == 0 else None


def fill(port: int, keys: int, *, backwards: bool) -> None:
    """Write all keys; *backwards*: fill sets and hashes in another order."""
    client = redis.Redis(HOST, port)
    pipe = client.pipeline(transaction=False)
    order = slice(None, None, -1 if backwards else 1)
    for number in range(keys):
        key = f"eden:{number % 10}:{number:09d}"
        words = [f"field-{each}-{number}" for each in range(4)]
        match number % 10:
            case 5 | 6:
                pipe.hset(key, items=[word for each in words[order] for word in (each, each[::-1])])
            case 7:
                pipe.sadd(key, *words[order])
            case 8:
                pipe.zadd(key, {word: len(word) + number / 7 for word in words})
            case 9:
                pipe.rpush(key, *words)
            case _:
                pipe.set(key, f"value {number} " + "x" * (number % 64))
        if number % 10 == number // 10 % 10:
            pipe.pexpireat(key, EXPIRES_AT_MS + number)
        if number % FILLED_AT_ONCE == 0:
            pipe.execute()
    pipe.execute()


def change(client: redis.Redis, name: str) -> None:
    """Give a key another value of its type, and leave its expiry."""
    match client.type(name):
        case b"hash":
            client.hset(name, client.hkeys(name)[0], "another")
        case b"set":
            client.sadd(name, "another")
        case b"zset":
            client.zadd(name, {"another": 1})
        case b"list":
            client.lset(name, 0, "another")
        case _:
            client.set(name, "another", keepttl=True)


def plant(left: int, right: int, keys: int) -> set[bytes]:
    """Make 17 differences of each kind, scattered, and return their keys."""
    ours, theirs = redis.Redis(HOST, left), redis.Redis(HOST, right)
    step = keys // (PLANTED * 5) // 10 * 10 + 1  # one more than tens, so that it meets every type
    names = [f"eden:{number % 10}:{number:09d}" for number in range(0, keys, step)][: PLANTED * 5]
    for number, name in enumerate(names):
        match number // PLANTED:
            case 0:
                change(theirs, name)
            case 1:
                theirs.delete(name)
                theirs.xadd(name, {"another": "type"})
            case 2:
                theirs.pexpireat(name, EXPIRES_AT_MS - 60_000)
            case 3:
                theirs.delete(name)
            case _:
                ours.delete(name)
    only = [f"only on the right {number}" for number in range(PLANTED)]
    theirs.mset(dict.fromkeys(only, "x"))
    return {name.encode() for name in [*names, *only]}


def floor(left: int, right: int) -> float:
    """Return what a SCAN of all keys of both sides takes, both at once, seconds."""

    def scan(port: int) -> int:
        return sum(len(keys) for keys in RedisKeys(RedisAccess(HOST, port, timeout_s=10)).walk(10_000))

    began = monotonic()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(scan, (left, right)))
    return monotonic() - began


class NoGlance(RedisKeys):
    """The keys of a Redis at which a glance tells nothing, so that every key is looked at."""

    def glance(self, keys: Sequence[bytes], together: int = 1) -> list[str]:
        """Return nothing of any key."""
        return [""] * ceil(len(keys) / together)


def compared(left: int, right: int, kind: type[RedisKeys]) -> tuple[CacheSeen, set[bytes]]:
    """Compare, and return what was seen, and the keys that were told."""
    ours, theirs = (kind(RedisAccess(HOST, port, timeout_s=10)) for port in (left, right))
    told: list[KeyDrift] = []
    seen = cache_drift(CachePair(ours, theirs, lambda: None), tell=told.append)
    return seen, {drift.key for drift in told}


def peer(left: int, right: int) -> float:
    """Return what DEBUG DIGEST-VALUE and PEXPIRETIME of all keys take, both sides at once, seconds."""

    def digest(port: int) -> None:
        wire = RedisWire(RedisAccess(HOST, port, timeout_s=10), 0)
        for keys in RedisKeys(RedisAccess(HOST, port, timeout_s=10)).walk(1000):
            wire.ask([b"DEBUG", b"DIGEST-VALUE", *keys], *([b"PEXPIRETIME", key] for key in keys))

    began = monotonic()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(digest, (left, right)))
    return monotonic() - began


HOW = {"glance, then look": RedisKeys, "look at every key": NoGlance}


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        left, right = (stack.enter_context(server(folder, "--enable-debug-command", "yes")) for _ in "lr")
        began = monotonic()
        with ThreadPoolExecutor(2) as pool:
            filling = [pool.submit(fill, port, asked.keys, backwards=port == right) for port in (left, right)]
            for each in filling:
                each.result()
        planted = plant(left, right, asked.keys)
        print(f"{asked.keys} keys a side, {len(planted)} differ, written in {monotonic() - began:.0f} s")
        rates = {how: measured((left, right), how, planted, asked.runs) for how in HOW}
        took = peer(left, right)
        print(f"DEBUG DIGEST-VALUE of all: {took:.2f} s, {asked.keys / took:,.0f} keys/s")
    print()
    for how, values in rates.items():
        limit = f"   asked for: {ASKED_KEYS_PER_SECOND:,}"
        print(
            f"{how + ', keys/s':28} median {statistics.median(values):9,.0f}   worst {min(values):9,.0f}{limit}"
        )
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'client memory, MB':28} {peak_mb:8.0f}   asked for: {MEMORY_MB}")


def cpu_s(ports: tuple[int, int]) -> list[float]:
    """Return the seconds of a processor that both servers and this process have used."""
    infos = [redis.Redis(HOST, port).info("cpu") for port in ports]
    return [*(info["used_cpu_user"] + info["used_cpu_sys"] for info in infos), process_time()]


def measured(ports: tuple[int, int], how: str, planted: set[bytes], runs: int) -> list[float]:
    """Return the rate of each run."""
    rates = []
    for number in range(1, runs + 1):
        least, before = floor(*ports), cpu_s(ports)
        seen, told = compared(*ports, HOW[how])
        used = [
            (after - then) * 1e6 / seen.keys_left for after, then in zip(cpu_s(ports), before, strict=True)
        ]
        rates.append(seen.keys_per_second)
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(seen.kinds.items()))
        print(
            f"{how} {number}: floor {least:.2f} s, compared in {seen.length_s:.2f} s "
            f"({seen.length_s / least:.1f}), {seen.keys_per_second:,.0f} keys/s, "
            f"processor us/key: left {used[0]:.1f}, right {used[1]:.1f}, client {used[2]:.1f}; "
            f"{len(told - planted)} false, {len(planted - told)} missed: {kinds}"
        )
    return rates


if __name__ == "__main__":
    main()
