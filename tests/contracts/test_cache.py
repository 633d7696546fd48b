"""What every `Cache` promises, on a real Redis and its replica."""

from collections.abc import Callable, Iterator

import pytest
import redis

from lab.parts.redis import client_of
from lab.place import EAST, PORTS, WEST, Lab
from recovery.adapters.redis import CANARY, Redis, RedisAccess
from recovery.errors import RecoveryError, Refused, Unavailable
from recovery.ports import Cache

pytestmark = pytest.mark.lab

Arrives = Callable[[Callable[[], object], str], None]


def real(lab: Lab, region: str) -> Redis:
    return Redis(RedisAccess(lab.address(region), PORTS.redis, password=lab.secret("redis")))


@pytest.fixture(params=["real"])
def pair(request: pytest.FixtureRequest, arrives: Arrives) -> Iterator[tuple[Cache, Cache]]:
    """The master in the east, its replica in the west; put back so afterwards."""
    lab = request.getfixturevalue("lab")
    master, replica = real(lab, EAST), real(lab, WEST)
    yield master, replica
    for cache in (master, replica):
        cache.unfence()
    with client_of(lab, WEST) as client:
        client.replicaof(lab.across(EAST), PORTS.redis)
    arrives(lambda: replica.look().link_up, "the replica")


@pytest.fixture
def master(pair: tuple[Cache, Cache]) -> Cache:
    return pair[0]


@pytest.fixture
def replica(pair: tuple[Cache, Cache]) -> Cache:
    return pair[1]


def written(lab: Lab, region: str, key: str, value: str) -> bool:
    """Whether the Redis took the write."""
    with client_of(lab, region) as client:
        try:
            return bool(client.set(key, value, ex=60))
        except redis.ResponseError:
            return False


def value_of(lab: Lab, region: str, key: str) -> bytes | None:
    with client_of(lab, region) as client:
        return client.get(key)


def test_a_master_and_its_replica_tell_their_roles(master: Cache, replica: Cache) -> None:
    ours, theirs = master.look(), replica.look()

    assert (ours.role, ours.link_up, ours.lag_s, ours.accepts_writes) == ("master", True, None, True)
    assert (theirs.role, theirs.link_up, theirs.accepts_writes) == ("replica", True, False)
    assert theirs.lag_s is not None
    assert theirs.lag_s >= 0


def test_offsets_of_master_and_replica_meet(lab: Lab, pair: tuple[Cache, Cache], arrives: Arrives) -> None:
    """They are comparable: that is how an exposure of the cache is told."""
    master, replica = pair
    before = master.look().offset
    written(lab, EAST, "contract:offset", "x" * 100)

    after = master.look().offset

    assert after >= before + 100
    arrives(lambda: replica.look().offset >= after, "the replica's offset")


def test_a_fenced_master_refuses_writes_and_answers_reads(lab: Lab, master: Cache) -> None:
    written(lab, EAST, "contract:fence", "before")

    master.fence()
    master.fence()

    assert not written(lab, EAST, "contract:fence", "after")
    assert value_of(lab, EAST, "contract:fence") == b"before"
    assert not master.look().accepts_writes


def test_what_was_written_before_the_fence_still_arrives(
    lab: Lab, pair: tuple[Cache, Cache], arrives: Arrives
) -> None:
    master, replica = pair
    written(lab, EAST, "contract:before", "mark")

    master.fence()

    arrives(lambda: value_of(lab, WEST, "contract:before") == b"mark", "the key in the replica")
    assert replica.look().link_up


def test_unfence_lets_writes_in_again(lab: Lab, master: Cache) -> None:
    master.fence()

    master.unfence()
    master.unfence()

    assert written(lab, EAST, "contract:unfence", "x")
    assert master.look().accepts_writes


def test_a_promoted_replica_takes_writes(lab: Lab, replica: Cache) -> None:
    written(lab, EAST, "contract:kept", "kept")
    assert not written(lab, WEST, "contract:promoted", "x")

    assert replica.promote() is True
    assert replica.promote() is False

    assert replica.look().accepts_writes
    assert written(lab, WEST, "contract:promoted", "x")
    assert value_of(lab, WEST, CANARY) == b"promoted"


def test_a_replica_keeps_what_it_has_when_it_is_promoted(lab: Lab, replica: Cache, arrives: Arrives) -> None:
    written(lab, EAST, "contract:kept", "kept")
    arrives(lambda: value_of(lab, WEST, "contract:kept") == b"kept", "the key")

    replica.promote()

    assert value_of(lab, WEST, "contract:kept") == b"kept"


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
def test_no_answer_is_unavailable_and_tells_no_secret(lab: Lab, verb: str) -> None:
    """Nothing listens on port 1."""
    cache = Redis(RedisAccess(lab.address(EAST), 1, password="canary-secret"))

    with pytest.raises(Unavailable, match=r"^redis 127\.\d+\.10\.1:1 did not answer") as told:
        getattr(cache, verb)()

    assert_no_secret(told.value)


@pytest.mark.parametrize("verb", VERBS)
def test_a_wrong_password_is_told_without_it(lab: Lab, verb: str) -> None:
    cache = Redis(RedisAccess(lab.address(EAST), PORTS.redis, password="canary-secret"))

    with pytest.raises(RecoveryError, match=r"^redis 127\.\d+\.10\.1") as told:
        getattr(cache, verb)()

    assert_no_secret(told.value)


def assert_no_secret(error: BaseException) -> None:
    assert "canary" not in f"{error!r} {error} {error.__cause__!r} {error.__cause__}"
    assert "canary" not in repr(RedisAccess("h", 1, password="canary-secret"))
