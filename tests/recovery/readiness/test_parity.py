"""The regions beside each other: either may have to carry everything."""

from dataclasses import replace

import pytest

from recovery.fakes.preflight import FakePreflight
from recovery.fakes.world import World
from recovery.ports import GatewayState
from recovery.readiness import parity
from recovery.readiness.check import Check, State
from recovery.readiness.facts import CacheSettings, DatabaseLocale, Schema, Server

EAST, WEST = "us-east-1", "us-west-2"
CACHE = CacheSettings(version="7.0.15", max_bytes=10**9, policy="noeviction", used_bytes=1)
GATEWAY = GatewayState(("hub", "task"), (), sessions=10, sessions_limit=2000, fenced=False)
SCHEMA = Schema((), (), {("eden_task", "pglogical"): "2.4.2", ("eden_task", "pgcrypto"): "1.3"})


def a_server(**settings: str) -> Server:
    world = World([EAST, WEST])
    fake = FakePreflight(world, world.places[EAST], ["eden_task"])
    fake.has(**settings)
    return fake.facts


def found(checks: list[Check], part: str) -> tuple[State, str]:
    (one,) = [check for check in checks if part in check.name]
    return one.state, one.value


def test_regions_that_are_alike_hold() -> None:
    checks = [
        *parity.server_parity(a_server(), a_server()),
        *parity.schema_parity(SCHEMA, SCHEMA),
        *parity.cache_parity(CACHE, CACHE),
        *parity.gateway_parity(GATEWAY, GATEWAY),
    ]

    assert {check.state for check in checks} == {State.OK}
    assert {check.region for check in checks} == {None}


@pytest.mark.parametrize(
    ("version", "state"), [("15.0", State.OK), ("15.7", State.WARNING), ("16.2", State.FAILED)]
)
def test_another_minor_release_is_told_and_another_major_one_fails(version: str, state: State) -> None:
    other = replace(a_server(), version=version)

    assert found(parity.server_parity(a_server(), other), "same release")[0] is state


def test_a_smaller_limit_in_one_region_is_told() -> None:
    smaller = a_server(max_connections="60")

    state, value = found(parity.server_parity(a_server(), smaller), "limits are the same")

    assert (state, value) == (State.WARNING, "max_connections: 120 and 60")


def test_sessions_of_both_regions_need_room_in_the_smaller_one() -> None:
    here, there = replace(a_server(), sessions=40), replace(a_server(max_connections="60"), sessions=40)

    assert found(parity.server_parity(here, there), "sessions of both") == (
        State.FAILED,
        "80 in both regions",
    )


def test_other_collations_fail() -> None:
    """Text keys are then in another order on each side."""
    locale = DatabaseLocale("eden_task", "UTF8", "en_US.UTF-8 en_US.UTF-8", "2.36", "2.36")
    other = replace(a_server(), databases=(locale,))

    state, value = found(parity.server_parity(a_server(), other), "encodings and collations")

    assert state is State.FAILED
    assert value.startswith("eden_task: UTF8 C.UTF-8 C.UTF-8")


def test_an_extension_that_one_region_lacks_fails_and_another_version_is_told() -> None:
    lacking = Schema((), (), {("eden_task", "pglogical"): "2.4.2"})
    older = Schema((), (), {**SCHEMA.extensions, ("eden_task", "pgcrypto"): "1.2"})

    assert found(parity.schema_parity(SCHEMA, lacking), "extensions") == (
        State.FAILED,
        "eden_task.pgcrypto is in one region alone",
    )
    assert found(parity.schema_parity(SCHEMA, older), "extensions") == (
        State.WARNING,
        "eden_task.pgcrypto: 1.3 and 1.2",
    )


def test_redis_of_another_size_or_policy_is_told() -> None:
    other = replace(CACHE, max_bytes=0, policy="allkeys-lru")

    state, value = found(parity.cache_parity(CACHE, other), "same room")

    assert (state, value) == (State.WARNING, "1.0 GB, noeviction and no limit, allkeys-lru")


def test_a_gateway_without_a_service_fails_and_a_smaller_one_is_told() -> None:
    other = replace(GATEWAY, services_up=("hub",), sessions_limit=1000)

    checks = parity.gateway_parity(GATEWAY, other)

    assert found(checks, "same services") == (State.FAILED, "one alone has task")
    assert found(checks, "as many sessions") == (State.WARNING, "2000 and 1000")
