"""The traffic of a region that returns: its share, and what becomes of the region where it can not have it."""

from collections.abc import Callable

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

from recovery.errors import NotReady, Refused
from recovery.fakes.estate import FakeEstate
from recovery.journal import Kind
from recovery.traffic import Weights

MakeEstate = Callable[..., FakeEstate]
Breaks = Callable[[FakeEstate], None]


def test_a_person_may_ask_for_another_share(estate: FakeEstate, leave: Flow, bring_back: Flow) -> None:
    came_back(estate, leave)

    bring_back(estate, share_percent=20)

    assert estate.route53.weights() == {EAST: 20, WEST: 80}


def test_the_share_is_the_one_before_the_region_was_left(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    before: Weights = {EAST: 90, WEST: 30}
    estate.outside.traffic.set_weights(before)
    came_back(estate, leave)

    bring_back(estate)

    assert estate.route53.weights() == {EAST: 75, WEST: 25}


def test_a_region_that_has_customers_is_not_fenced(estate: FakeEstate, leave: Flow, bring_back: Flow) -> None:
    """It was brought back by hand, or its traffic was held: the fence would leave them without service."""
    came_back(estate, leave)
    back: Weights = {EAST: 20, WEST: 80}
    estate.outside.traffic.set_weights(back)
    estate.outside.traffic.mark_healthy(EAST)
    estate.stops[EAST].remove()
    before = estate.state()

    with pytest.raises(NotReady, match=r"us-east-1 is sent customers, by weight 20.*to us-west-2 first"):
        bring_back(estate)

    assert estate.state() == before
    assert "WOULD BE REFUSED now: us-east-1 is sent customers" in bring_back(estate, dry_run=True)


def rolls_back(estate: FakeEstate) -> None:
    estate.route53.meanwhile("set_weights", lambda: estate.prober.accuses.add(EAST))


def test_traffic_that_is_rolled_back_leaves_the_region_fenced_with_weight_zero(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """And its data as it is: the next failback has less to do."""
    with_unsent(estate, leave)
    rolls_back(estate)

    with pytest.raises(NotReady, match="Traffic was rolled back to us-west-2"):
        bring_back(estate)

    assert is_fenced(estate)
    assert estate.route53.weights() == {EAST: 0, WEST: 100}
    assert rows(estate)[0] == rows(estate)[1]
    assert (is_free(estate), is_left(estate)) == (True, True)
    assert estate.region(WEST).cache.look().role == "master"


def test_after_a_rollback_nothing_is_brought_home_twice(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    with_unsent(estate, leave)
    rolls_back(estate)
    with pytest.raises(NotReady):
        bring_back(estate)
    estate.route53.heals()
    estate.prober.accuses.clear()

    bring_back(estate, id="failback-3")

    home = report_of(estate, "failback-3").brought_home
    assert home
    assert sum(count for fate, count in home.fates.items() if fate in {"alike", "superseded"}) == 4
    assert home.changes == []
    assert report_of(estate, "failback-3").ending.outcome == "returned"


def test_where_neither_region_is_fit_for_the_traffic_it_stays_and_a_person_is_told(
    make_estate: MakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """To fence the region would leave customers with none."""
    estate = make_estate(automated_failover={"traffic_shifting": {"increment_percent": 25}})
    came_back(estate, leave)
    estate.route53.meanwhile("set_weights", lambda: estate.prober.accuses.update({EAST, WEST}))

    with pytest.raises(NotReady, match="Traffic is held where it is"):
        bring_back(estate)

    assert estate.shares == {EAST: 0.25, WEST: 0.75}
    assert estate.region(EAST).accepts_writes
    assert is_free(estate)
    end = report_of(estate).ending
    assert end.outcome == "held"
    assert end.summary.startswith("Traffic stays as it is, and the region is open")
    looked, sound, lost = end.next
    assert looked.startswith(
        "Look at both regions: us-east-1 is open, traffic stays at us-east-1 25, us-west-2 75"
    )
    assert "by the runbook's step 12: us-east-1 0, us-west-2 100; then start the failback again" in sound
    assert lost.startswith("Where us-west-2 is lost, start an unplanned failover from it")


def test_after_its_traffic_is_back_the_only_way_is_forward(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """What fails then is gone on with: nothing is fenced any more."""
    came_back(estate, leave)
    estate.front_door.fails("check", Refused("no"))

    with pytest.raises(Refused, match="no"):
        bring_back(estate)
    told = journal_of(estate)[-1].data["next"]
    estate.front_door.heals()
    bring_back(estate)

    assert told == [
        "us-east-1 serves its share; mend what stopped it, then run `dr resume failback-2`",
        "or follow runbooks/region_failback.md from that step on, then run `dr close failback-2`",
    ]
    assert "leave_fenced" not in steps(estate, Kind.STARTED)
    assert estate.route53.weights() == {EAST: 50, WEST: 50}
    assert report_of(estate).ending.outcome == "returned"
