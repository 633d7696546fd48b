"""The scenarios of a test on an estate in memory: what told of each fault, when, and what nobody told of."""

from collections.abc import Callable

import pytest
from tested import EAST, MANUAL, Drill, Make, closing, outcome_of

from recovery.dr_test.outcome import ScenarioOutcome
from recovery.drill.alarms import DECISION, noticed_s
from recovery.drill.faults import Fault
from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.measurement import PointName
from recovery.operation import Incident

QUICK = {"automated_failover": {"detection": {"detection_window_seconds": 0.02}}}
VERDICT = "region fault (us-east-1): fail over"


def alerting(estate: FakeEstate, name: str, *, signal: str) -> None:
    """Have an alert of us-east-1 held wherever alerts are."""
    labels = {"alertname": name, "region": EAST, "dr_signal": signal}
    for one in estate.watching.values():
        one.take(labels, wall_clock(), f"{name}-{EAST}")


def named(outcome: ScenarioOutcome) -> list[tuple[str, str | None]]:
    return [(alarm.name, alarm.region) for alarm in outcome.alarms]


def test_what_began_the_failover_is_told_the_alert_and_the_decision(
    make_estate: Make, drill: Drill, leave: Callable[..., str]
) -> None:
    estate = make_estate()

    def acts(_fault: Fault, _region: str) -> None:
        alerting(estate, "HealthCheckFailing", signal="health")
        at = wall_clock()
        incident = Incident(id="incident-1", active_at=at, decided_at=at, verdict=VERDICT)
        leave(estate, incident=incident)

    estate.faults.then = acts

    drill(estate, "region-loss")

    outcome = outcome_of(estate, "region_loss")
    assert (outcome.there, outcome.deviations) == (True, []), outcome.happened
    assert named(outcome) == [("HealthCheckFailing", EAST), (DECISION, EAST)]
    assert outcome.alarms[1].source == f"the intake, incident-1: {VERDICT}"
    assert all(alarm.at for alarm in outcome.alarms)


def test_the_rto_counts_from_the_injection_though_alerts_began_the_failover(
    make_estate: Make, drill: Drill, leave: Callable[..., str]
) -> None:
    """They know of none: by what the prober saw first, a fault that hurts late would be recovered from sooner."""
    estate = make_estate()

    def acts(_fault: Fault, _region: str) -> None:
        leave(estate)

    estate.faults.then = acts

    drill(estate, "region-loss")

    outcome = outcome_of(estate, "region_loss")
    at = {point.name: point.at for point in outcome.points}
    fault, restored = at[PointName.FAULT], at[PointName.RESTORED]
    assert fault == outcome.injection.at
    assert restored
    assert outcome.rto.seconds == pytest.approx((restored - fault).total_seconds())


def test_the_alert_that_told_a_person_of_a_gray_failure_is_its_t1(make_estate: Make, drill: Drill) -> None:
    estate = make_estate()

    drill(estate, "gray-failure")

    outcome = outcome_of(estate, "gray_failure")
    assert named(outcome) == [("ErrorRateHigh", EAST)]
    detected = next(point for point in outcome.points if point.name is PointName.DETECTED)
    assert (detected.at, detected.measured_by) == (outcome.alarms[0].at, "Alertmanager fake")


def test_dead_monitoring_is_told_by_the_readiness_check_after_a_measured_time(
    make_estate: Make, drill: Drill
) -> None:
    estate = make_estate()

    drill(estate, "alert-path-lost")

    outcome = outcome_of(estate, "alert_path_lost")
    assert {alarm.source for alarm in outcome.alarms} == {"the readiness check"}
    assert len(outcome.alarms) == len(estate.watching)
    after_s = noticed_s(outcome.points)
    assert after_s is not None
    assert after_s > 0
    assert f"{after_s:.1f} s later the readiness check told" in outcome.happened
    assert outcome.observations == []


def test_monitoring_that_the_readiness_check_takes_for_alive_is_a_finding(
    make_estate: Make, drill: Drill
) -> None:
    estate = make_estate()

    def answers_again(_fault: Fault, _region: str) -> None:
        estate.watching["witness"].away = False

    estate.faults.then = answers_again

    drill(estate, "alert-path-lost")

    [told] = outcome_of(estate, "alert_path_lost").observations
    assert told.what == "The readiness check told of 2 of 3 places."


def test_a_cut_link_that_an_alert_tells_of_has_the_time_until_it_did(make_estate: Make, drill: Drill) -> None:
    estate = make_estate(**QUICK)
    estate.faults.then = lambda _fault, _region: alerting(estate, "ReplicationDown", signal="replication")

    drill(estate, "link-partition")

    outcome = outcome_of(estate, "link_partition")
    assert (outcome.there, outcome.observations) == (True, [])
    assert named(outcome) == [("ReplicationDown", EAST)]
    assert noticed_s(outcome.points) is not None
    assert "ReplicationDown of us-east-1 told of it" in outcome.happened


def test_a_cut_link_that_nobody_tells_of_is_a_finding(make_estate: Make, drill: Drill) -> None:
    estate = make_estate(**QUICK)

    drill(estate, "link-partition")

    outcome = outcome_of(estate, "link_partition")
    assert (outcome.there, outcome.alarms) == (True, [])
    assert [told.what[:36] for told in outcome.observations] == ["No alert told of the cut link within"]
    assert closing(estate).data["outcome"] == "passed"


def test_an_alert_of_before_the_fault_did_not_tell_of_it(make_estate: Make, drill: Drill) -> None:
    estate = make_estate(**QUICK)
    alerting(estate, "ReplicationLagHigh", signal="replication")

    drill(estate, "link-partition")

    assert outcome_of(estate, "link_partition").alarms == []


def test_where_alerts_may_not_act_those_that_were_there_are_told_all_the_same(
    make_estate: Make, drill: Drill
) -> None:
    estate = make_estate(**MANUAL)
    estate.faults.then = lambda _fault, _region: alerting(estate, "HealthCheckFailing", signal="health")

    drill(estate, "region-loss")

    assert named(outcome_of(estate, "region_loss")) == [("HealthCheckFailing", EAST)]
