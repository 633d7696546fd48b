"""What every `CacheKeys` promises, in memory and on two Redis of the tests' own."""

from collections.abc import Callable

import pytest
import redis
from key_sides import HOSTILE, LATER_MS, SECRET, VALUES, FakeSide, RealSide, Side, state_of
from zones import HOST

from recovery.adapters.redis import RedisAccess
from recovery.adapters.redis_keys import RedisKeys
from recovery.errors import Refused, Unavailable
from recovery.fakes.cache_keys import FakeCacheKeys, Undigested, Value
from recovery.fakes.world import World
from recovery.reconcile.cache_keys import CacheKeys, Change, KeyState


@pytest.fixture
def fake_sides() -> tuple[Side, Side]:
    return FakeSide(), FakeSide()


@pytest.fixture
def sides(kind: str, request: pytest.FixtureRequest) -> tuple[Side, Side]:
    return request.getfixturevalue(f"{kind}_sides")


@pytest.fixture
def side(sides: tuple[Side, Side]) -> Side:
    return sides[0]


def backwards(value: Value) -> Value:
    return dict(reversed(list(value.items()))) if isinstance(value, dict) else value


def test_a_walk_meets_every_key(side: Side) -> None:
    keys = {b"key %d" % number for number in range(2500)} | set(HOSTILE)
    side.fill(dict.fromkeys(keys, b"value"))

    batches = list(side.keys.walk(1000))

    assert {key for batch in batches for key in batch} == keys
    assert all(len(set(batch)) == len(batch) for batch in batches)
    assert len(batches) > 1


def test_a_walk_of_nothing_ends(side: Side) -> None:
    assert list(side.keys.walk(1000)) == []


def test_keys_that_are_not_there_are_told_in_order(side: Side) -> None:
    side.fill(dict.fromkeys(HOSTILE, b"value"))

    assert side.keys.absent(HOSTILE) == []
    assert side.keys.absent([b"z", *HOSTILE, b"a", b"?"]) == [b"z", b"a", b"?"]
    assert side.keys.absent([]) == []


def test_equal_values_have_equal_states_in_whatever_order_and_form_they_are_held(
    sides: tuple[Side, Side],
) -> None:
    left, right = sides
    left.fill(VALUES, LATER_MS)
    right.fill({key: backwards(value) for key, value in VALUES.items()}, LATER_MS)

    ours, theirs = (side.keys.look(list(VALUES)) for side in sides)

    assert ours == theirs
    assert [state and state.type for state in ours] == [
        "string", "string", "string", "list", "set", "set", "hash", "zset",
    ]  # fmt: skip
    assert all(state and state.expires_at_ms == LATER_MS and state.digest for state in ours)


@pytest.mark.parametrize(
    ("one", "another"),
    [
        (b"a", b"b"),
        (b"1", b"1.0"),
        ([b"a", b"b"], [b"b", b"a"]),
        ([b"ab", b"c"], [b"a", b"bc"]),
        ([b"a"], [b"a", b""]),
        ({b"a", b"b"}, {b"a", b"c"}),
        ({b"a"}, {b"a", b"b"}),
        ({b"a": b"1", b"b": b"2"}, {b"a": b"2", b"b": b"1"}),
        ({b"ab": b"c"}, {b"a": b"bc"}),
        ({b"a": 1.0, b"b": 2.0}, {b"a": 2.0, b"b": 1.0}),
        ({b"a": 0.1}, {b"a": 0.10000000000000002}),
    ],
)
def test_values_that_differ_have_other_digests_and_other_texts(
    side: Side, one: Value, another: Value
) -> None:
    side.fill({b"one": one, b"another": another})

    first, second = side.keys.look([b"one", b"another"])
    texts = side.keys.glance([b"one", b"another"])

    assert first
    assert second
    assert first.type == second.type
    assert first.digest != second.digest
    assert texts[0] != texts[1]


def test_a_glance_tells_equal_keys_and_another_expiry(sides: tuple[Side, Side]) -> None:
    strings = dict.fromkeys(HOSTILE, b"value")
    for side in sides:
        side.fill(strings)
        side.fill({b"soon": b"value"}, LATER_MS)
    sides[1].fill({b"soon": b"value"}, LATER_MS + 1)

    ours, theirs = (side.keys.glance([*HOSTILE, b"absent", b"soon"]) for side in sides)

    assert ours[:-1] == theirs[:-1]
    assert all(ours)
    assert ours[-1] != theirs[-1]


def test_a_glance_at_some_together_tells_which_of_them_have_another_one_among_them(
    sides: tuple[Side, Side],
) -> None:
    """The last ones may be fewer."""
    keys = [b"key %d" % number for number in range(10)]
    for side in sides:
        side.fill(dict.fromkeys(keys, b"value"))
    sides[1].fill({keys[5]: b"another"})

    ours, theirs = (side.keys.glance([*keys, b"absent"], 4) for side in sides)

    assert [left == right for left, right in zip(ours, theirs, strict=True)] == [True, False, True]
    assert all(ours)


def test_what_is_not_there_is_none(side: Side) -> None:
    side.fill({b"there": b"value"})

    found = side.keys.look([b"absent", b"there", b""])

    assert [state is None for state in found] == [True, False, True]


def test_a_value_without_a_digest_is_told_with_its_type(side: Side) -> None:
    side.fill({b"stream": Undigested("stream", "x")})

    assert state_of(side, b"stream") == KeyState("stream", None, None)
    assert side.keys.copies({b"stream": state_of(side, b"stream")}) == {}


def test_a_copy_has_value_and_absolute_expiry(sides: tuple[Side, Side]) -> None:
    left, right = sides
    left.fill(VALUES | {b"": b"empty name"}, LATER_MS)
    left.fill({b"forever": b"value"})
    right.fill({b"string": [b"of another type"]}, LATER_MS - 1)
    keys = [*VALUES, b"", b"forever"]
    states = dict(zip(keys, left.keys.look(keys), strict=True))
    seen = dict(zip(keys, right.keys.look(keys), strict=True))

    copies = left.keys.copies(states)
    done = right.keys.put([Change(key, seen[key], copies[key]) for key in keys])

    assert done == [True] * len(keys)
    assert right.keys.look(keys) == list(states.values())


def test_a_key_that_moved_is_neither_copied_nor_written_nor_deleted(side: Side) -> None:
    side.fill({b"value": b"1", b"expiry": b"1", b"gone": b"1", b"still": b"1", b"wanted": b"wanted"})
    keys = [b"value", b"expiry", b"gone", b"come", b"still"]
    seen = dict(zip(keys, side.keys.look(keys), strict=True))
    wanted = side.keys.copies({b"wanted": state_of(side, b"wanted")})[b"wanted"]

    side.fill({b"value": b"2", b"come": b"2"})
    side.fill({b"expiry": b"1"}, LATER_MS)
    side.remove(b"gone")
    moved = side.keys.look(keys)

    assert list(side.keys.copies(seen)) == [b"still"]
    assert side.keys.put([Change(key, seen[key], None) for key in keys[:-1]]) == [False] * 4
    assert side.keys.put([Change(key, seen[key], wanted) for key in keys]) == [False] * 4 + [True]
    assert side.keys.look(keys[:-1]) == moved[:-1]
    assert side.keys.look([b"still"]) == side.keys.look([b"wanted"])


def test_a_key_is_deleted_as_seen(side: Side) -> None:
    side.fill({b"a": b"1"})

    assert side.keys.put([Change(b"a", state_of(side, b"a"), None), Change(b"b", None, None)]) == [True, True]
    assert side.keys.absent([b"a", b"b"]) == [b"a", b"b"]


def test_a_copy_whose_expiry_has_passed_is_not_there(side: Side) -> None:
    side.fill({b"a": b"1"})
    copy = side.keys.copies({b"a": state_of(side, b"a")})[b"a"]
    assert copy

    assert side.keys.put([Change(b"b", None, copy._replace(expires_at_ms=1000))]) == [True]
    assert state_of(side, b"b") is None


def test_other_logical_databases_are_counted(kind: str, side: Side) -> None:
    side.fill({b"a": b"1", b"b": b"1"})
    if isinstance(side, RealSide):
        redis.Redis(HOST, side.port, db=3, password=SECRET).set("c", "1")
    elif isinstance(side, FakeSide):
        side.keys.elsewhere = {3: 1}

    assert side.keys.databases() == {0: 2, 3: 1}, kind


VERBS: dict[str, Callable[[CacheKeys], object]] = {
    "databases": lambda keys: keys.databases(),
    "walk": lambda keys: list(keys.walk(10)),
    "absent": lambda keys: keys.absent([b"a"]),
    "glance": lambda keys: keys.glance([b"a"]),
    "look": lambda keys: keys.look([b"a"]),
    "copies": lambda keys: keys.copies({b"a": None}),
    "put": lambda keys: keys.put([Change(b"a", None, None)]),
}


@pytest.mark.parametrize("verb", VERBS)
def test_no_answer_is_unavailable_and_tells_no_secret(kind: str, verb: str) -> None:
    keys: CacheKeys = RedisKeys(RedisAccess(HOST, 1, SECRET))
    if kind == "fake":
        keys = FakeCacheKeys(World(["here"]), "here")
        keys.down = True

    with pytest.raises(Unavailable, match=f"^{keys.endpoint} did not answer") as told:
        VERBS[verb](keys)

    assert "canary" not in f"{told.value!r} {told.value.__cause__!r}"


@pytest.mark.lab
@pytest.mark.parametrize("verb", VERBS)
def test_a_wrong_password_is_told_without_it(redis_ports: list[int], verb: str) -> None:
    keys = RedisKeys(RedisAccess(HOST, redis_ports[0], "canary-wrong"))

    with pytest.raises((Refused, Unavailable), match=rf"^redis {HOST}:{redis_ports[0]} ") as told:
        VERBS[verb](keys)

    assert "canary" not in f"{told.value!r} {told.value.__cause__!r}"
