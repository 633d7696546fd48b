"""Keys that differ between two Redis that are written to: those that stand still, apart from those under way.

All keys of the left side are looked at on both sides, then all keys of the right side are asked for on the left one.
A key that differs may have been written a moment ago, so it is looked at again after a pause that is long enough for
what was written before it to arrive. One that stood still on both sides, and differs still, has drifted; one that is
alike by then was in flight; one that moved is looked at again.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from recovery.reconcile.cache_keys import CacheKeys, Key, KeyState
from recovery.reconcile.comparison import both
from recovery.reconcile.drift import LOOKS
from recovery.reconcile.pace import Pace

EXPIRY_TOLERANCE_MS = 1000
"""Replication carries absolute expiries, which are equal. Where services of both regions set the same lifetime, each
by its own clock, they differ by the clocks' distance and the time a request takes."""
AT_ONCE = 10_000
"""Keys in memory at a time, so many that the way to a distant region is not most of what they take: about 10 MB."""
TOGETHER = 8
"""So many keys are glanced at with one text: a text for each takes the server an eighth more."""
SUSPECTS_AT_ONCE = 2**14
"""So many keys that differ are looked at again together, after one pause: about 10 MB."""
TOLD_REMEMBERED = 2**19
"""A walk may meet a key twice. So many keys that were told are remembered, about 40 MB, and not told again."""

Sides = tuple[KeyState | None, KeyState | None]


@dataclass(frozen=True)
class CachePair:
    """Two Redis whose keys are to be the same."""

    left: CacheKeys
    right: CacheKeys
    settle: Callable[[], object]
    """Returns once all that either side had taken before has arrived on the other one, and no sooner than
    `EXPIRY_TOLERANCE_MS` later: a key that expires a little earlier on one side is then gone on both."""


class Kind(StrEnum):
    """How two copies of a key differ: by the first of these that holds."""

    LEFT = "on the left side only"
    RIGHT = "on the right side only"
    TYPE = "of another type"
    VALUE = "of another value"
    EXPIRY = "of another expiry"


class KeyDrift(NamedTuple):
    """A key that differs, and stands still: as each side has it."""

    key: Key
    left: KeyState | None
    right: KeyState | None

    @property
    def kind(self) -> Kind:
        """How its copies differ."""
        if self.left is None:
            return Kind.RIGHT
        if self.right is None:
            return Kind.LEFT
        if self.left.type != self.right.type:
            return Kind.TYPE
        return Kind.VALUE if _values_differ(self.left, self.right) else Kind.EXPIRY


@dataclass
class CacheSeen:
    """What a comparison of two Redis has come to."""

    elsewhere: tuple[int, int]
    """Keys that were not compared, as they are in other logical databases: the left side's, the right side's."""
    keys_left: int = 0
    """Keys that were compared, as the walk found them: one that it found twice counts twice."""
    keys_right: int = 0
    kinds: Counter[Kind] = field(default_factory=Counter)
    """How many keys have drifted, by how they differ."""
    in_flight: int = 0
    """Keys that differed at first, and were under way."""
    restless: int = 0
    """Keys that were written to between all looks: whether they have drifted is not known."""
    not_comparable: Counter[str] = field(default_factory=Counter)
    """Keys on both sides, of one type, whose values could not be compared, by type; their expiries were."""
    length_s: float = 0

    @property
    def drifted(self) -> int:
        """How many keys have drifted."""
        return self.kinds.total()

    @property
    def keys_per_second(self) -> float:
        """The rate at which keys were compared on both sides; pauses count."""
        return max(self.keys_left, self.keys_right) / self.length_s if self.length_s else 0.0


def cache_drift(
    pair: CachePair, *, tell: Callable[[KeyDrift], object], pace: Pace | None = None
) -> CacheSeen:
    """Compare two Redis under load, and *tell* every key that has drifted.

    Keys are held in memory some at a time, however many there are and however many differ. Reads only. A key that is
    met twice is told once, unless more than `TOLD_REMEMBERED` were told before. Raises `Refused` where a side
    forbids scripts (EVAL_RO).
    """
    return _Comparison(pair, tell, pace or Pace()).run()


def alike(left: KeyState | None, right: KeyState | None) -> bool:
    """Whether two copies of a key are not known to differ; expiries within the tolerance are the same."""
    if left is None or right is None:
        return left is right
    near = left.expires_at_ms == right.expires_at_ms or (
        left.expires_at_ms is not None
        and right.expires_at_ms is not None
        and abs(left.expires_at_ms - right.expires_at_ms) <= EXPIRY_TOLERANCE_MS
    )
    return near and left.type == right.type and not _values_differ(left, right)


class _Comparison:
    def __init__(self, pair: CachePair, tell: Callable[[KeyDrift], object], pace: Pace) -> None:
        self._pair, self._tell, self._pace = pair, tell, pace
        self._seen = CacheSeen(both(pair.left, pair.right, _elsewhere))
        self._suspects: dict[Key, Sides] = {}
        self._told: set[int] = set()

    def run(self) -> CacheSeen:
        for keys in self._walk(self._pair.left):
            self._compare(keys)
        for keys in self._walk(self._pair.right):
            self._seen.keys_right += len(keys)
            if missing := self._pair.left.absent(keys):
                self._suspect(self._differing(missing))
        self._confirm()
        self._seen.length_s = self._pace.elapsed_s
        return self._seen

    def _walk(self, side: CacheKeys) -> Iterator[list[Key]]:
        """Yield all keys of a side; the next ones are asked for meanwhile."""
        walk = side.walk(self._pace.portion(AT_ONCE))
        with ThreadPoolExecutor(1, thread_name_prefix="walk") as pool:
            coming = pool.submit(next, walk, None)
            while keys := coming.result():
                self._pace.spend(len(keys))
                coming = pool.submit(next, walk, None)
                yield keys

    def _compare(self, keys: list[Key]) -> None:
        """Glance at all of them, and at each where they are unlike; look at what is left, and suspect what differs."""
        self._seen.keys_left += len(keys)
        unlike = self._unlike(keys, TOGETHER)
        self._pace.spend(len(unlike))
        if unlike := self._unlike(unlike, 1):
            self._suspect(self._differing(unlike, counted=True))

    def _unlike(self, keys: Sequence[Key], together: int) -> list[Key]:
        """Return the keys whose texts, that they have *together*, are not seen to be equal."""
        here, there = both(self._pair.left, self._pair.right, lambda side: side.glance(keys, together))
        return [
            key
            for number, (left, right) in enumerate(zip(here, there, strict=True))
            if left != right or not left
            for key in keys[number * together : (number + 1) * together]
        ]

    def _suspect(self, found: Mapping[Key, Sides]) -> None:
        self._suspects |= found
        if len(self._suspects) >= SUSPECTS_AT_ONCE:
            self._confirm()

    def _confirm(self) -> None:
        """Tell the suspects that stand still across a pause, and differ; count the others."""
        before, self._suspects = self._suspects, {}
        for _ in range(LOOKS):
            if not before:
                break
            self._pair.settle()
            after = self._differing(before)
            self._seen.in_flight += len(before) - len(after)
            for key, sides in after.items():
                if before[key] == sides:
                    self._stands(KeyDrift(key, *sides))
            before = {key: sides for key, sides in after.items() if before[key] != sides}
        self._seen.restless += len(before)

    def _differing(self, keys: Collection[Key], *, counted: bool = False) -> dict[Key, Sides]:
        """Return those of the keys that differ now, as both sides have them; *counted*: those without a digest are."""
        found: dict[Key, Sides] = {}
        asked, most = list(keys), self._pace.portion(AT_ONCE)
        for start in range(0, len(asked), most):
            some = asked[start : start + most]
            self._pace.spend(len(some))
            for key, left, right in zip(some, *self._look(some), strict=True):
                if counted and left and right and _undigested(left, right):
                    self._seen.not_comparable[left.type] += 1
                if left != right and not alike(left, right):
                    found[key] = left, right
        return found

    def _look(self, keys: list[Key]) -> tuple[list[KeyState | None], list[KeyState | None]]:
        return both(self._pair.left, self._pair.right, lambda side: side.look(keys))

    def _stands(self, drift: KeyDrift) -> None:
        if (known := hash(drift.key)) in self._told:
            return
        if len(self._told) < TOLD_REMEMBERED:
            self._told.add(known)
        self._seen.kinds[drift.kind] += 1
        self._tell(drift)


def _undigested(left: KeyState, right: KeyState) -> bool:
    return left.type == right.type and None in (left.digest, right.digest)


def _values_differ(left: KeyState, right: KeyState) -> bool:
    return left.digest != right.digest and left.digest is not None and right.digest is not None


def _elsewhere(side: CacheKeys) -> int:
    return sum(keys for database, keys in side.databases().items() if database != side.database)
