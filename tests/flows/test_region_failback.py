"""The failback flow on an estate in memory: what it ends with, and which regions it takes."""

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
    journal_of,
    report_of,
    rows,
    steps,
    with_unsent,
)

from recovery.errors import BadInput
from recovery.fakes.estate import FakeEstate
from recovery.journal import Kind
from recovery.operation import Mode

MakeEstate = Callable[..., FakeEstate]
Breaks = Callable[[FakeEstate], None]


def test_a_region_that_was_lost_serves_again_as_before(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """Weights, Redis, replication and the global name are what they were; the estate is free."""
    came_back(estate, leave)

    told = bring_back(estate)

    assert told == "failback-2: us-east-1 serves again, and nothing is lost"
    assert report_of(estate).ending.outcome == "returned"
    assert estate.route53.weights() == {EAST: 50, WEST: 50}
    assert estate.shares == {EAST: 0.5, WEST: 0.5}
    assert not any(stop.is_there for stop in estate.stops.values())
    assert estate.region(EAST).accepts_writes
    assert (estate.region(EAST).follows, estate.region(WEST).follows) == (True, True)
    assert [estate.region(name).cache.look().role for name in (EAST, WEST)] == ["master", "replica"]
    assert estate.region(EAST).cache.look().accepts_writes
    assert (is_free(estate), is_left(estate)) == (True, False)


def test_a_planned_move_is_taken_back_without_a_failed_request(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    leave(estate, Mode.PLANNED)

    bring_back(estate)

    served = report_of(estate).served
    assert served
    assert (served.failed_requests, served.lost_now) == (0, 0)
    assert estate.route53.weights() == {EAST: 50, WEST: 50}


def test_a_redis_that_was_a_replica_before_stays_one(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    estate.world.places[EAST].replica, estate.world.places[WEST].replica = True, False
    came_back(estate, leave)

    bring_back(estate)

    assert [estate.region(name).cache.look().role for name in (EAST, WEST)] == ["replica", "master"]


def test_the_keys_that_redis_got_meanwhile_are_there_in_the_end(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """Those that the lost region's Redis alone had are not: it followed the other one before it took over again."""
    estate.region(EAST).cache.write("lost", b"1")
    estate.replication_lags(EAST, by=timedelta(seconds=0.5))
    came_back(estate, leave)
    estate.region(WEST).cache.write("since", b"2")

    bring_back(estate)

    cache = estate.region(EAST).cache
    assert (cache.read("since"), cache.read("lost")) == (b"2", None)


def test_a_region_that_nobody_left_is_refused_and_nothing_is_changed(
    estate: FakeEstate, bring_back: Flow
) -> None:
    before = estate.state()

    with pytest.raises(BadInput, match=r"No failover has left us-east-1, or it was brought back since"):
        bring_back(estate)

    assert estate.state() == before
    assert estate.outside.journal.keys("") == set()


def test_a_region_is_brought_back_once(estate: FakeEstate, leave: Flow, bring_back: Flow) -> None:
    came_back(estate, leave)
    bring_back(estate)
    before = estate.state()

    with pytest.raises(BadInput, match="it was brought back since"):
        bring_back(estate, id="failback-3")

    assert estate.state() == before


def test_a_region_may_be_left_and_brought_back_again(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    came_back(estate, leave)
    bring_back(estate)
    estate.loses(EAST)
    leave(estate, id="failover-3")
    estate.finds(EAST)

    told = bring_back(estate, id="failback-4")

    assert told == "failback-4: us-east-1 serves again, and nothing is lost"
    assert report_of(estate, "failback-4").operation.failover == "failover-3"


def test_a_dry_run_changes_nothing_and_tells_what_is_known(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    with_unsent(estate, leave)
    before, kept = (estate.state(), rows(estate)), estate.outside.journal.keys("")

    told = bring_back(estate, dry_run=True, id=None)

    assert (estate.state(), rows(estate)) == before
    assert estate.outside.journal.keys("") == kept
    assert told.splitlines()[0].startswith("us-east-1 was left by failover-1 at ")
    assert "eden_task: kept, applied up to" in told
    assert "us-east-1's Redis is a master." in told
    assert told.splitlines()[-2:] == ["It would get 50 % of the traffic.", "Nothing was changed."]


def test_a_dry_run_tells_what_would_refuse_it(estate: FakeEstate, leave: Flow, bring_back: Flow) -> None:
    came_back(estate, leave)
    estate.region(EAST).cache.down = True

    told = bring_back(estate, dry_run=True, id=None)

    assert "WOULD BE REFUSED now: redis us-east-1:6379 did not answer" in told


def test_a_region_without_a_stop_object_is_brought_back(
    make_estate: MakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """Its health check alone keeps it closed meanwhile."""
    estate = make_estate(recovery={"route53": {"stop_objects": None}})
    leave(estate, Mode.PLANNED)

    bring_back(estate)

    assert estate.shares == {EAST: 0.5, WEST: 0.5}
    assert steps(estate, Kind.FAILED) == []


def test_the_steps_are_taken_in_the_order_of_the_runbook(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """What never left is listed before anything is written, and nobody is sent there before nothing differs."""
    with_unsent(estate, leave)

    bring_back(estate)

    assert steps(estate, Kind.DONE) == [
        "keep_fenced",
        "is_back",
        "list_unsent",
        "catch_up",
        "bring_home",
        "replicate_both_ways",
        "follow_cache",
        "prove_alike",
        "open_region",
        "return_traffic",
        "return_cache",
        "verify_return",
    ]
    kinds = [event.kind for event in journal_of(estate)]
    no_return = kinds.index(Kind.POINT_OF_NO_RETURN)
    assert [event.step for event in journal_of(estate)[no_return:] if event.kind is Kind.DONE] == [
        "return_cache",
        "verify_return",
    ]


def test_the_region_is_closed_before_it_is_looked_at(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """It came back open, as it was when it was lost: customers may reach it by an answer that some resolver kept."""
    came_back(estate, leave)
    assert estate.region(EAST).accepts_writes
    open_while_looked_at = list[bool]()
    estate.region(EAST).cache.meanwhile(
        "look", lambda: open_while_looked_at.append(estate.region(EAST).accepts_writes)
    )

    bring_back(estate)

    assert open_while_looked_at[0] is False
    assert not is_fenced(estate)
