"""What a real Redis adds to the contract of `CacheKeys`: replicas, large values, writes at any moment."""

from collections.abc import Callable
from time import time

import pytest
from key_sides import LATER_MS, VALUES, RealSide, state_of
from zones import HOST

from recovery.adapters import redis_look
from recovery.adapters.redis_wire import RedisWire
from recovery.errors import Refused
from recovery.fakes.cache_keys import Value
from recovery.reconcile.cache_keys import Change, Key

pytestmark = pytest.mark.lab


@pytest.fixture
def replica(real_sides: tuple[RealSide, RealSide], arrives: Callable[..., None]) -> RealSide:
    """The right side, which follows the left one."""
    master, replica = real_sides
    replica.client.replicaof(HOST, master.port)
    arrives(lambda: replica.client.info("replication")["master_link_status"] == "up", "the replica")
    return replica


def test_a_replica_answers_as_its_master_and_refuses_repairs(
    real_sides: tuple[RealSide, RealSide], replica: RealSide, arrives: Callable[..., None]
) -> None:
    master = real_sides[0]
    master.fill(VALUES, LATER_MS)
    arrives(lambda: not replica.keys.absent(list(VALUES)), "the keys in the replica")

    assert replica.keys.look(list(VALUES)) == master.keys.look(list(VALUES))
    assert {key for keys in replica.keys.walk(100) for key in keys} == set(VALUES)
    assert len(replica.keys.copies(dict(zip(VALUES, replica.keys.look(list(VALUES)), strict=True)))) == len(
        VALUES
    )
    with pytest.raises(Refused, match=r"is a replica.* resync"):
        replica.keys.put([Change(b"a", None, None)])


def test_an_expired_key_that_a_replica_keeps_is_not_there(
    real_sides: tuple[RealSide, RealSide], replica: RealSide, arrives: Callable[..., None]
) -> None:
    """A replica deletes nothing by itself: while it does not hear its master, expired keys stay."""
    master = real_sides[0]
    master.fill({b"short": b"value", b"long": b"value"}, int(time() * 1000) + 1500)
    master.fill({b"long": b"value"})
    arrives(lambda: not replica.keys.absent([b"short", b"long"]), "the keys in the replica")
    replica.client.replicaof(HOST, 1)

    arrives(lambda: replica.keys.absent([b"short"]), "the expiry")

    assert replica.client.dbsize() == 2
    assert [state is None for state in replica.keys.look([b"short", b"long"])] == [True, False]
    assert replica.keys.glance([b"short"]) == replica.keys.glance([b"never there"])
    assert list(replica.keys.walk(10)) == [[b"long"]]


LARGE: dict[Key, Value] = {
    b"string": b"x" * 300_000,
    b"list": [b"item %d" % number for number in range(3000)],
    b"set": {b"member %d" % number for number in range(3000)},
    b"hash": {b"field %d" % number: b"value" for number in range(3000)},
    b"zset": {b"member %d" % number: number / 7 for number in range(3000)},
}


def test_large_values_are_read_in_pieces_and_have_the_digest_that_the_script_makes(
    real_sides: tuple[RealSide, RealSide], monkeypatch: pytest.MonkeyPatch
) -> None:
    side = real_sides[0]
    side.fill(LARGE, LATER_MS)
    by_script = side.keys.look(list(LARGE))

    monkeypatch.setattr(redis_look, "LARGEST", 10_000)
    in_pieces = side.keys.look(list(LARGE))

    assert in_pieces == by_script
    assert side.keys.glance(list(LARGE)) == [""] * len(LARGE)
    assert side.client.info("commandstats")["cmdstat_sscan"]["calls"] > 0
    states = dict(zip(LARGE, in_pieces, strict=True))
    copies = side.keys.copies(states)
    assert real_sides[1].keys.put([Change(key, None, copy) for key, copy in copies.items()]) == [True] * 5
    assert real_sides[1].keys.look(list(LARGE)) == in_pieces


def test_a_large_value_that_never_rests_equals_nothing(
    real_sides: tuple[RealSide, RealSide], monkeypatch: pytest.MonkeyPatch
) -> None:
    side = real_sides[0]
    side.fill({b"list": LARGE[b"list"]})
    monkeypatch.setattr(redis_look, "LARGEST", 10_000)
    ask = RedisWire.ask

    def written_meanwhile(wire: RedisWire, *commands: list[bytes]) -> list[object]:
        if commands and commands[0][0] == b"LRANGE":
            side.client.rpush("list", "more")
            side.client.rpop("list")
        return ask(wire, *commands)

    monkeypatch.setattr(RedisWire, "ask", written_meanwhile)

    first, second = state_of(side, b"list"), state_of(side, b"list")

    assert first
    assert second
    assert first.digest != second.digest


def test_a_write_between_look_and_repair_wins(
    real_sides: tuple[RealSide, RealSide], monkeypatch: pytest.MonkeyPatch
) -> None:
    """WATCH sees it; of the other keys none is held up."""
    side = real_sides[0]
    keys = [b"key %d" % number for number in range(20)]
    side.fill(dict.fromkeys(keys, b"old"))
    changes = [Change(key, state, None) for key, state in zip(keys, side.keys.look(keys), strict=True)]
    transact = RedisWire.transact

    def written_first(wire: RedisWire, commands: list[list[bytes]]) -> list[object] | None:
        if [b"DEL", keys[7]] in commands:
            side.client.set(keys[7], "new")
            side.client.set(keys[7], "old")
        return transact(wire, commands)

    monkeypatch.setattr(RedisWire, "transact", written_first)

    done = side.keys.put(changes)

    assert done == [key != keys[7] for key in keys]
    assert side.client.keys() == [keys[7]]


FIELDS = [b"%d" % number for number in range(300)]
IN_ANY_ORDER: dict[Key, Value] = {
    b"set": set(FIELDS[:4]) | {b"a"},
    b"large set": {b"member %b" % field for field in FIELDS},
    b"hash": dict.fromkeys(FIELDS[:4], b"value"),
    b"large hash": dict.fromkeys(FIELDS, b"value"),
}


def test_a_glance_tells_equal_sets_and_hashes_in_whatever_order_they_were_filled(
    real_sides: tuple[RealSide, RealSide],
) -> None:
    left, right = real_sides
    left.fill(IN_ANY_ORDER, LATER_MS)
    backwards = {
        key: dict(reversed(value.items())) if isinstance(value, dict) else value
        for key, value in IN_ANY_ORDER.items()
    }
    right.fill(backwards, LATER_MS)

    ours, theirs = (side.keys.glance(list(IN_ANY_ORDER)) for side in real_sides)

    assert left.client.dump("hash") != right.client.dump("hash")
    assert ours == theirs
    assert len(set(ours)) == len(IN_ANY_ORDER)


def test_a_glance_tells_a_set_from_a_hash_that_adds_up_to_the_same(
    real_sides: tuple[RealSide, RealSide],
) -> None:
    side = real_sides[0]
    side.fill({b"set": {b"1:ab"}, b"hash": {b"a": b"b"}})

    first, second = side.keys.glance([b"set", b"hash"])

    assert first != second


def test_a_large_value_leaves_nothing_known_of_those_that_it_is_glanced_at_with(
    real_sides: tuple[RealSide, RealSide],
) -> None:
    side = real_sides[0]
    side.fill({b"small": b"value", **LARGE})

    texts = side.keys.glance([b"small", b"small", b"small", b"string", b"small"], 2)

    assert [bool(text) for text in texts] == [True, False, True]


def test_where_a_command_has_worked_enough_the_keys_after_it_keep_their_texts(
    real_sides: tuple[RealSide, RealSide],
) -> None:
    """Some of one text are left when it stops: nothing is known of them, and the next ones are not theirs."""
    keys = [b"key %d" % number for number in range(10, 40)]
    for side in real_sides:
        side.fill({key: key * 12_000 for key in keys})
    real_sides[1].fill({keys[-1]: b"another"})

    ours, theirs = (side.keys.glance(keys, 3) for side in real_sides)

    assert len(ours) == len(theirs) == 10
    assert ours[:-1] == theirs[:-1]
    assert ours[-1] != theirs[-1]
    assert "" in ours


def test_many_small_elements_are_much_work_too(real_sides: tuple[RealSide, RealSide]) -> None:
    """A hash of 128 short fields is 688 bytes: a thousand of them in one command held the server for 139 ms."""
    side = real_sides[0]
    keys = [b"key %d" % number for number in range(500)]
    side.fill({key: dict.fromkeys(FIELDS[:128], b"1") for key in keys})
    side.client.config_resetstat()

    states, texts = side.keys.look(keys), side.keys.glance(keys)

    assert (len({state.digest for state in states if state}), len(set(texts))) == (1, 1)
    assert side.client.info("commandstats")["cmdstat_eval_ro"]["calls"] >= 20


def test_work_of_one_command_is_bounded(real_sides: tuple[RealSide, RealSide]) -> None:
    """A script that has digested enough leaves the other keys to the next one."""
    side = real_sides[0]
    side.fill({b"key %d" % number: b"%d" % number * 50_000 for number in range(10, 40)})
    keys = [b"key %d" % number for number in range(10, 40)]
    side.client.config_resetstat()

    states, texts = side.keys.look(keys), side.keys.glance(keys)

    assert len({state.digest for state in states if state}) == len(set(texts)) == 30
    assert side.client.info("commandstats")["cmdstat_eval_ro"]["calls"] >= 10


def test_a_user_who_may_run_no_scripts_is_told_so(real_sides: tuple[RealSide, RealSide]) -> None:
    real_sides[0].client.execute_command("ACL", "SETUSER", "default", "-eval_ro")
    try:
        with pytest.raises(Refused, match="eval_ro"):
            real_sides[0].keys.glance([b"a"])
    finally:
        real_sides[0].client.execute_command("ACL", "SETUSER", "default", "+eval_ro")
