"""What every `Cache` promises, on fakes and on a real Redis and its replica."""

from collections.abc import Callable, Iterator
from typing import Protocol

import pytest
import redis

from lab.parts.redis import client_of
from lab.place import EAST, PORTS, REGIONS, WEST, Lab
from recovery.adapters.redis import CANARY, Redis, RedisAccess
from recovery.errors import RecoveryError, Refused, Unavailable
from recovery.fakes.cache import FakeCache
from recovery.fakes.world import World
from recovery.ports import Cache

Arrives = Callable[[Callable[[], object], str], None]


class Situation(Protocol):
    """A master in the east and its replica in the west, as the services use them."""

    master: Cache
    replica: Cache

    def written(self, region: str, key: str, value: str) -> bool:
        """Write as a service does, and return whether the write was taken."""

    def value_of(self, region: str, key: str) -> bytes | None:
        """Read as a service does."""

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

    def silent(self) -> tuple[Cache, str]:
        """Nothing listens on port 1."""
        access = RedisAccess(self._lab.address(EAST), 1, password="canary-secret")
        return Redis(access), r"redis 127\.\d+\.10\.1:1"


def real(lab: Lab, region: str) -> Redis:
    return Redis(RedisAccess(lab.address(region), PORTS.redis, password=lab.secret("redis")))


@pytest.fixture
def fake_situation() -> Situation:
    return InMemory()


@pytest.fixture
def real_situation(lab: Lab, arrives: Arrives) -> Iterator[Situation]:
    """Put back afterwards as it was."""
    situation = InLab(lab)
    yield situation
    for cache in (situation.master, situation.replica):
        cache.unfence()
    with client_of(lab, WEST) as client:
        client.replicaof(lab.across(EAST), PORTS.redis)
    arrives(lambda: situation.replica.look().link_up, "the replica")


@pytest.fixture
def situation(kind: str, request: pytest.FixtureRequest) -> Situation:
    return request.getfixturevalue(f"{kind}_situation")


@pytest.fixture
def master(situation: Situation) -> Cache:
    return situation.master


@pytest.fixture
def replica(situation: Situation) -> Cache:
    return situation.replica


def test_a_master_and_its_replica_tell_their_roles(master: Cache, replica: Cache) -> None:
    ours, theirs = master.look(), replica.look()

    assert (ours.role, ours.link_up, ours.lag_s, ours.accepts_writes) == ("master", True, None, True)
    assert (theirs.role, theirs.link_up, theirs.accepts_writes) == ("replica", True, False)
    assert theirs.lag_s is not None
    assert theirs.lag_s >= 0


def test_offsets_of_master_and_replica_meet(situation: Situation, arrives: Arrives) -> None:
    """They are comparable: that is how an exposure of the cache is told."""
    master, replica = situation.master, situation.replica
    before = master.look().offset
    situation.written(EAST, "contract:offset", "x" * 100)

    after = master.look().offset

    assert after >= before + 100
    arrives(lambda: replica.look().offset >= after, "the replica's offset")


def test_a_fenced_master_refuses_writes_and_answers_reads(situation: Situation, master: Cache) -> None:
    situation.written(EAST, "contract:fence", "before")

    master.fence()
    master.fence()

    assert not situation.written(EAST, "contract:fence", "after")
    assert situation.value_of(EAST, "contract:fence") == b"before"
    assert not master.look().accepts_writes


def test_what_was_written_before_the_fence_still_arrives(situation: Situation, arrives: Arrives) -> None:
    master, replica = situation.master, situation.replica
    situation.written(EAST, "contract:before", "mark")

    master.fence()

    arrives(lambda: situation.value_of(WEST, "contract:before") == b"mark", "the key in the replica")
    assert replica.look().link_up


def test_unfence_lets_writes_in_again(situation: Situation, master: Cache) -> None:
    master.fence()

    master.unfence()
    master.unfence()

    assert situation.written(EAST, "contract:unfence", "x")
    assert master.look().accepts_writes


def test_a_promoted_replica_takes_writes(situation: Situation, replica: Cache) -> None:
    situation.written(EAST, "contract:kept", "kept")
    assert not situation.written(WEST, "contract:promoted", "x")

    assert replica.promote() is True
    assert replica.promote() is False

    assert replica.look().accepts_writes
    assert situation.written(WEST, "contract:promoted", "x")
    assert situation.value_of(WEST, CANARY) == b"promoted"


def test_a_replica_keeps_what_it_has_when_it_is_promoted(
    situation: Situation, replica: Cache, arrives: Arrives
) -> None:
    situation.written(EAST, "contract:kept", "kept")
    arrives(lambda: situation.value_of(WEST, "contract:kept") == b"kept", "the key")

    replica.promote()

    assert situation.value_of(WEST, "contract:kept") == b"kept"


def test_a_replica_that_was_fenced_is_not_promoted_in_silence(replica: Cache) -> None:
    """Promoted means that a write was seen taken."""
    replica.fence()

    with pytest.raises(Refused, match="NOREPLICAS"):
        replica.promote()


def test_a_promoted_replica_that_was_fenced_takes_writes_after_unfence(replica: Cache) -> None:
    replica.fence()
    replica.unfence()

    assert replica.promote() is True


VERBS = ["look", "fence", "unfence", "promote"]


@pytest.mark.parametrize("verb", VERBS)
def test_no_answer_is_unavailable_and_tells_no_secret(situation: Situation, verb: str) -> None:
    cache, where = situation.silent()

    with pytest.raises(Unavailable, match=f"^{where} did not answer") as told:
        getattr(cache, verb)()

    assert_no_secret(told.value)


@pytest.mark.lab
@pytest.mark.parametrize("verb", VERBS)
def test_a_wrong_password_is_told_without_it(lab: Lab, verb: str) -> None:
    cache = Redis(RedisAccess(lab.address(EAST), PORTS.redis, password="canary-secret"))

    with pytest.raises(RecoveryError, match=r"^redis 127\.\d+\.10\.1") as told:
        getattr(cache, verb)()

    assert_no_secret(told.value)


def assert_no_secret(error: BaseException) -> None:
    assert "canary" not in f"{error!r} {error} {error.__cause__!r} {error.__cause__}"
    assert "canary" not in repr(RedisAccess("h", 1, password="canary-secret"))
