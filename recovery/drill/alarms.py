"""What told of a fault while a scenario was played, and when the first of it did. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from recovery.alerts import HeldAlert
from recovery.dr_test.outcome import Alarm
from recovery.measurement import Point, PointName
from recovery.operation import Failover
from recovery.readiness.check import Check

DECISION = "Decision to fail over"
UNSEEN = "nothing was seen to tell of it"


def of_alerts(held: Iterable[tuple[str, HeldAlert]]) -> list[Alarm]:
    """Return each alert of each region once, as of the first place that had it; *held* has where each is."""
    found: dict[tuple[str, str], tuple[str, HeldAlert]] = {}
    for where, alert in held:
        name, region = (
            alert.labels.get("alertname", "an alert without a name"),
            alert.labels.get("region", ""),
        )
        first = found.get((name, region))
        if first is None or alert.starts_at < first[1].starts_at:
            found[name, region] = where, alert
    alarms = [
        Alarm(name=name, region=region or None, at=alert.starts_at, source=where)
        for (name, region), (where, alert) in found.items()
    ]
    return in_order(alarms)


def of_decision(failover: Failover | None) -> list[Alarm]:
    """Return what the intake decided, where alerts began the failover."""
    if failover is None or (incident := failover.incident) is None:
        return []
    told = f"the intake, {incident.id}: {incident.verdict}"
    return [Alarm(name=DECISION, region=failover.source, at=incident.decided_at, source=told)]


def of_checks(checks: Iterable[Check], at: datetime) -> list[Alarm]:
    """Return what the readiness check told at *at*."""
    return [Alarm(name=one.name, region=one.region, at=at, source="the readiness check") for one in checks]


def in_order(alarms: Iterable[Alarm]) -> list[Alarm]:
    """Return alarms as they fired."""
    return sorted(alarms, key=lambda alarm: (alarm.at is None, alarm.at, alarm.name, alarm.region or ""))


def detected(
    points: Sequence[Point], alarms: Sequence[Alarm], injected_at: datetime | None, *, alone: bool
) -> list[Point]:
    """Return the clock points with T1 as of the first alarm, where no operation has measured it.

    *alone*: nothing is to be failed over, so that T0 and T1 are all that there can be.
    """
    if injected_at is None or not (points or alone):
        return list(points)
    if any(point.name is PointName.DETECTED and point.at for point in points):
        return list(points)
    first = next((alarm for alarm in in_order(alarms) if alarm.at), None)
    if points and first is None:
        return list(points)
    by, at = (first.source, first.at) if first else ("alarms", None)
    told = Point(name=PointName.DETECTED, at=at, measured_by=by, reason=None if first else UNSEEN)
    others = [point for point in points if point.name is not PointName.DETECTED]
    others = others or [Point(name=PointName.FAULT, at=injected_at, measured_by="drill")]
    return sorted([*others, told], key=lambda point: point.name)


def noticed_s(points: Iterable[Point]) -> float | None:
    """Return the seconds from the fault to the first that told of it, T1 - T0; None where either is not known."""
    at = {point.name: point.at for point in points}
    fault, first = at.get(PointName.FAULT), at.get(PointName.DETECTED)
    return (first - fault).total_seconds() if fault and first else None
