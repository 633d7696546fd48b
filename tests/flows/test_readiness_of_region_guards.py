"""What the readiness check says of the region guards that the estate file names."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.readiness.check import Check, State
from recovery.readiness.kept import Kept
from recovery.readiness.order import ReadinessCheck
from recovery.region_guard import Guard
from recovery.region_standing import Standing

EAST, WEST = "us-east-1", "us-west-2"
GUARDED = "its region guard lets it serve, and hears the journal"
Look = Callable[[FakeEstate], dict[str | None, Check]]


@pytest.fixture
def look(opens: Callable[[FakeEstate], None], prefect_api: Any) -> Look:
    """Return a function that checks an estate by the flow, and returns what it kept of the guards, by region."""
    from flows.readiness_check import readiness_check  # noqa: PLC0415 - takes seconds

    assert prefect_api.url

    def looked(estate: FakeEstate) -> dict[str | None, Check]:
        opens(estate)
        readiness_check(ReadinessCheck())
        kept = Kept.newest(estate.outside.journal, estate.name)
        assert kept is not None
        return {check.region: check for check in kept.readiness.checks if check.name == GUARDED}

    return looked


@pytest.fixture
def guarded(make_estate: Callable[..., FakeEstate]) -> FakeEstate:
    """An estate whose file names the region guards."""
    return make_estate(recovery={"gateways": {name: {"guard": "127.0.0.1:8900"} for name in (EAST, WEST)}})


def test_a_guard_that_is_open_and_hears_the_journal_is_well(guarded: FakeEstate, look: Look) -> None:
    assert {check.state for check in look(guarded).values()} == {State.OK}


def test_a_guard_that_keeps_a_region_closed_fails(guarded: FakeEstate, look: Look) -> None:
    guard = guarded.guards[EAST].guard
    guarded.guards[EAST].guard = guard.answered(
        Standing(may_serve=False, why="left by failover-1"), wall_clock()
    )

    check = look(guarded)[EAST]

    assert (check.state, check.value) == (State.FAILED, "closed: left by failover-1")


def test_a_guard_that_can_not_ask_is_a_warning_before_somebody_restarts_it(
    guarded: FakeEstate, look: Look
) -> None:
    """It lets the region serve for as long as it runs; the next start of it would be closed."""
    opened = Standing(may_serve=True, why="no operation has left it")
    long_ago = Guard(EAST, started_at=wall_clock()).answered(opened, wall_clock() - timedelta(minutes=5))
    guarded.guards[EAST].guard = long_ago.unanswered("2 stores are down")

    check = look(guarded)[EAST]

    assert (check.state, check.value) == (State.WARNING, "open, but deaf: 2 stores are down")


def test_a_guard_that_does_not_answer_is_not_known(guarded: FakeEstate, look: Look) -> None:
    guarded.guards[EAST].down = True

    assert look(guarded)[EAST].state is State.UNKNOWN


def test_an_estate_file_that_names_no_guard_has_no_check_of_it(estate: FakeEstate, look: Look) -> None:
    assert look(estate) == {}
