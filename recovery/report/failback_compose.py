"""From a failback's journal to its report. Nothing else is asked: no clock, no server, no file."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from recovery.failback import (
    Alike,
    BroughtHome,
    CacheFollows,
    CacheReturned,
    CaughtUp,
    LostSet,
    Reprotected,
    Returned,
    Served,
)
from recovery.journal import Event
from recovery.report import records
from recovery.report.document import Ending, NotMeasured, StepRecord
from recovery.report.ending import BACKED_OUT, HELD, ending
from recovery.report.failback_document import FailbackAsked, FailbackReport
from recovery.report.opening import environment, opening
from recovery.report.reading import mapping, text
from recovery.report.restore_results import why_nothing
from recovery.report.results import left_by_step
from recovery.report.steps import step_records

INSTANT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)
STAYS = (
    "The region stays fenced, and gets no customers; what was brought home stays, and so does replication."
)
OPEN = "Traffic stays as it is, and the region is open: it serves whom nobody was seen to serve better."


def compose_failback(events: Sequence[Event]) -> FailbackReport:
    """Return the report of the failback that *events* tell of: a whole journal, or one that stops anywhere.

    Raises `BadInput` for what is not the beginning of a journal.
    """
    opened, steps = opening(events), step_records(events)
    served = left_by_step(events, "verify_return", Served)
    return FailbackReport(
        operation=_asked(opened),
        ending=_ending(events, steps),
        lost_set=left_by_step(events, "list_unsent", LostSet),
        caught_up=left_by_step(events, "catch_up", CaughtUp),
        brought_home=left_by_step(events, "bring_home", BroughtHome),
        reprotected=left_by_step(events, "replicate_both_ways", Reprotected),
        cache=left_by_step(events, "follow_cache", CacheFollows),
        alike=left_by_step(events, "prove_alike", Alike),
        returned=left_by_step(events, "return_traffic", Returned),
        cache_returned=left_by_step(events, "return_cache", CacheReturned),
        served=served,
        findings=[
            one.model_copy(update={"remedy": None}) if one.ok else one for one in records.findings(events)
        ],
        fences=records.fences(events[: _opened_at(events)]),
        steps=steps,
        notes=records.notes(events),
        not_measured=list(_not_measured(steps, served)),
        environment=environment(events),
    )


def _asked(opened: Event) -> FailbackAsked:
    fields = opened.data
    parameters = mapping(fields, "parameters")
    return FailbackAsked(
        id=opened.operation,
        region=text(fields, "returned", "an unknown region"),
        serving=text(fields, "serving", "the other one"),
        failover=text(fields, "failover", "an unknown operation"),
        left_at=_instant(text(fields, "left_at")),
        reason=text(parameters, "reason"),
        started_by=text(fields, "started_by", opened.actor),
        opened_at=opened.time,
        prefect_run=text(fields, "prefect_run") or None,
        parameters=parameters,
    )


def _instant(told: str) -> datetime | None:
    try:
        return INSTANT.validate_python(told)
    except ValidationError:
        return None


def _ending(events: Sequence[Event], steps: Sequence[StepRecord]) -> Ending:
    """Return how it ended. Backed out, it has not put everything back: what is brought home is home."""
    found = ending(events, steps)
    if found.outcome == HELD:
        _, _, cause = found.summary.partition("Cause: ")
        return found.model_copy(update={"summary": f"{OPEN} Cause: {cause}"})
    if found.outcome != BACKED_OUT:
        return found
    _, _, cause = found.summary.partition("Cause: ")
    following = [
        "Remove the cause, then start a new failback: this id is closed for good, and what is done is done."
    ]
    return found.model_copy(update={"summary": f"{STAYS} Cause: {cause}", "next": following})


def _opened_at(events: Sequence[Event]) -> int:
    """Return where the region is opened: what is opened is no fence."""
    return next((place for place, event in enumerate(events) if event.step == "open_region"), len(events))


def _not_measured(steps: Sequence[StepRecord], served: Served | None) -> Iterator[NotMeasured]:
    for what, step in (
        ("What had never left the region", "list_unsent"),
        ("T7, redundant again", "replicate_both_ways"),
        ("Whether the regions differ", "prove_alike"),
    ):
        if not any(record.step == step and record.state == "done" for record in steps):
            yield NotMeasured(what=what, why=why_nothing(steps, step))
    if served is None:
        yield NotMeasured(what="Final loss", why=why_nothing(steps, "verify_return"))
    elif served.lost_now is None:
        yield NotMeasured(what="Final loss", why=served.reason or "the prober was not asked")
