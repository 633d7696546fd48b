"""A failback that can not be done leaves the region fenced, without customers, and the estate free for the next one."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from returning import (
    EAST,
    WEST,
    Flow,
    came_back,
    is_fenced,
    is_free,
    is_left,
    report_of,
    rows,
    steps,
    with_unsent,
)

from recovery.epoch import Claim, take
from recovery.errors import EpochHeld, NotReady, OperationClosed, Unavailable
from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.journal import Kind

MakeEstate = Callable[..., FakeEstate]
Breaks = Callable[[FakeEstate], None]
GB = 10**9


def loses_postgres(estate: FakeEstate) -> None:
    estate.region(EAST).database.down = True


def loses_redis(estate: FakeEstate) -> None:
    estate.region(EAST).cache.down = True


def loses_gateway(estate: FakeEstate) -> None:
    estate.region(EAST).gateway.down = True


@pytest.mark.parametrize(
    ("breaks", "told"),
    [
        (
            loses_postgres,
            r"us-east-1 is not all back: PostgreSQL roles without login: postgres us-east-1.*did not",
        ),
        (loses_redis, r"us-east-1 is not all back: Redis refusing writes: redis us-east-1.*did not answer"),
        (loses_gateway, r"us-east-1 is not all back: gateway closed: gateway us-east-1.*did not answer"),
    ],
)
def test_a_region_of_which_a_part_is_missing_is_not_brought_back(
    estate: FakeEstate, leave: Flow, bring_back: Flow, breaks: Breaks, told: str
) -> None:
    """The parts that are there are fenced all the same; what could not be, is told."""
    came_back(estate, leave)
    breaks(estate)

    with pytest.raises(Unavailable, match=told):
        bring_back(estate)

    assert not estate.region(EAST).accepts_writes
    assert estate.shares == {WEST: 1.0}
    assert "list_unsent" not in steps(estate, Kind.STARTED)
    assert (is_free(estate), is_left(estate)) == (True, True)


def is_a_standby(estate: FakeEstate) -> None:
    estate.world.places[EAST].standby = True


def has_another_time(estate: FakeEstate) -> None:
    database = estate.region(EAST).database
    beat = database.beat
    database.beat = lambda region: beat(region) + timedelta(seconds=3)  # type: ignore[method-assign]


def has_no_room(estate: FakeEstate) -> None:
    """Half of what it takes to write what was kept for it, as rows and as WAL."""
    estate.copies[EAST].scratch.free_bytes = 3 * GB
    estate.region(WEST).sending.kept_bytes = 3 * GB


def loses_the_other_one(estate: FakeEstate) -> None:
    estate.region(WEST).gateway.sick = True


@pytest.mark.parametrize(
    ("breaks", "told"),
    [
        (is_a_standby, r"no standby: 15\.0 \(fake\), a standby \(limit: 15\.0 \(fake\)\)"),
        (has_another_time, r"clocks agree: 3\.000 s apart.*\(limit: 0\.5 s\); set the clocks"),
        (has_no_room, r"disk has room: 3\.0 GB are free \(limit: 6\.0 GB\); make room"),
        (loses_the_other_one, r"us-west-2's services answer: .*HTTP 503.*mend them first: all customers are"),
    ],
)
def test_a_region_that_is_not_fit_to_serve_is_not_brought_back(
    estate: FakeEstate, leave: Flow, bring_back: Flow, breaks: Breaks, told: str
) -> None:
    """The refusal names the check, the value, the limit and what would do; no row was touched."""
    with_unsent(estate, leave)
    breaks(estate)
    before = rows(estate)

    with pytest.raises(NotReady, match=rf"us-east-1 can not be brought back: .*{told}"):
        bring_back(estate)

    assert is_fenced(estate)
    assert rows(estate) == before
    assert (is_free(estate), is_left(estate)) == (True, True)
    assert report_of(estate).ending.outcome == "backed out"


def test_a_region_whose_services_do_not_answer_is_closed_again(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """They are shut out of PostgreSQL until it is opened, so that nothing can be told of them before."""
    with_unsent(estate, leave)
    estate.region(EAST).gateway.sick = True

    with pytest.raises(
        NotReady, match=r"us-east-1 can not be brought back: .*HTTP 503.*; start what is down"
    ):
        bring_back(estate)

    assert is_fenced(estate)
    assert (is_free(estate), is_left(estate)) == (True, True)
    assert report_of(estate).ending.outcome == "backed out"


def test_once_the_cause_is_removed_another_failback_succeeds(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    with_unsent(estate, leave)
    estate.region(EAST).gateway.sick = True
    with pytest.raises(NotReady):
        bring_back(estate)

    estate.region(EAST).gateway.sick = False
    with pytest.raises(OperationClosed, match="failback-2 ended"):
        bring_back(estate)
    told = bring_back(estate, id="failback-3")

    assert told == "failback-3: us-east-1 serves again, and nothing is lost"


def test_a_failback_does_not_begin_while_another_operation_holds_the_estate(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    came_back(estate, leave)
    take(estate.outside.journal, estate.name, Claim(operation="repair-1", holder="me", since=wall_clock()))
    before = estate.state()

    with pytest.raises(EpochHeld, match="repair-1"):
        bring_back(estate)

    assert estate.state() == before
