"""What Prefect's pages have to show of an operation, by its journal: its runs, their steps, and how each ended.

A run is one process at work on the operation: the first one, and one more for each resume.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from recovery.journal import Event, Kind
from recovery.plain_text import one_line

RUN = "prefect_run_id"
"""In the data of the event by which a run begins: the id of the run, or null."""
TASK_RUN = "task_run_id"
"""In the data of the event by which a step begins, or is skipped: the id of its run; attempts share it."""
GIVEN_UP = {"stopped", "failed"}
"""Outcomes of an operation that ended without what it was to do."""
_OF_STEPS = {Kind.STARTED, Kind.DONE, Kind.FAILED, Kind.SKIPPED}


@dataclass(frozen=True)
class Ending:
    """How a run or a step ended."""

    went_well: bool
    at: datetime
    told: str


@dataclass(frozen=True)
class StepRun:
    """One call of a step, whose attempts are one: `seq` is its first event's."""

    seq: int
    task_run_id: str | None
    """None in journals that were written before it was."""
    title: str
    began_at: datetime
    attempts: int
    ending: Ending | None
    """None where the journal does not say how it ended: its process was killed."""
    skipped: bool


@dataclass(frozen=True)
class OperationRun:
    """One process at work on an operation."""

    run_id: str | None
    began_at: datetime
    steps: Sequence[StepRun]


@dataclass(frozen=True)
class Page:
    """All that is to be shown of one operation, none of whose processes is at work any more."""

    operation: str
    ending: Ending
    runs: Sequence[OperationRun]


def page(events: Sequence[Event]) -> Page | None:
    """Return the page; None where the operation is under way, or its process was killed and it can go on."""
    ending = _ending(events)
    if ending is None:
        return None
    titles = {event.step: str(event.data["title"]) for event in events if "title" in event.data}
    begins = [n for n, event in enumerate(events) if event.kind is Kind.OPENED or RUN in event.data]
    runs = [
        _run(events[begin:end], titles) for begin, end in zip(begins, [*begins[1:], len(events)], strict=True)
    ]
    return Page(events[0].operation, ending, runs)


def _ending(events: Sequence[Event]) -> Ending | None:
    """Return how the operation ended, or why its last process stopped."""
    ended = next((event for event in events if event.kind in {Kind.CLOSED, Kind.BACKED_OUT}), None)
    if ended is not None:
        why = next((str(event.data["error"]) for event in reversed(events) if "error" in event.data), "")
        outcome = str(ended.data.get("outcome", f"backed out: {why}"))
        went_well = ended.kind is Kind.CLOSED and outcome not in GIVEN_UP
        return Ending(went_well, ended.time, one_line(f"{outcome}. {ended.data.get('summary', '')}"))
    last = events[-1] if events else None
    if last is None or last.kind is not Kind.NOTED or "error" not in last.data:
        return None
    return Ending(went_well=False, at=last.time, told=one_line(str(last.data["text"])))


def _run(events: Sequence[Event], titles: dict[str | None, str]) -> OperationRun:
    calls, of_step = list[list[Event]](), dict[tuple[str, str | None], list[Event]]()
    for event in events:
        if event.step is None or event.kind not in _OF_STEPS:
            continue
        call = of_step.get((event.step, event.region))
        begins = event.kind in {Kind.STARTED, Kind.SKIPPED}
        if call is None or (begins and event.data.get(TASK_RUN) != call[0].data.get(TASK_RUN)):
            call = of_step[event.step, event.region] = []
            calls.append(call)
        call.append(event)
    run_id = events[0].data.get(RUN)
    return OperationRun(
        run_id=str(run_id) if run_id else None,
        began_at=events[0].time,
        steps=[_step(call, titles) for call in calls],
    )


def _step(events: Sequence[Event], titles: dict[str | None, str]) -> StepRun:
    first, last = events[0], events[-1]
    told = str(last.data.get("summary") or last.data.get("error") or last.data.get("why") or "")
    ended, task_run = last.kind is not Kind.STARTED, first.data.get(TASK_RUN)
    return StepRun(
        seq=first.seq,
        task_run_id=str(task_run) if task_run else None,
        title=titles.get(first.step, first.step or ""),
        began_at=first.time,
        attempts=sum(event.kind is Kind.STARTED for event in events) or 1,
        ending=Ending(last.kind is not Kind.FAILED, last.time, one_line(told)) if ended else None,
        skipped=last.kind is Kind.SKIPPED,
    )
