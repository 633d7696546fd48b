"""Where the time of a restore went: the work of each phase, the waits between, and the tool's own."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from recovery.journal import Event, Kind
from recovery.report.document import Span
from recovery.report.restore_document import PhaseTime, Spent
from recovery.report.restore_results import APPROVE, OPEN, PROVE, REPAIR, VERIFY, Results

APPROVAL, RESUMPTION = "approval", "resumption"
"""Phases in which it waits: for a person's answer, and for another process to go on."""

PHASES = (
    "decide",
    "fetch",
    "replay",
    "compare",
    "promote",
    "validate",
    "settle",
    APPROVAL,
    "replace",
    "move",
    "repair",
    RESUMPTION,
)


def time_spent(events: Sequence[Event], found: Results, rto_s: float | None) -> Spent:
    """Return where the time went: as it was measured at the end, else as the steps left it so far."""
    waits = _waits(events)
    measured = (found.achieved.phases if found.achieved else _so_far(found)) | waits
    known = {name: measured[name] for name in (*PHASES, *measured) if name in measured}
    sum_s = sum(known.values())
    return Spent(
        phases=[
            PhaseTime(what=name, length_s=length_s, share=length_s / rto_s if rto_s else None)
            for name, length_s in known.items()
        ],
        sum_s=sum_s,
        waited_s=sum(waits.values()),
        tool=_tool(rto_s, sum_s),
        predicted=_predicted(found),
    )


def _waits(events: Sequence[Event]) -> dict[str, float]:
    """Return the waits up to the last proof, or the repair: there the RTO ends. Only those that there were."""
    ends = [e.time for e in events if e.kind is Kind.DONE and e.step in {PROVE, REPAIR, OPEN, VERIFY}]
    counted = [e for e in events if e.time <= max(ends, default=events[-1].time)]
    between = [(b.time - a.time).total_seconds() for a, b in pairwise(counted) if a.actor != b.actor]
    waits = {APPROVAL: _approved_s(counted), RESUMPTION: sum(between)}
    return {name: length_s for name, length_s in waits.items() if length_s > 0}


def _approved_s(events: Sequence[Event]) -> float:
    """Return how long the process that got the answer had waited for it."""
    began: datetime | None = None
    for event in events:
        if event.step == APPROVE and event.kind is Kind.STARTED:
            began = event.time
        elif event.step == APPROVE and event.kind is Kind.DONE and began:
            return (event.time - began).total_seconds()
    return 0.0


def _so_far(found: Results) -> dict[str, float]:
    lengths: dict[str, float | None] = {
        "fetch": found.fetched.length_s if found.fetched else None,
        "replay": found.replayed.length_s if found.replayed else None,
        "compare": found.damage.length_s if found.damage else None,
        "promote": found.proved.promote_s if found.proved else None,
        "validate": sum(rung.length_s for rung in found.proved.rungs) if found.proved else None,
        "settle": found.settled.length_s if found.settled else None,
        "replace": found.opened.closed_s if found.opened else None,
        "repair": found.repaired.length_s if found.repaired else None,
    }
    return {name: length_s for name, length_s in lengths.items() if length_s is not None}


def _tool(rto_s: float | None, sum_s: float) -> Span:
    if rto_s is None:
        return Span(length_s=None, reason="The RTO was not measured.")
    if sum_s > rto_s:
        return Span(length_s=None, reason="The phases add up to more than the RTO: some ran at once.")
    return Span(length_s=rto_s - sum_s, reason=None)


def _predicted(found: Results) -> Span:
    if found.chosen is None:
        return Span(length_s=None, reason="No backup was chosen.")
    if found.chosen.predicted_s is None:
        return Span(length_s=None, reason="No restore of this estate had been measured before.")
    return Span(length_s=found.chosen.predicted_s, reason=None)
