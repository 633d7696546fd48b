"""The test of an estate in memory: what counts as passed, and what becomes of the estate whatever stops it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from tested import EAST, MANUAL, Drill, Make, closing, is_as_it_was, journal_of, outcome_of

from recovery.drill.faults import Fault
from recovery.epoch import Claim, take
from recovery.errors import BadInput, NotReady
from recovery.fakes.prober import FakeProber
from recovery.fakes.world import wall_clock
from recovery.operation import Mode
from recovery.ports import RowKey
from recovery.silences import Matcher, Silence


def test_a_lost_region_there_and_back_passes(make_estate: Make, drill: Drill) -> None:
    """Failed over, mended, brought back, compared: each with the operation whose journal proves it."""
    estate = make_estate(**MANUAL)

    told = drill(estate, "region-loss")

    outcome = outcome_of(estate, "region_loss")
    assert told == "dr-test-1: 1 of 1 scenarios passed, there and back"
    assert closing(estate).data["outcome"] == "passed"
    assert (outcome.there, outcome.back) == (True, True), outcome
    assert [one.leg for one in outcome.operations] == ["there", "back"]
    assert outcome.rto.seconds is not None
    assert outcome.losses.final == 0
    assert outcome.reconciliation.holds
    assert outcome.failback.holds
    assert {point.name for point in outcome.points if point.at} >= {"T0", "T6", "T7"}
    assert is_as_it_was(estate)


def test_what_the_alerts_were_to_do_is_told_where_they_may_not(make_estate: Make, drill: Drill) -> None:
    estate = make_estate(**MANUAL)

    drill(estate, "region-loss")

    assert "automatic is false" in str(outcome_of(estate, "region_loss").deviations[0].why)


def test_a_cut_link_passes_only_if_nothing_begins(make_estate: Make, drill: Drill) -> None:
    estate = make_estate(automated_failover={"detection": {"detection_window_seconds": 0.02}})

    drill(estate, "link-partition")

    outcome = outcome_of(estate, "link_partition")
    assert (outcome.there, outcome.back) == (True, True), outcome
    assert outcome.operations[0].leg == "aside"
    assert is_as_it_was(estate)


def test_a_failover_over_a_cut_link_fails_the_scenario_and_is_put_back(
    make_estate: Make, drill: Drill, leave: Callable[..., str]
) -> None:
    """Alerts that take a partition for a loss are what the scenario is there to find."""
    estate = make_estate(automated_failover={"detection": {"detection_window_seconds": 0.02}})

    def overeager(_fault: Fault, _region: str) -> None:
        estate.link_cut = False
        leave(estate, "planned")

    estate.faults.then = overeager

    drill(estate, "link-partition")

    outcome = outcome_of(estate, "link_partition")
    assert outcome.there is False
    assert "should not have" in outcome.happened
    assert closing(estate).data["outcome"] == "failed"
    assert is_as_it_was(estate)


def test_a_planned_move_is_played_in_production(make_estate: Make, drill: Drill) -> None:
    """The scope `live` breaks nothing."""
    estate = make_estate()

    drill(estate, "planned-move", scope="live")

    outcome = outcome_of(estate, "planned_move")
    assert (outcome.there, outcome.back) == (True, True), outcome
    assert outcome.injection.at is None
    assert estate.faults.injected == []
    assert is_as_it_was(estate)


def test_nothing_is_broken_in_production(make_estate: Make, drill: Drill) -> None:
    estate = make_estate()

    with pytest.raises(
        BadInput, match=r"region-loss may be played with the scope live: choose of planned-move"
    ):
        drill(estate, "region-loss", scope="live")

    assert journal_of(estate) == []


@pytest.mark.parametrize(("allowed", "asked"), [("live", "full"), ("tabletop", "full"), ("tabletop", "live")])
@pytest.mark.parametrize("dry_run", [False, True])
def test_no_order_goes_beyond_what_the_estate_allows(
    make_estate: Make, drill: Drill, allowed: str, asked: str, *, dry_run: bool
) -> None:
    """An estate that serves customers says so in its file, and no form and no option can say otherwise."""
    estate = make_estate(disaster_recovery={"testing": {"scope": allowed}})

    with pytest.raises(
        BadInput,
        match=rf"the scope {asked} goes .* disaster_recovery\.testing\.scope is {allowed}\. Test with",
    ):
        drill(estate, "planned-move", scope=asked, dry_run=dry_run)

    assert journal_of(estate) == []
    assert estate.faults.injected == []


def test_an_estate_that_says_nothing_of_tests_is_walked_through_only(
    make_estate: Make, drill: Drill, estate_values: dict[str, Any]
) -> None:
    del estate_values["disaster_recovery"]["testing"]
    estate = make_estate()

    with pytest.raises(BadInput, match=r"scope is not set, which is tabletop"):
        drill(estate, "planned-move", scope="live")

    assert "walked through" in drill(estate, "planned-move", scope=None)


def test_an_order_may_go_less_far_than_the_estate_allows(make_estate: Make, drill: Drill) -> None:
    estate = make_estate(disaster_recovery={"testing": {"scope": "live"}})

    told = drill(estate, "planned-move", scope="tabletop")

    assert "walked through" in told
    assert outcome_of(estate, "planned_move").operations == []


def test_a_gray_region_is_left_by_whoever_was_told(make_estate: Make, drill: Drill) -> None:
    """Its RTO counts from the fault on, though nothing begins by itself."""
    estate = make_estate()

    drill(estate, "gray-failure")

    outcome = outcome_of(estate, "gray_failure")
    assert (outcome.there, outcome.back) == (True, True), outcome
    assert next(point.at for point in outcome.points if point.name == "T0") == outcome.injection.at
    assert any("ErrorRateHigh of us-east-1" in str(event.data) for event in journal_of(estate))
    assert is_as_it_was(estate)


def test_a_gray_failure_of_which_nobody_is_told_fails_the_scenario(make_estate: Make, drill: Drill) -> None:
    estate = make_estate()
    estate.watching.clear()

    drill(estate, "gray-failure")

    outcome = outcome_of(estate, "gray_failure")
    assert outcome.there is False
    assert "nobody would be told" in outcome.happened
    assert is_as_it_was(estate)


def test_monitoring_that_is_dead_is_noticed_by_the_readiness_check(make_estate: Make, drill: Drill) -> None:
    estate = make_estate()

    drill(estate, "alert-path-lost")

    outcome = outcome_of(estate, "alert_path_lost")
    assert (outcome.there, outcome.back) == (True, True), outcome
    assert "the monitoring of us-east-1 is alive" in outcome.happened
    assert is_as_it_was(estate)


def test_an_estate_that_is_not_steady_is_not_tested(make_estate: Make, drill: Drill) -> None:
    estate = make_estate()
    estate.link_cut = True

    with pytest.raises(NotReady, match=r"The test was not begun: .* arrives in the other region"):
        drill(estate, "region-loss", hold_minutes=0)

    assert estate.faults.injected == []


def test_one_that_was_refused_does_not_hold_up_the_next_and_can_be_resumed(
    make_estate: Make, drill: Drill
) -> None:
    """Nobody may have looked at it when the next quarter's begins."""
    estate = make_estate(**MANUAL)
    estate.link_cut = True
    with pytest.raises(NotReady, match="The test was not begun"):
        drill(estate, "planned-move", hold_minutes=0)
    estate.link_cut = False

    next_one = drill(estate, "planned-move", id="dr-test-2")
    resumed = drill(estate, "planned-move")

    assert [told.split(":")[0] for told in (next_one, resumed)] == ["dr-test-2", "dr-test-1"]
    assert all(told.endswith("1 of 1 scenarios passed, there and back") for told in (next_one, resumed))


def test_maintenance_is_waited_out(make_estate: Make, drill: Drill) -> None:
    """Whoever works on a region has made a silence: the test begins once it has expired."""
    estate = make_estate(**MANUAL)
    until = wall_clock() + timedelta(seconds=1.5)
    estate.watching["witness"].made.append(silence(until=until))

    told = drill(estate, "planned-move")

    held = next(event for event in journal_of(estate) if "Held" in str(event.data.get("text")))
    begun = next(event for event in journal_of(estate) if "Begins" in str(event.data.get("text")))
    assert "by 'ada' until" in str(held.data["text"])
    assert begun.time >= until
    assert told.endswith("1 of 1 scenarios passed, there and back")


def test_a_region_that_is_left_is_not_waited_for(
    make_estate: Make, drill: Drill, leave: Callable[..., str]
) -> None:
    """Nobody brings it back by itself."""
    estate = make_estate(**MANUAL)
    leave(estate, Mode.PLANNED)

    with pytest.raises(NotReady, match="bring it back: `dr failback us-east-1`"):
        drill(estate, "planned-move")


def test_an_orchestrator_that_was_not_lost_proves_nothing(make_estate: Make, drill: Drill) -> None:
    """Here nothing kills the failover: the scenario has not shown what it is for."""
    estate = make_estate(**MANUAL)

    drill(estate, "orchestrator-lost")

    outcome = outcome_of(estate, "orchestrator_lost")
    assert "had ended before it could be cut short" in outcome.deviations[-1].what
    assert (outcome.there, outcome.back) == (False, True)
    assert is_as_it_was(estate)


def test_an_open_incident_is_waited_out_or_refuses_the_test(make_estate: Make, drill: Drill) -> None:
    estate = make_estate()
    claim = Claim(operation="failover-9", holder="somebody", since=wall_clock())
    take(estate.outside.journal, estate.name, claim)

    with pytest.raises(NotReady, match="failover-9 holds it"):
        drill(estate, "region-loss", hold_minutes=0)

    assert estate.faults.injected == []


def silence(*, until: datetime) -> Silence:
    """What somebody makes who works on us-east-1."""
    matchers = (Matcher("region", "us-east-1", is_regex=False, is_equal=True),)
    return Silence("ada", "new disks", matchers, wall_clock(), until, active=True)


def test_exactly_the_rows_that_neither_region_has_in_the_end_are_listed(
    make_estate: Make, drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More were lost at the failover, and came home with the region: they are not gone."""
    vanished = gone_for_good(monkeypatch)
    estate = make_estate(**MANUAL)
    estate.replication_lags(EAST, by=timedelta(milliseconds=60))

    drill(estate, "region-loss")

    losses = outcome_of(estate, "region_loss").losses
    assert losses.lost is not None
    assert losses.lost > 1
    assert (losses.salvaged, losses.final) == (losses.lost - 1, 1)
    assert [(row.service, row.client, row.seq) for row in losses.gone] == [vanished[0]]


@pytest.mark.parametrize(
    ("scenario", "step"), [("link-partition", "link_partition"), ("alert-path-lost", "alert_path_lost")]
)
def test_promised_rows_are_counted_though_nothing_is_failed_over(
    make_estate: Make, drill: Drill, scenario: str, step: str
) -> None:
    estate = make_estate(automated_failover={"detection": {"detection_window_seconds": 0.02}})

    drill(estate, scenario)

    losses = outcome_of(estate, step).losses
    assert losses.acknowledged
    assert (losses.lost, losses.final, losses.reason) == (0, 0, None)


def gone_for_good(monkeypatch: pytest.MonkeyPatch) -> list[RowKey]:
    """Have the first promised row in no region, and return where its key will be."""
    found, all_of = list[RowKey](), FakeProber.rows

    def rows(prober: FakeProber, region: str) -> dict[RowKey, datetime]:
        there = all_of(prober, region)
        found[:] = found or sorted(there, key=lambda key: key[2])[:1]
        return {key: at for key, at in there.items() if key not in found}

    monkeypatch.setattr(FakeProber, "rows", rows)
    return found
