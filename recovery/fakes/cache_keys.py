"""The keys of one Redis in memory."""

from ast import literal_eval
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from recovery.errors import Refused
from recovery.fakes.citizen import Citizen
from recovery.fakes.world import World
from recovery.reconcile.cache_keys import LOGICAL_DATABASE, Change, Copy, Key, KeyState


@dataclass(frozen=True)
class Undigested:
    """A value of a type that has no digest."""

    type: str
    value: str = ""


Value = bytes | list[bytes] | set[bytes] | dict[bytes, bytes] | dict[bytes, float] | Undigested
"""A string, a list, a set, a hash, a sorted set, or another one."""


@dataclass(frozen=True)
class Held:
    """A key's value, and its expiry in ms since 1970."""

    value: Value
    expires_at_ms: int | None = None


class FakeCacheKeys(Citizen):
    """A `CacheKeys`. What it holds is there to be changed by whoever plays the services."""

    def __init__(self, world: World, name: str, *, database: int = LOGICAL_DATABASE) -> None:
        """Hold nothing yet, at `redis name:6379`."""
        super().__init__(world, f"redis {name}:6379")
        self._database = database
        self.held: dict[Key, Held] = {}
        self.elsewhere: dict[int, int] = {}
        """How many keys the other logical databases hold."""
        self.replica = False
        """It follows a master: expired keys stay until that one says so, and nothing is written here."""

    @property
    def database(self) -> int:
        """Which logical database."""
        return self._database

    def databases(self) -> dict[int, int]:
        """Return the numbers of keys."""
        self._called("databases")
        return self.elsewhere | ({self._database: len(self.held)} if self.held else {})

    def walk(self, at_once: int) -> Iterator[list[Key]]:
        """Yield its keys; one that comes meanwhile is not met."""
        self._called("walk")
        keys = list(self.held)
        for start in range(0, len(keys), at_once):
            if some := [key for key in keys[start : start + at_once] if self._now(key)]:
                yield some

    def absent(self, keys: Sequence[Key]) -> list[Key]:
        """Return the keys that are not there."""
        self._called("absent")
        return [key for key in keys if self._now(key) is None]

    def glance(self, keys: Sequence[Key], together: int = 1) -> list[str]:
        """Return a hash of what is held, in the order it was filled in."""
        self._called("glance")
        held = [self._now(key) for key in keys]
        some = (held[start : start + together] for start in range(0, len(held), together))
        return [sha256(repr(each).encode()).hexdigest() for each in some]

    def look(self, keys: Sequence[Key]) -> list[KeyState | None]:
        """Return each key's state."""
        self._called("look")
        return [self._state(key) for key in keys]

    def copies(self, seen: Mapping[Key, KeyState | None]) -> dict[Key, Copy | None]:
        """Return the values of those that are as they were seen."""
        self._called("copies")
        return {
            key: Copy(repr(held.value).encode(), held.expires_at_ms) if (held := self._now(key)) else None
            for key, state in seen.items()
            if self._is(key, state)
        }

    def put(self, changes: Collection[Change]) -> list[bool]:
        """Write those that are as they were seen."""
        self._called("put")
        if self.replica:
            raise Refused(f"{self.endpoint} is a replica; repair its master, or have it resync.")
        done = [self._is(change.key, change.seen) for change in changes]
        for change, is_done in zip(changes, done, strict=True):
            if is_done:
                self.held.pop(change.key, None)
                if change.wanted:
                    self.held[change.key] = Held(
                        literal_eval(change.wanted.payload.decode()), change.wanted.expires_at_ms
                    )
        return done

    def _is(self, key: Key, seen: KeyState | None) -> bool:
        return self._state(key) == seen and not (seen and seen.digest is None)

    def _state(self, key: Key) -> KeyState | None:
        if (held := self._now(key)) is None:
            return None
        type_, canonical = _type(held.value)
        digest = None if canonical is None else sha256(repr(canonical).encode()).hexdigest()
        return KeyState(type_, digest, held.expires_at_ms)

    def _now(self, key: Key) -> Held | None:
        """What is there: a key that has expired is not, though it be held."""
        held = self.held.get(key)
        now_ms = self._world.clock().timestamp() * 1000
        return held if held and (held.expires_at_ms is None or held.expires_at_ms > now_ms) else None


def _type(value: Value) -> tuple[str, object]:
    match value:
        case bytes():
            return "string", value
        case list():
            return "list", value
        case set():
            return "set", sorted(value)
        case dict():
            scored = any(isinstance(each, float) for each in value.values())
            return "zset" if scored else "hash", sorted(value.items())
        case Undigested():
            return value.type, None
