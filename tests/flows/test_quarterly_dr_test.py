"""The test of an estate in memory: what counts as passed, and what becomes of the estate whatever stops it."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from recovery import operation_journal
from recovery.dr_test.outcome import ScenarioOutcome
from recovery.drill.faults import Fault
from recovery.epoch import Claim, holder_of, take
from recovery.errors import BadInput, NotReady
from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.journal import Event, Kind

EAST, WEST = "us-east-1", "us-west-2"
MANUAL = {"global_load_balancing": {"failover": {"automatic": False}}}
Drill = Callable[..., str]
Make = Callable[..., FakeEstate]


class Stopped(BaseException):
    """In place of SIGTERM, or of a cancellation."""


def journal_of(estate: FakeEstate) -> Sequence[Event]:
    return operation_journal.read(estate.outside.journal, "dr-test-1")


def outcome_of(estate: FakeEstate, step: str) -> ScenarioOutcome:
    done = next(e for e in journal_of(estate) if (e.kind, e.step) == (Kind.DONE, step))
    return ScenarioOutcome.model_validate(done.data["result"])


def closing(estate: FakeEstate) -> Event:
    return next(event for event in journal_of(estate) if event.kind is Kind.CLOSED)


def is_as_it_was(estate: FakeEstate) -> bool:
    """Whether both regions serve and follow each other, none is left, and the estate is free."""
    quorum = estate.outside.journal
    regions = [estate.region(name) for name in (EAST, WEST)]
    return (
        all(region.accepts_writes or region.cache.look().role == "replica" for region in regions)
        and all(region.follows for region in regions)
        and all(estate.shares.get(name) for name in (EAST, WEST))
        and holder_of(quorum, estate.name) is None
        and operation_journal.left_by(quorum, EAST, but="") is None
    )


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


def test_a_tabletop_touches_nothing_and_proves_nothing(make_estate: Make, drill: Drill) -> None:
    """Every precondition is looked at by the procedure's own dry run."""
    estate = make_estate()
    before = estate.state()

    told = drill(estate, scope="tabletop")

    outcome = outcome_of(estate, "region_loss")
    assert told.endswith("scenarios were walked through, and can begin")
    assert (outcome.there, outcome.back) == (None, None)
    assert estate.faults.injected == []
    assert estate.state() == before


def test_a_tabletop_tells_what_would_be_refused(make_estate: Make, drill: Drill) -> None:
    estate = make_estate()
    estate.world.places[WEST].sessions = 10**6

    drill(estate, "region-loss", scope="tabletop")

    outcome = outcome_of(estate, "region_loss")
    assert "gateway has room" in outcome.happened
    assert not outcome.integrity[0].ok


def test_an_estate_that_is_not_steady_is_not_tested(make_estate: Make, drill: Drill) -> None:
    estate = make_estate()
    estate.link_cut = True

    with pytest.raises(NotReady, match="can not be tested now"):
        drill(estate, "region-loss")

    assert estate.faults.injected == []


def test_an_open_incident_is_waited_out_or_refuses_the_test(make_estate: Make, drill: Drill) -> None:
    estate = make_estate()
    claim = Claim(operation="failover-9", holder="somebody", since=wall_clock())
    take(estate.outside.journal, estate.name, claim)

    with pytest.raises(NotReady, match="failover-9 holds it"):
        drill(estate, "region-loss", hold_minutes=0)

    assert estate.faults.injected == []


@pytest.mark.parametrize(
    "scenario", ["region-loss", "database-loss", "cache-loss", "gray-failure", "planned-move"]
)
@pytest.mark.parametrize("when", ["injected", "failed over", "mended"])
def test_whatever_stops_it_the_estate_is_put_back(
    make_estate: Make, drill: Drill, monkeypatch: pytest.MonkeyPatch, scenario: str, when: str
) -> None:
    """A test that is cancelled in the middle of a scenario leaves the estate as it was before."""
    estate = make_estate(**MANUAL)
    stop_at(estate, monkeypatch, when)

    with pytest.raises(Stopped):
        drill(estate, scenario)

    assert is_as_it_was(estate)
    assert closing(estate).data["outcome"] == "stopped"


def test_a_killed_test_puts_the_estate_back_before_it_goes_on(
    make_estate: Make, drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a killed process left broken is mended first; then the scenario is played anew."""
    estate = make_estate(**MANUAL)
    kill_once_broken(drill, estate, monkeypatch, "region-loss")
    assert estate.world.places[EAST].lost_at is not None

    drill(estate, "region-loss")

    assert closing(estate).data["outcome"] == "passed"
    assert is_as_it_was(estate)


def test_a_stopped_test_can_be_put_back_without_playing_the_rest(
    make_estate: Make, drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a worker killed before it had put the estate back, the run after it does; the newest test is meant."""
    estate = make_estate(**MANUAL)
    kill_once_broken(drill, estate, monkeypatch, "region-loss", "cache-loss")

    told = drill(estate, put_back=True, id=None)

    assert told.startswith("dr-test-1: the estate is as it was")
    assert is_as_it_was(estate)
    assert len(estate.faults.injected) == 1
    assert closing(estate).data["outcome"] == "stopped"
    assert drill(estate, "region-loss", id="dr-test-2").endswith("1 of 1 scenarios passed, there and back")


def test_where_no_test_was_stopped_there_is_nothing_to_put_back(make_estate: Make, drill: Drill) -> None:
    estate = make_estate(**MANUAL)
    with pytest.raises(BadInput, match="No test was stopped"):
        drill(estate, put_back=True, id=None)
    drill(estate, "region-loss")

    with pytest.raises(BadInput, match="dr-test-1 was not stopped"):
        drill(estate, put_back=True, id=None)


def kill_once_broken(
    drill: Drill, estate: FakeEstate, monkeypatch: pytest.MonkeyPatch, *scenarios: str
) -> None:
    """Have the test's process killed right after the fault: it puts nothing back."""
    estate.faults.then = killed
    with monkeypatch.context() as patched:
        patched.setattr("tasks.stopping.LeftAsItWas.__exit__", lambda *_: None)
        with pytest.raises(Stopped):
            drill(estate, *scenarios)
    estate.faults.then = lambda _fault, _region: None


def killed(_fault: Fault, _region: str) -> None:
    raise Stopped


def stop_at(estate: FakeEstate, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """Have the test stopped, once, at that moment of a scenario."""
    from tasks import expectations  # noqa: PLC0415 - Prefect takes seconds

    stopped: list[str] = []

    def once(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def replaced(*args: Any, **fields: Any) -> Any:
            found = real(*args, **fields)
            if not stopped:
                stopped.append(name)
                raise Stopped
            return found

        return replaced

    match when:
        case "injected":
            name = "break_it" if not estate.faults.injected else ""
            monkeypatch.setattr(expectations.Scene, name, once(name, expectations.Scene.break_it))
            monkeypatch.setattr(expectations.readiness, "rests_until", once("rest", lambda *_, **__: None))
        case "failed over":
            monkeypatch.setattr(
                expectations.Scene, "see_failover", once("see", expectations.Scene.see_failover)
            )
        case _:
            monkeypatch.setattr(expectations.Scene, "mend", once("mend", expectations.Scene.mend))
