"""Objectives, and how a measurement stands against them. What was not measured is never `met`."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from pydantic import Field

from recovery.measurement import Frozen, Measurement, Point, PointName, Rows
from recovery.phases import Phase, critical, phases
from recovery.timeline import unavailability

ZERO = timedelta(0)


class Objectives(Frozen):
    """How long the service may be down (RTO), and how much of what was promised may be gone (RPO)."""

    rto: timedelta = Field(gt=ZERO)
    rpo: timedelta = Field(ge=ZERO)


class Judgement(StrEnum):
    """How an achieved number stands against its objective."""

    MET = "met"
    MISSED = "missed"
    NOT_MEASURED = "not measured"


class Span(Frozen):
    """A measured length of time, or why there is none."""

    length: timedelta | None
    reason: str | None = Field(default=None, description="Why it was not measured")


class Achieved(Span):
    """A measured length of time, and how it stands against its objective."""

    objective: timedelta
    judgement: Judgement

    def __str__(self) -> str:
        """One sentence for people, with both numbers or the reason."""
        objective = f"the objective is {_seconds(self.objective)}"
        match self.judgement:
            case Judgement.MET:
                return f"met: {_seconds(self.length)}, {objective}"
            case Judgement.MISSED:
                return f"missed: {self.reason or _seconds(self.length)}, {objective}"
            case Judgement.NOT_MEASURED:
                return f"not measured: {self.reason}; {objective}"
            case _:
                assert_never(self.judgement)


class Judged(Frozen):
    """A measurement against its objectives, and the numbers that stand beside the two, never instead."""

    rto: Achieved
    rpo: Achieved
    orchestrated: Span = Field(description="T6 - T3")
    decision: Span = Field(description="T2 - T1")
    unprotected: Span = Field(description="T7 - T6")
    unavailability: Span = Field(description="The sum of (1 - success) dt over T0..T6")
    phases: list[Phase]
    critical: Phase | None = Field(
        description="The longest phase within T0..T6; None where RTO is not measured"
    )

    @property
    def judgement(self) -> Judgement:
        """The worse of RTO and RPO; a missed one outweighs one that was not measured."""
        both = {self.rto.judgement, self.rpo.judgement}
        if Judgement.MISSED in both:
            return Judgement.MISSED
        return Judgement.MET if both == {Judgement.MET} else Judgement.NOT_MEASURED


def judge(objectives: Objectives, measurement: Measurement) -> Judged:
    """Return what was achieved, against *objectives*; what was not measured has a reason instead."""
    rto = _between(measurement, PointName.FAULT, PointName.RESTORED)
    passed = phases(measurement.points)
    return Judged(
        rto=_against(objectives.rto, rto),
        rpo=_against_rpo(objectives.rpo, measurement),
        orchestrated=_orchestrated(measurement),
        decision=_between(measurement, PointName.DETECTED, PointName.DECIDED),
        unprotected=_between(measurement, PointName.RESTORED, PointName.REDUNDANT),
        unavailability=_unavailability(measurement),
        phases=passed,
        critical=_critical(measurement, passed),
    )


def achieved_rpo(rows: Rows, fault_at: datetime) -> Span:
    """Return the achieved RPO as time: zero where no promised row is lost.

    Else from the commit of the newest row such that every older promised row is in the target, to T0; or to
    the newest lost row's commit where a source that was failing went on promising rows after T0.
    """
    if not rows.acknowledged:
        return Span(length=None, reason="no row was promised in the time that was compared")
    if not rows.lost:
        return Span(length=ZERO)
    lost_at = max(row.committed_at or row.acknowledged_at or fault_at for row in rows.lost)
    end = max(fault_at, lost_at)
    if rows.newest_of_prefix is None:
        reason = f"more than {_seconds(end - rows.compared_since)}: the oldest row that was compared is lost"
        return Span(length=None, reason=reason)
    return Span(length=end - rows.newest_of_prefix)


def _against(objective: timedelta, span: Span) -> Achieved:
    judgement = Judgement.NOT_MEASURED
    if span.length is not None:
        judgement = Judgement.MET if span.length <= objective else Judgement.MISSED
    return Achieved(length=span.length, reason=span.reason, objective=objective, judgement=judgement)


def _against_rpo(objective: timedelta, measurement: Measurement) -> Achieved:
    fault, rows = _point(measurement, PointName.FAULT), measurement.rows
    if rows is None:
        reason = measurement.rows_reason or "rows were not compared"
        return _against(objective, Span(length=None, reason=reason))
    if fault.at is None:
        return _against(objective, Span(length=None, reason=_missing(fault)))
    achieved = _against(objective, achieved_rpo(rows, fault.at))
    if rows.lost and rows.newest_of_prefix is None and fault.at - rows.compared_since > objective:
        return achieved.model_copy(update={"judgement": Judgement.MISSED})
    return achieved


def _between(measurement: Measurement, start: PointName, end: PointName) -> Span:
    first, last = _point(measurement, start), _point(measurement, end)
    for point in (first, last):
        if point.at is None:
            return Span(length=None, reason=_missing(point))
    if first.at is not None and last.at is not None and last.at >= first.at:
        return Span(length=last.at - first.at)
    return Span(length=None, reason=f"{end} came before {start}: compare the clocks that measured them")


def _orchestrated(measurement: Measurement) -> Span:
    restored, mutating = measurement.at(PointName.RESTORED), measurement.at(PointName.MUTATING)
    if restored and mutating and restored < mutating:
        return Span(length=None, reason="clients were restored before the first mutating step (T6 before T3)")
    return _between(measurement, PointName.MUTATING, PointName.RESTORED)


def _unavailability(measurement: Measurement) -> Span:
    span = _between(measurement, PointName.FAULT, PointName.RESTORED)
    fault_at, restored_at = measurement.at(PointName.FAULT), measurement.at(PointName.RESTORED)
    if span.length is None or fault_at is None or restored_at is None:
        return span
    seen = sum(
        (
            min(w.start + timedelta(seconds=w.length_s), restored_at) - max(w.start, fault_at)
            for w in measurement.windows
            if w.start < restored_at and w.start + timedelta(seconds=w.length_s) > fault_at
        ),
        start=ZERO,
    )
    if seen < span.length:
        return Span(
            length=None, reason=f"windows cover {_seconds(seen)} of {_seconds(span.length)} in T0..T6"
        )
    return Span(length=unavailability(measurement.windows, since=fault_at, until=restored_at))


def _critical(measurement: Measurement, passed: list[Phase]) -> Phase | None:
    fault_at, restored_at = measurement.at(PointName.FAULT), measurement.at(PointName.RESTORED)
    if fault_at is None or restored_at is None:
        return None
    return critical(passed, fault_at=fault_at, restored_at=restored_at)


def _point(measurement: Measurement, name: PointName) -> Point:
    """Return the clock point, with a reason where nobody wrote it down."""
    found = (point for point in measurement.points if point.name is name)
    return next(found, Point(name=name, at=None, measured_by="nobody", reason="it was not written down"))


def _missing(point: Point) -> str:
    return f"{point.name} was not measured: {point.reason or 'no reason was written down'}"


def _seconds(span: timedelta | None) -> str:
    return "none" if span is None else f"{span.total_seconds():g} s"
