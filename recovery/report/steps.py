"""The step log: one record for each step and region, over all attempts and all processes."""

from collections.abc import Sequence
from datetime import datetime

from recovery.journal import Event, Kind
from recovery.report.document import StepRecord, StepState
from recovery.report.reading import cell, strings, text

_ENDS = {Kind.DONE: StepState.DONE, Kind.FAILED: StepState.FAILED}


def step_records(events: Sequence[Event]) -> list[StepRecord]:
    """Return the records in the order in which the steps first appear."""
    backing_out = next((e.seq for e in events if e.kind is Kind.BACKING_OUT), None)
    of_step: dict[tuple[str, str | None], list[Event]] = {}
    for event in events:
        if event.step is not None and event.kind in {Kind.STARTED, Kind.SKIPPED, *_ENDS}:
            of_step.setdefault((event.step, event.region), []).append(event)
    return [
        _record(own, undo=backing_out is not None and own[0].seq > backing_out) for own in of_step.values()
    ]


def _record(events: list[Event], *, undo: bool) -> StepRecord:
    starts = [e for e in events if e.kind is Kind.STARTED]
    skips = [e for e in events if e.kind is Kind.SKIPPED]
    about = starts[0].data if starts else {}
    name = events[0].step or ""
    started_at = starts[0].time if starts else None
    state, ended_at, sentence = _end(events)
    return StepRecord(
        step=name,
        region=events[0].region,
        title=text(about, "title", name.replace("_", " ").capitalize()),
        state=state,
        started_at=started_at,
        ended_at=ended_at,
        length_s=(ended_at - started_at).total_seconds() if ended_at and started_at else None,
        attempts=len(starts),
        sentence=sentence,
        skipped_on_resume=len(skips) if starts or state is StepState.DONE else 0,
        actors=list(dict.fromkeys(e.actor for e in events if e.kind is not Kind.SKIPPED)),
        mutating=about.get("mutating") is True,
        undo=undo,
        touches=strings(about, "touches"),
    )


def _end(events: list[Event]) -> tuple[StepState, datetime | None, str]:
    """Return how far the step came, when it ended, and the sentence that says so; one that looked again, by that."""
    done = next((e for e in reversed(events) if e.kind is Kind.DONE), None)
    against = [e for e in events if done and e.seq > done.seq and e.kind is Kind.FAILED]
    if done and not against:
        return StepState.DONE, done.time, text(done.data, "summary")
    last = next((e for e in reversed(events) if e.kind is not Kind.SKIPPED), None)
    if last is None:
        skip = events[-1]
        if skip.data.get("done_at") is not None:
            return StepState.DONE, None, f"Done before, at {cell(skip.data['done_at'])}."
        return (
            StepState.SKIPPED,
            None,
            text(skip.data, "why", "It was left out; the journal does not say why."),
        )
    if last.kind is Kind.FAILED:
        return StepState.FAILED, last.time, text(last.data, "error")
    failed = next((e for e in reversed(events) if e.kind is Kind.FAILED), None)
    error = f" The attempt before failed: {text(failed.data, 'error')}" if failed else ""
    return StepState.UNFINISHED, None, f"The journal does not say how it ended.{error}"
