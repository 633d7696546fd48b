"""What told of a fault is listed once each, with when it did; T1 is the first of it where no operation has its own."""

from datetime import datetime

from telling import SOURCE, TARGET, after

from recovery.alerts import HeldAlert
from recovery.dr_test.kept import KeptTest
from recovery.dr_test.outcome import Alarm
from recovery.drill import alarms
from recovery.measurement import Point, PointName
from recovery.operation import Failover, Incident
from recovery.readiness.check import Check, Group, State
from recovery.report.dr_test_sheets import noticed

EAST_HAS, WITNESS_HAS = "Alertmanager east", "Alertmanager witness"


def alert(name: str, at: float, *, region: str = SOURCE) -> HeldAlert:
    labels = {"alertname": name, "region": region, "dr_signal": "health"}
    return HeldAlert(fingerprint=f"{name}-{region}", starts_at=after(at), labels=labels, annotations={})


def alarm(at: float | None, *, source: str = WITNESS_HAS) -> Alarm:
    return Alarm(name="RegionDown", at=None if at is None else after(at), source=source)


def point(name: PointName, at: float | None) -> Point:
    return Point(name=name, at=None if at is None else after(at), measured_by="prober", reason="not seen")


def at_of(points: list[Point], name: PointName) -> datetime | None:
    return next(one.at for one in points if one.name is name)


def test_an_alert_that_several_places_hold_is_listed_once_as_of_the_first() -> None:
    found = alarms.of_alerts(
        [
            (EAST_HAS, alert("RegionDown", 4)),
            (WITNESS_HAS, alert("RegionDown", 3)),
            (EAST_HAS, alert("RegionDown", 2, region=TARGET)),
            (EAST_HAS, alert("ErrorRateHigh", 1)),
        ]
    )

    assert [(one.name, one.region, one.at, one.source) for one in found] == [
        ("ErrorRateHigh", SOURCE, after(1), EAST_HAS),
        ("RegionDown", TARGET, after(2), EAST_HAS),
        ("RegionDown", SOURCE, after(3), WITNESS_HAS),
    ]


def test_the_intake_s_decision_is_told_with_what_it_decided_by() -> None:
    verdict = "region fault (us-east-1): fail over"
    incident = Incident(id="incident-1", active_at=after(1), decided_at=after(3), verdict=verdict)

    [told] = alarms.of_decision(Failover(source=SOURCE, incident=incident))

    assert (told.name, told.region, told.at) == (alarms.DECISION, SOURCE, after(3))
    assert told.source == f"the intake, incident-1: {verdict}"


def test_a_failover_that_a_person_began_was_decided_by_no_alert() -> None:
    assert alarms.of_decision(Failover(source=SOURCE)) == []
    assert alarms.of_decision(None) == []


def test_what_the_readiness_check_told_counts_from_when_it_had_looked() -> None:
    check = Check(
        name="the monitoring of us-east-1 is alive",
        group=Group.WATCHED,
        state=State.UNKNOWN,
        value="no answer",
        remedy="start it",
    )

    [told] = alarms.of_checks([check], after(2))

    assert (told.name, told.at, told.source) == (check.name, after(2), "the readiness check")


def test_the_first_alarm_is_t1_where_no_operation_has_measured_it() -> None:
    """A person began the failover, and an alert had told that person."""
    points = [point(PointName.FAULT, 0), point(PointName.DETECTED, None), point(PointName.RESTORED, 9)]

    found = alarms.detected(points, [alarm(None), alarm(5), alarm(3)], after(0), alone=False)

    assert [one.name for one in found] == ["T0", "T1", "T6"]
    assert at_of(found, PointName.DETECTED) == after(3)
    assert alarms.noticed_s(found) == 3


def test_t1_stays_as_an_operation_has_measured_it() -> None:
    points = [point(PointName.FAULT, 0), point(PointName.DETECTED, 2)]

    assert alarms.detected(points, [alarm(1)], after(0), alone=False) == points


def test_where_nothing_is_failed_over_t0_and_t1_are_all_that_there_is() -> None:
    found = alarms.detected([], [alarm(4, source="the readiness check")], after(0), alone=True)

    assert [(one.name, one.at, one.measured_by) for one in found] == [
        ("T0", after(0), "drill"),
        ("T1", after(4), "the readiness check"),
    ]


def test_what_nobody_told_of_has_no_t1_and_says_so() -> None:
    found = alarms.detected([], [], after(0), alone=True)

    assert (found[1].at, found[1].reason) == (None, alarms.UNSEEN)
    assert alarms.noticed_s(found) is None


def test_the_page_says_how_long_it_took_to_notice_and_what_did(quarter: KeptTest) -> None:
    lost, moved = quarter.test.scenarios[:2]

    assert noticed(lost) == "1.4 s after the fault, by Prometheus"
    assert noticed(moved) is None


def test_where_nothing_was_broken_nothing_could_be_told_of() -> None:
    assert alarms.detected([], [alarm(1)], None, alone=True) == []
    assert alarms.detected([], [alarm(1)], after(0), alone=False) == []
