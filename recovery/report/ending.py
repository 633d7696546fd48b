"""How an operation ended, or where its journal stops."""

from collections.abc import Sequence

from recovery.journal import Event, Kind
from recovery.report import words
from recovery.report.document import Ending, StepRecord, StepState
from recovery.report.reading import strings, text

BACKED_OUT, BACKING_OUT, HELD, NOT_CLOSED = "backed out", "backing out", "held", "not closed"


def ending(events: Sequence[Event], steps: Sequence[StepRecord]) -> Ending:
    """Return the ending that the journal tells; an open operation says where it stopped and what to do."""
    newest = {event.kind: event for event in events}
    no_return = newest.get(Kind.POINT_OF_NO_RETURN)
    closed, backed_out = newest.get(Kind.CLOSED), newest.get(Kind.BACKED_OUT)
    last = closed or backed_out
    outcome, summary, following = _told(events, steps)
    return Ending(
        outcome=outcome,
        closed=last is not None,
        summary=summary,
        closed_at=last.time if last else None,
        stopped_at=None if last else _stopped_at(events, steps),
        point_of_no_return_at=no_return.time if no_return else None,
        next=following,
    )


def _told(events: Sequence[Event], steps: Sequence[StepRecord]) -> tuple[str, str, list[str]]:
    """Return outcome, summary and what a person does next."""
    newest = {event.kind: event.data for event in events}
    why = text(newest.get(Kind.BACKING_OUT, {}), "why", "the journal does not say why.")
    if (closed := newest.get(Kind.CLOSED)) is not None:
        outcome = text(closed, "outcome", NOT_CLOSED)
        return outcome, text(closed, "summary", f"It ended: {outcome}."), strings(closed, "next")
    if Kind.BACKED_OUT in newest:
        if after_hold := _after_hold(events):
            return HELD, f"Traffic stays as it is; all else was put back. Cause: {why}", after_hold
        following = ["Remove the cause, then start a new operation: this id is closed for good."]
        return BACKED_OUT, f"What it had changed was put back. Cause: {why}", following
    stopped = f"The journal stops {_stopped_at(events, steps)}."
    if Kind.BACKING_OUT in newest:
        following = [f"Resume operation {events[0].operation}: it goes on putting things back."]
        return (
            BACKING_OUT,
            f"It was putting things back, and has not ended. {stopped} Cause: {why}",
            following,
        )
    following = [f"Resume operation {events[0].operation}: it skips the steps that are done."]
    if Kind.POINT_OF_NO_RETURN in newest:
        following.append(
            "Put nothing back by hand: it is past the point of no return, the only way is forward."
        )
    return NOT_CLOSED, f"The operation has not ended. {stopped}", following


def _after_hold(events: Sequence[Event]) -> list[str]:
    """Return what a person decides about a shift that was held, nothing where there is none."""
    held = [event for event in events if event.kind is Kind.NOTED and event.data.get("ended") == HELD]
    return strings(held[-1].data, "next") if held else []


def _stopped_at(events: Sequence[Event], steps: Sequence[StepRecord]) -> str:
    """Return where the journal stops, to follow the words 'it stops'."""
    at = words.instant(events[-1].time)
    unfinished = [record for record in steps if record.state is StepState.UNFINISHED]
    if unfinished:
        names = " and ".join(f"“{r.title}”{f' ({r.region})' if r.region else ''}" for r in unfinished)
        return f"within {names}; its last event is of {at}"
    titles = {record.step: record.title for record in steps}
    seen = [titles[event.step] for event in events if event.step in titles]
    return f"after “{seen[-1]}”, at {at}" if seen else f"before the first step, at {at}"
