"""What a `CachePreflight` promises, on a fake and on the lab's Redis."""

from collections.abc import Callable

import pytest

from lab.parts.redis import client_of
from lab.place import EAST, PORTS, REGIONS, Lab
from recovery.adapters.redis import RedisAccess
from recovery.adapters.redis_preflight import RedisPreflight
from recovery.errors import RecoveryError, Unavailable
from recovery.fakes.preflight import FakeCachePreflight
from recovery.fakes.world import World
from recovery.readiness.ports import CachePreflight

Make = Callable[..., CachePreflight]


@pytest.fixture
def fake_cache() -> Make:
    world = World(REGIONS)

    def made(*, answers: bool = True) -> CachePreflight:
        cache = FakeCachePreflight(world, world.places[EAST])
        cache.down = not answers
        return cache

    return made


@pytest.fixture
def real_cache(lab: Lab) -> Make:
    def made(*, answers: bool = True) -> CachePreflight:
        access = RedisAccess(lab.address(EAST), PORTS.redis if answers else 1, password=lab.secret("redis"))
        return RedisPreflight(access)

    return made


@pytest.fixture
def make(kind: str, request: pytest.FixtureRequest) -> Make:
    return request.getfixturevalue(f"{kind}_cache")


def test_it_tells_its_release_its_limit_and_what_it_drops(make: Make) -> None:
    found = make().settings()

    assert found.version.startswith("7.")
    assert (found.max_bytes, found.policy) == (0, "noeviction")
    assert found.used_bytes > 0


def test_no_answer_is_unavailable(make: Make) -> None:
    silent = make(answers=False)

    with pytest.raises(Unavailable, match=f"^{silent.endpoint} did not answer"):
        silent.settings()


@pytest.mark.lab
def test_another_limit_is_told(lab: Lab, real_cache: Make) -> None:
    with client_of(lab, EAST) as client:
        client.config_set("maxmemory", "100mb")
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            found = real_cache().settings()
        finally:
            client.config_set("maxmemory", 0)
            client.config_set("maxmemory-policy", "noeviction")

    assert (found.max_bytes, found.policy) == (100 * 1024 * 1024, "allkeys-lru")


@pytest.mark.lab
def test_a_wrong_password_is_told_without_it(lab: Lab) -> None:
    cache = RedisPreflight(RedisAccess(lab.address(EAST), PORTS.redis, password="canary-secret"))

    with pytest.raises(RecoveryError) as told:
        cache.settings()

    assert "canary" not in f"{told.value!r} {told.value.__cause__!r}"
