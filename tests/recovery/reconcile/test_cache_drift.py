"""Keys that differ while both sides are written to: what has drifted is told, what is under way is not."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from recovery.fakes.cache_keys import FakeCacheKeys, Held, Undigested
from recovery.fakes.world import World
from recovery.reconcile import cache_drift as module
from recovery.reconcile.cache_drift import (
    AT_ONCE,
    EXPIRY_TOLERANCE_MS,
    CachePair,
    CacheSeen,
    KeyDrift,
    Kind,
    cache_drift,
)
from recovery.reconcile.cache_keys import Key, KeyState
from recovery.reconcile.drift import LOOKS
from recovery.reconcile.pace import SLICES, Pace

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)
LATER_MS = NOON_MS + 3_600_000
EQUAL = {b"equal %d" % number: Held(b"same") for number in range(300)}


class Regions:
    """Two Redis, and what happens while keys are under way."""

    def __init__(self) -> None:
        self.now, self.pauses = NOON, 0
        self.left, self.right = (FakeCacheKeys(World(["here"], clock=lambda: self.now), at) for at in "lr")
        self.left.held |= EQUAL
        self.right.held |= EQUAL
        self.happens: Callable[[], object] = lambda: None

    def compared(self, pace: Pace | None = None) -> tuple[CacheSeen, dict[Key, Kind]]:
        told: list[KeyDrift] = []
        seen = cache_drift(CachePair(self.left, self.right, self._settle), tell=told.append, pace=pace)
        assert len({drift.key for drift in told}) == len(told) == seen.drifted
        return seen, {drift.key: drift.kind for drift in told}

    def _settle(self) -> None:
        self.pauses += 1
        self.now += timedelta(milliseconds=EXPIRY_TOLERANCE_MS)
        self.happens()


@pytest.fixture
def regions() -> Regions:
    return Regions()


def test_equal_sides_are_not_waited_for(regions: Regions) -> None:
    seen, told = regions.compared()

    assert (told, regions.pauses, seen.keys_left, seen.keys_right) == ({}, 0, 300, 300)
    assert (seen.in_flight, seen.restless, seen.not_comparable) == (0, 0, Counter())


def test_sets_and_hashes_that_were_filled_in_another_order_are_equal(regions: Regions) -> None:
    regions.left.held |= {b"hash": Held({b"a": b"1", b"b": b"2"}), b"zset": Held({b"a": 1.0, b"b": 2.0})}
    regions.right.held |= {b"hash": Held({b"b": b"2", b"a": b"1"}), b"zset": Held({b"b": 2.0, b"a": 1.0})}

    seen, told = regions.compared()

    assert (told, regions.pauses, seen.in_flight) == ({}, 0, 0)


def test_each_kind_of_difference_is_told(regions: Regions) -> None:
    regions.left.held |= {
        b"left": Held(b"x"),
        b"value": Held(b"1"),
        b"type": Held(b"1"),
        b"expiry": Held(b"1", LATER_MS),
        b"expires": Held(b"1", LATER_MS),
        b"both": Held(b"1", LATER_MS),
    }
    regions.right.held |= {
        b"right": Held(b"x"),
        b"value": Held(b"2"),
        b"type": Held({b"1"}),
        b"expiry": Held(b"1", LATER_MS + EXPIRY_TOLERANCE_MS + 1),
        b"expires": Held(b"1"),
        b"both": Held(b"2"),
    }

    seen, told = regions.compared()

    assert told == {
        b"left": Kind.LEFT,
        b"right": Kind.RIGHT,
        b"value": Kind.VALUE,
        b"type": Kind.TYPE,
        b"expiry": Kind.EXPIRY,
        b"expires": Kind.EXPIRY,
        b"both": Kind.VALUE,
    }
    assert seen.kinds == Counter(told.values())
    assert (seen.keys_left, seen.keys_right, regions.pauses) == (306, 306, 1)


def test_expiries_within_the_tolerance_are_the_same(regions: Regions) -> None:
    regions.left.held[b"key"] = Held(b"1", LATER_MS)
    regions.right.held[b"key"] = Held(b"1", LATER_MS - EXPIRY_TOLERANCE_MS)

    assert regions.compared()[1] == {}


def test_a_key_that_expires_a_little_earlier_on_one_side_is_no_drift(regions: Regions) -> None:
    regions.left.held[b"key"] = Held(b"1", NOON_MS - 1)
    regions.right.held[b"key"] = Held(b"1", NOON_MS - 1 + EXPIRY_TOLERANCE_MS)

    seen, told = regions.compared()

    assert (told, seen.in_flight) == ({}, 1)


@pytest.mark.parametrize("key", [b"", b"\n", b"*?[a]", b"\x00\xff", b" "])
def test_odd_keys_and_values_are_compared(regions: Regions, key: Key) -> None:
    regions.left.held[key] = regions.right.held[key] = Held(b"\xff\x00\r\n")
    assert regions.compared()[1] == {}

    regions.right.held[key] = Held(b"\xff\x00\r")

    assert regions.compared()[1] == {key: Kind.VALUE}


def test_what_arrives_is_in_flight(regions: Regions) -> None:
    regions.left.held |= {b"new": Held(b"1"), b"equal 7": Held(b"2")}
    del regions.left.held[b"equal 8"]
    regions.happens = lambda: (
        regions.right.held.update(regions.left.held) or regions.right.held.pop(b"equal 8")
    )

    seen, told = regions.compared()

    assert (told, seen.in_flight, regions.pauses) == ({}, 3, 1)


def test_a_key_that_is_written_meanwhile_is_looked_at_again(regions: Regions) -> None:
    regions.left.held |= {b"moves": Held(b"1"), b"stands": Held(b"1")}

    def written_once() -> None:
        if regions.pauses == 1:
            regions.left.held[b"moves"] = Held(b"2")

    regions.happens = written_once
    seen, told = regions.compared()

    assert (told, regions.pauses) == ({b"stands": Kind.LEFT, b"moves": Kind.LEFT}, 2)
    assert (seen.in_flight, seen.restless) == (0, 0)


def test_a_key_that_never_rests_is_counted_and_not_called_drift(regions: Regions) -> None:
    regions.left.held[b"hot"] = Held(b"0")
    regions.happens = lambda: regions.left.held.update({b"hot": Held(b"%d" % regions.pauses)})

    seen, told = regions.compared()

    assert (told, seen.restless, regions.pauses) == ({}, 1, LOOKS)


def test_a_key_that_comes_on_the_left_after_the_walk_passed_is_in_flight(regions: Regions) -> None:
    """It is new on both sides: the left walk did not meet it, the right one did."""
    regions.right.meanwhile("walk", lambda: regions.right.held.update({b"new": Held(b"1")}))
    regions.left.meanwhile("look", lambda: regions.left.held.update({b"new": Held(b"1")}))

    seen, told = regions.compared()

    assert (told, seen.keys_left, seen.keys_right) == ({}, 300, 301)


def test_a_key_that_goes_between_walk_and_look_is_nothing(regions: Regions) -> None:
    def gone() -> None:
        for side in (regions.left, regions.right):
            side.held.pop(b"equal 7", None)

    regions.left.meanwhile("glance", gone)

    assert regions.compared()[1] == {}


def test_values_that_cannot_be_compared_are_counted_by_type_and_their_expiries_are_compared(
    regions: Regions,
) -> None:
    regions.left.held |= {
        b"stream": Held(Undigested("stream", "1")),
        b"same": Held(Undigested("stream", "1")),
        b"module": Held(Undigested("ReJSON-RL", "1")),
        b"expires": Held(Undigested("stream", "1"), LATER_MS),
        b"left": Held(Undigested("stream", "1")),
        b"type": Held(Undigested("stream", "1")),
    }
    regions.right.held |= {
        b"stream": Held(Undigested("stream", "2")),
        b"same": Held(Undigested("stream", "1")),
        b"module": Held(Undigested("ReJSON-RL", "2")),
        b"expires": Held(Undigested("stream", "1")),
        b"type": Held(b"a string"),
    }

    seen, told = regions.compared()

    assert seen.not_comparable == Counter({"stream": 2, "ReJSON-RL": 1})
    assert told == {b"expires": Kind.EXPIRY, b"left": Kind.LEFT, b"type": Kind.TYPE}


def test_keys_of_other_logical_databases_are_counted(regions: Regions) -> None:
    regions.left.elsewhere, regions.right.elsewhere = {1: 5, 7: 2}, {}

    assert regions.compared()[0].elsewhere == (7, 0)


class Repeating(FakeCacheKeys):
    """A Redis whose table shrinks during the walk: it meets keys twice."""

    def walk(self, at_once: int) -> Iterator[list[Key]]:
        for keys in super().walk(at_once):
            yield keys
            yield keys[-10:]


def test_a_key_that_is_met_twice_is_told_once(regions: Regions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SUSPECTS_AT_ONCE", 3)
    left = Repeating(World(["here"]), "left")
    left.held = regions.left.held | {b"left %d" % number: Held(b"x") for number in range(20)}
    regions.left = left

    assert len(regions.compared()[1]) == 20


def test_many_differences_are_held_some_at_a_time(regions: Regions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 1000)
    monkeypatch.setattr(module, "SUSPECTS_AT_ONCE", 2000)
    regions.right.held = {b"only %d" % number: Held(b"x") for number in range(100_000)}
    largest = _largest_look(regions.right)
    told = Counter[int]()

    def settled() -> None:
        told[-1] += 1

    seen = cache_drift(
        CachePair(regions.left, regions.right, settled), tell=lambda _: told.update([told[-1]])
    )

    pauses = told.pop(-1)
    assert seen.kinds == Counter({Kind.RIGHT: 100_000, Kind.LEFT: 300})
    assert (largest[0], pauses) == (1000, 50)
    assert max(told.values()) <= 2000 + 1000


def _largest_look(side: FakeCacheKeys) -> list[int]:
    largest, look = [0], side.look

    def looking(keys: Sequence[Key]) -> list[KeyState | None]:
        largest[0] = max(largest[0], len(keys))
        return look(keys)

    side.look = looking  # type: ignore[method-assign]
    return largest


def test_a_rate_is_kept(regions: Regions) -> None:
    """300 keys walked on either side at 100 a second take 6 s, but for the first tenth of a second's."""
    now, rests = [0.0], list[float]()

    def rest(seconds: float) -> None:
        rests.append(seconds)
        now[0] += seconds

    seen, _ = regions.compared(Pace(100, clock=lambda: now[0], wait=rest))

    assert seen.length_s == pytest.approx(600 / 100 - 1 / SLICES)
    assert max(rests) == pytest.approx(1 / SLICES)
    assert seen.keys_per_second == pytest.approx(300 / seen.length_s)


def test_no_rate_is_no_rest(regions: Regions) -> None:
    pace = Pace(wait=lambda _: pytest.fail("it rested"))

    regions.compared(pace)

    assert pace.portion(AT_ONCE) == AT_ONCE
