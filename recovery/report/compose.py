"""From a journal's events to the report. Nothing else is asked: no clock, no server, no file."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import ValidationError

from recovery.journal import Event, Kind
from recovery.measurement import Interruptions, Measurement, PointName
from recovery.objectives import Judged, judge
from recovery.objectives import Span as JudgedSpan
from recovery.report import records, words
from recovery.report.document import (
    Asked,
    Interrupted,
    NotMeasured,
    Phase,
    Report,
    RowsCompared,
    ServedAgain,
    Span,
    Timeline,
    Traffic,
)
from recovery.report.ending import ending
from recovery.report.opening import environment, opening
from recovery.report.reading import mapping, number, text
from recovery.report.steps import step_records
from recovery.report.verdict import doubt, objectives, verdict, with_objectives

_BEFORE_IT_WAS = "The journal was written before interruptions of single clients were measured."


def compose(events: Sequence[Event]) -> Report:
    """Return the report of the operation that *events* tell of: a whole journal, or one that stops anywhere.

    Raises `BadInput` for what is not the beginning of a journal.
    """
    opened = opening(events).data
    steps = step_records(events)
    end, proof, asked = ending(events, steps), environment(events), _asked(events[0])
    measurement, unmeasured = _measurement(events)
    goals = objectives(mapping(opened, "objectives"))
    judged = judge(goals, measurement) if goals and measurement else None
    unmeasured = unmeasured or "The journal does not say what the objectives are."
    judgement = verdict(judged, measurement, unmeasured=unmeasured, doubt=doubt(end, proof, asked))
    return Report(
        verdict=with_objectives(judgement, mapping(opened, "objectives")),
        operation=asked,
        ending=end,
        timeline=_timeline(judged, measurement, unmeasured),
        traffic=_traffic(measurement),
        steps=steps,
        findings=records.findings(events),
        fences=records.fences(events),
        tables=records.tables(events),
        rows=_rows(measurement),
        not_measured=_not_measured(judged, measurement, unmeasured),
        notes=records.notes(events),
        environment=proof,
    )


def _asked(opened: Event) -> Asked:
    fields = opened.data
    parameters = mapping(fields, "parameters")
    return Asked(
        id=opened.operation,
        procedure=text(fields, "procedure", "unknown procedure"),
        source=text(fields, "source", "unknown"),
        target=text(fields, "target", "unknown"),
        mode=text(parameters, "mode"),
        reason=text(parameters, "reason"),
        dry_run=parameters.get("dry_run") is True,
        started_by=text(fields, "started_by", opened.actor),
        opened_at=opened.time,
        forecast_s=number(fields, "forecast_s"),
        parameters=parameters,
    )


def _measurement(events: Sequence[Event]) -> tuple[Measurement | None, str]:
    """Return the newest measurement, or why there is none."""
    done = [e for e in events if e.kind is Kind.DONE and e.step == records.MEASURE]
    if not done:
        return None, "The journal has no measurement: the step “measure” did not end."
    try:
        return Measurement.model_validate(done[-1].data.get("result")), ""
    except ValidationError as error:
        return None, f"The result of the step “measure” is not a measurement ({error.error_count()} errors)."


def _timeline(judged: Judged | None, measurement: Measurement | None, unmeasured: str) -> Timeline:
    return Timeline(
        points=sorted(measurement.points, key=lambda point: point.name) if measurement else [],
        phases=_phases(judged, measurement) if judged and measurement else [],
        orchestrated=_span(judged.orchestrated if judged else None, unmeasured),
        decision=_span(judged.decision if judged else None, unmeasured),
        unprotected=_span(judged.unprotected if judged else None, unmeasured),
        unavailability=_span(judged.unavailability if judged else None, unmeasured),
        interruptions=_interrupted(measurement),
        interruptions_reason=_why_not_interruptions(measurement, unmeasured),
    )


def _interrupted(measurement: Measurement | None) -> Interrupted | None:
    seen = measurement.interruptions if measurement else None
    if measurement is None or seen is None:
        return None
    fault_at = measurement.at(PointName.FAULT)
    return Interrupted(
        clients=seen.clients,
        still_failing=seen.still_failing,
        first=_served_again(seen.first, fault_at, seen),
        median=_served_again(seen.median, fault_at, seen),
        last=_served_again(seen.last, fault_at, seen),
        longest_s=seen.longest_s,
    )


def _served_again(at: datetime | None, fault_at: datetime | None, seen: Interruptions) -> ServedAgain:
    failing = f"{seen.still_failing} of {words.things(seen.clients, 'client')} still failing when last seen"
    reason = failing if seen.clients else "no client was interrupted"
    return ServedAgain(
        at=at,
        after_fault_s=(at - fault_at).total_seconds() if at and fault_at else None,
        reason=None if at else reason,
    )


def _why_not_interruptions(measurement: Measurement | None, unmeasured: str) -> str | None:
    """Return why interruptions of single clients were not measured, None where they were."""
    if measurement is None:
        return unmeasured
    return None if measurement.interruptions else measurement.interruptions_reason or _BEFORE_IT_WAS


def _phases(judged: Judged, measurement: Measurement) -> list[Phase]:
    fault_at, restored_at = measurement.at(PointName.FAULT), measurement.at(PointName.RESTORED)
    first = judged.phases[0].began_at if judged.phases else None
    return [
        Phase(
            what=phase.what,
            begins=phase.start,
            ends=phase.end,
            start_s=(phase.began_at - first) / timedelta(seconds=1) if first else 0.0,
            length_s=phase.length.total_seconds(),
            on_path=(
                fault_at is not None
                and restored_at is not None
                and fault_at <= phase.began_at
                and phase.began_at + phase.length <= restored_at
            ),
            longest=phase == judged.critical,
            shorter=phase.shorter,
        )
        for phase in judged.phases
    ]


def _span(span: JudgedSpan | None, unmeasured: str) -> Span:
    if span is None:
        return Span(length_s=None, reason=unmeasured)
    return Span(length_s=None if span.length is None else span.length.total_seconds(), reason=span.reason)


def _traffic(measurement: Measurement | None) -> Traffic | None:
    if measurement is None or not measurement.windows:
        return None
    return Traffic(
        windows=sorted(measurement.windows, key=lambda window: window.start),
        success_target=measurement.success_target,
        windows_needed=measurement.windows_needed,
    )


def _rows(measurement: Measurement | None) -> RowsCompared | None:
    rows = measurement.rows if measurement else None
    return RowsCompared(**{name: getattr(rows, name) for name in type(rows).model_fields}) if rows else None


def _not_measured(
    judged: Judged | None, measurement: Measurement | None, unmeasured: str
) -> list[NotMeasured]:
    """Return everything that the report does not know, each with its reason."""
    if measurement is None:
        return [NotMeasured(what="Clock points, traffic and rows", why=unmeasured)]
    missing = [
        NotMeasured(what=f"{p.name} {words.MEANING[p.name]}", why=p.reason or "No reason was written down.")
        for p in measurement.points
        if p.at is None
    ]
    if why := _why_not_interruptions(measurement, unmeasured):
        missing.append(NotMeasured(what="Interruptions of single clients", why=why))
    if measurement.rows is None:
        missing.append(
            NotMeasured(what="Rows lost", why=measurement.rows_reason or "No reason was written down.")
        )
    if not measurement.windows:
        missing.append(NotMeasured(what="Traffic", why="The measurement has no windows of traffic."))
    if judged is None:
        return [*missing, NotMeasured(what="Verdict", why=unmeasured)]
    spans = {
        "Achieved RTO": judged.rto,
        "Achieved RPO": judged.rpo,
        "Orchestrated time (T6 - T3)": judged.orchestrated,
        "Decision time (T2 - T1)": judged.decision,
        "Time unprotected (T7 - T6)": judged.unprotected,
        "Unavailability": judged.unavailability,
    }
    return missing + [
        NotMeasured(what=what, why=span.reason or "No reason was written down.")
        for what, span in spans.items()
        if span.length is None
    ]
