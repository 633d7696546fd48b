"""Two Redis, of which one follows the other one, in memory and in the lab; used by the contract tests of `Cache`."""

from collections.abc import Callable
from typing import Protocol

import redis

from lab.parts.redis import client_of
from lab.place import EAST, PORTS, REGIONS, WEST, Lab
from recovery.adapters.redis import Redis, RedisAccess
from recovery.fakes.cache import FakeCache
from recovery.fakes.world import World
from recovery.ports import Cache, Place

Arrives = Callable[[Callable[[], object], str], None]


class Situation(Protocol):
    """A master in the east and its replica in the west, as the services use them."""

    master: Cache
    replica: Cache

    def written(self, region: str, key: str, value: str) -> bool:
        """Write as a service does, and return whether the write was taken."""

    def value_of(self, region: str, key: str) -> bytes | None:
        """Read as a service does."""

    def across(self, region: str) -> Place:
        """Return where the other region reaches it."""

    def silent(self) -> tuple[Cache, str]:
        """Return a cache that does not answer, and where it says it was."""


class InMemory:
    def __init__(self) -> None:
        world = World(REGIONS)
        self._caches = {region: FakeCache(world, place) for region, place in world.places.items()}
        self.master, self.replica = self._caches[EAST], self._caches[WEST]
        world.places[WEST].replica = True

    def written(self, region: str, key: str, value: str) -> bool:
        return self._caches[region].write(key, value.encode())

    def value_of(self, region: str, key: str) -> bytes | None:
        return self._caches[region].read(key)

    def across(self, region: str) -> Place:
        return Place(region, PORTS.redis)

    def silent(self) -> tuple[Cache, str]:
        self.master.down = True
        return self.master, f"redis {EAST}:6379"


class InLab:
    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.master, self.replica = real(lab, EAST), real(lab, WEST)

    def written(self, region: str, key: str, value: str) -> bool:
        with client_of(self._lab, region) as client:
            try:
                return bool(client.set(key, value, ex=60))
            except redis.ResponseError:
                return False

    def value_of(self, region: str, key: str) -> bytes | None:
        with client_of(self._lab, region) as client:
            return client.get(key)

    def across(self, region: str) -> Place:
        return Place(self._lab.across(region), PORTS.redis)

    def silent(self) -> tuple[Cache, str]:
        """Nothing listens on port 1."""
        access = RedisAccess(self._lab.address(EAST), 1, password="canary-secret")
        return Redis(access), r"redis 127\.\d+\.10\.1:1"


def real(lab: Lab, region: str) -> Redis:
    return Redis(RedisAccess(lab.address(region), PORTS.redis, password=lab.secret("redis")))
