"""The `CacheKeys` port on Redis 7 or later."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from threading import RLock
from typing import Any

from recovery.adapters.redis import RedisAccess
from recovery.adapters.redis_look import KEYS_A_COMMAND, glance, look, portions
from recovery.adapters.redis_wire import Command, RedisWire, script
from recovery.errors import Refused
from recovery.reconcile.cache_keys import LOGICAL_DATABASE, Change, Copy, Key, KeyState

States = Mapping[Key, KeyState | None]


class RedisKeys:
    """The keys of one logical database, on one connection."""

    def __init__(self, access: RedisAccess, *, database: int = LOGICAL_DATABASE) -> None:
        """Connect to nothing yet. An answer to a thousand keys may take the access' timeout."""
        self._access, self._database = access, database
        self._wire, self._one_at_a_time = RedisWire(access, database), RLock()

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return f"redis {self._access.host}:{self._access.port}"

    @property
    def database(self) -> int:
        """Which logical database."""
        return self._database

    def databases(self) -> dict[int, int]:
        """Return what INFO says of the keyspace."""
        lines = self._ask([b"INFO", b"keyspace"])[0].decode().splitlines()
        told = (line.removeprefix("db").split(":keys=") for line in lines if line.startswith("db"))
        return {int(database): int(keys.split(",")[0]) for database, keys in told}

    def walk(self, at_once: int) -> Iterator[list[Key]]:
        """Yield all keys, by SCAN."""
        cursor, found = b"0", dict[Key, None]()
        steps = b"%d" % min(at_once, KEYS_A_COMMAND)
        while True:
            answer = self._ask([b"EVAL_RO", script("walk"), b"0", cursor, steps])[0]
            cursor, lengths, joined = answer
            found |= dict.fromkeys(_cut(joined, lengths))
            if found and (len(found) >= at_once or cursor == b"0"):
                yield list(found)
                found = {}
            if cursor == b"0":
                return

    def absent(self, keys: Sequence[Key]) -> list[Key]:
        """Ask how many of them exist, and look only where that is not all."""
        cut = portions(keys)
        answers = self._ask(*([b"EXISTS", *some] for some in cut))
        missing = [some for some, there in zip(cut, answers, strict=True) if there < len(some)]
        asked = [key for some in missing for key in some]
        there = self._ask(*([b"EXISTS", key] for key in asked))
        return [key for key, is_there in zip(asked, there, strict=True) if not is_there]

    def glance(self, keys: Sequence[Key], together: int = 1) -> list[str]:
        """Return hashes of types, values and expiries."""
        with self._one_at_a_time:
            return glance(self._wire, keys, together)

    def look(self, keys: Sequence[Key]) -> list[KeyState | None]:
        """Return each key's state."""
        with self._one_at_a_time:
            return look(self._wire, keys)

    def copies(self, seen: States) -> dict[Key, Copy | None]:
        """DUMP those that are as they were seen."""
        found = self._as_seen(seen, lambda key: [b"DUMP", key])
        return {
            key: None if (state := seen[key]) is None else Copy(payload, state.expires_at_ms)
            for key, payload in found.items()
        }

    def put(self, changes: Collection[Change]) -> list[bool]:
        """RESTORE or delete those that are as they were seen."""
        if self._ask([b"ROLE"])[0][0] != b"master":
            raise Refused(
                f"{self.endpoint} is a replica, and takes no writes but its master's: repair the master. "
                "Where a replica differs from its master, have it resync: REPLICAOF NO ONE, then REPLICAOF again."
            )
        by_key = {change.key: change for change in changes}
        done = self._as_seen(
            {change.key: change.seen for change in changes}, lambda key: _writing(by_key[key])
        )
        return [change.key in done for change in changes]

    def close(self) -> None:
        """End the connection; another verb opens it again."""
        with self._one_at_a_time:
            self._wire.close()

    def _ask(self, *commands: Command) -> list[Any]:
        with self._one_at_a_time:
            return self._wire.ask(*commands)

    def _as_seen(self, seen: States, act: Callable[[Key], Command]) -> dict[Key, Any]:
        """Do a command for each key that is as it was seen, at the instant of that look; return their answers.

        WATCH makes the look and the commands one act, which fails as a whole where one key was written to: then
        the halves are tried, down to that key.
        """
        known = [key for key, state in seen.items() if state is None or state.digest is not None]
        if not known:
            return {}
        with self._one_at_a_time:
            self._wire.ask([b"WATCH", *known])
            now = look(self._wire, known, watched=True)
            still = [key for key, state in zip(known, now, strict=True) if state == seen[key]]
            answers = self._wire.transact([act(key) for key in still])
            if answers is not None:
                return dict(zip(still, answers, strict=True))
            if len(known) == 1:
                return {}
            half = len(known) // 2
            return {
                key: answer
                for some in (known[:half], known[half:])
                for key, answer in self._as_seen({key: seen[key] for key in some}, act).items()
            }


def _cut(joined: bytes, lengths: bytes) -> Iterator[Key]:
    start = 0
    for length in map(int, lengths.split()):
        yield joined[start : start + length]
        start += length


def _writing(change: Change) -> Command:
    if change.wanted is None:
        return [b"DEL", change.key]
    expiry = b"%d" % (change.wanted.expires_at_ms or 0)
    return [b"RESTORE", change.key, expiry, change.wanted.payload, b"REPLACE", b"ABSTTL"]
