"""Comparison and repair on two real Redis: of their own keys, and of a master's and its replica's under load."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from threading import Event, Thread

import pytest
from key_sides import HOSTILE, LATER_MS, VALUES, RealSide
from zones import HOST

from recovery.fakes.cache_keys import Undigested
from recovery.reconcile.cache_drift import EXPIRY_TOLERANCE_MS, CachePair, KeyDrift, Kind, cache_drift
from recovery.reconcile.cache_keys import Key, KeyState
from recovery.reconcile.cache_repair import Rule, Undo, Winner, repair, take_back
from recovery.waiting import rest

pytestmark = pytest.mark.lab
Sides = tuple[RealSide, RealSide]


def held(side: RealSide) -> dict[Key, KeyState | None]:
    """All that it holds: what is dumped of a hash has another order once it was restored, and is equal."""
    keys = side.client.keys()
    return dict(zip(keys, side.keys.look(keys), strict=True))


def compared(sides: Sides) -> dict[Key, KeyDrift]:
    told: list[KeyDrift] = []
    cache_drift(CachePair(sides[0].keys, sides[1].keys, lambda: None), tell=told.append)
    return {drift.key: drift for drift in told}


def test_what_differs_is_found_repaired_and_put_back_exactly(real_sides: Sides) -> None:
    left, right = real_sides
    hostile = dict.fromkeys(HOSTILE, b"\xff\r\n\x00")
    for side in real_sides:
        side.fill(VALUES | {b"stream": Undigested("stream", "1")}, LATER_MS)
    left.fill(hostile)
    right.fill({b"string": b"another", b"": b"another", b"only": {b"new"}, b"list": {b"another": b"type"}})
    right.fill({b"hash": VALUES[b"hash"]}, LATER_MS + EXPIRY_TOLERANCE_MS + 1)
    before, undos = held(right), list[Undo]()
    drifts = compared(real_sides)

    repaired = repair(
        CachePair(left.keys, right.keys, lambda: None),
        drifts.values(),
        rule=Rule(Winner.LEFT, delete_absent=True),
        keep_undo=undos.extend,
    )
    left_over = compared(real_sides)
    taken_back = take_back(undos, right.keys)

    kinds = {
        b"string": Kind.VALUE,
        b"": Kind.VALUE,
        b"only": Kind.RIGHT,
        b"list": Kind.TYPE,
        b"hash": Kind.EXPIRY,
    }
    expected = dict.fromkeys(HOSTILE, Kind.LEFT) | kinds
    assert {key: drift.kind for key, drift in drifts.items()} == expected
    assert (repaired.written, repaired.deleted, left_over) == (len(expected) - 1, 1, {})
    assert (taken_back.written, taken_back.deleted, taken_back.moved) == (5, len(expected) - 5, 0)
    assert held(right) == before


def test_streams_that_differ_are_counted_and_those_dumped_alike_are_equal(real_sides: Sides) -> None:
    left, right = real_sides
    for side in real_sides:
        side.fill({b"same": Undigested("stream", "1"), b"other": Undigested("stream", "1")})
    right.fill({b"other": Undigested("stream", "2")})

    seen = cache_drift(CachePair(left.keys, right.keys, lambda: None), tell=pytest.fail)

    assert seen.not_comparable == {"stream": 1}


@contextmanager
def writer(side: RealSide) -> Iterator[None]:
    """Have a service write, expire and delete keys without a rest."""
    end = Event()

    def write() -> None:
        for number in count():
            if end.is_set():
                return
            pipe = side.client.pipeline()
            pipe.set(f"key {number % 3000}", number, px=500 if number % 5 == 0 else None)
            pipe.sadd(f"set {number % 100}", number % 7)
            pipe.hincrby("hot", "count")
            pipe.delete(f"key {number * 7 % 3000}")
            pipe.execute()

    thread = Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def test_a_replica_of_a_master_under_load_has_no_drift(
    real_sides: Sides, arrives: Callable[..., None]
) -> None:
    """But what was written to the replica behind its master's back."""
    master, replica = real_sides
    replica.client.replicaof(HOST, master.port)
    arrives(lambda: replica.client.info("replication")["master_link_status"] == "up", "the replica")
    replica.client.config_set("replica-read-only", "no")
    replica.client.set("planted", "x")
    told: list[KeyDrift] = []

    def settle() -> None:
        written = master.client.info("replication")["master_repl_offset"]
        arrives(
            lambda: replica.client.info("replication")["slave_repl_offset"] >= written, "what was written"
        )
        rest(EXPIRY_TOLERANCE_MS / 1000)

    with writer(master):
        arrives(lambda: master.client.dbsize() > 1000, "keys")
        for _ in range(3):
            seen = cache_drift(CachePair(master.keys, replica.keys, settle), tell=told.append)

    assert [drift.key for drift in told] == [b"planted"] * 3
    assert seen.keys_left > 1000
