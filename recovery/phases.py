"""The phases of a recovery: what passed between one clock point and the next, and the longest of them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from recovery.measurement import Frozen, Point, PointName

_WHAT = {
    PointName.FAULT: "nothing had failed yet",
    PointName.DETECTED: "detecting",
    PointName.DECIDED: "deciding",
    PointName.MUTATING: "starting the operation",
    PointName.WRITABLE: "fencing and promoting",
    PointName.ANSWERED: "moving the answer",
    PointName.RESTORED: "clients following",
    PointName.REDUNDANT: "reprotecting",
}
_SHORTER = {
    PointName.FAULT: "Nothing: it lies before the fault.",
    PointName.DETECTED: "Probing more often, or a shorter hold before the alert fires.",
    PointName.DECIDED: "Letting two witnesses decide without a person, or paging more people at once.",
    PointName.MUTATING: "A worker that already runs where it is needed, and checks made ahead of time.",
    PointName.WRITABLE: "A shorter drain, less replication lag to wait for, or steps that run side by side.",
    PointName.ANSWERED: "Moving the answer during the promotion, or by a health check instead of a record.",
    PointName.RESTORED: "A shorter TTL of the global name, or clients that resolve it anew after a failure.",
    PointName.REDUNDANT: "Repairing the lost region sooner, or building its replica from a newer copy.",
}


class Phase(Frozen):
    """What passed between two consecutive measured clock points."""

    start: PointName
    end: PointName
    began_at: datetime
    length: timedelta
    what: str
    shorter: str
    """What would have shortened it."""


def phases(points: Iterable[Point]) -> list[Phase]:
    """Return the phases between measured points, in the order in which the points came, from T0 on.

    A phase is named after the point that ended it. Where a point between was not measured, its time is in the
    phase of the next point that was.
    """
    measured = {point.name: point.at for point in points if point.at is not None}
    came = sorted(measured.items(), key=lambda item: (item[1], item[0].value))
    names = [name for name, _ in came]
    if PointName.FAULT in names:
        came = came[names.index(PointName.FAULT) :]
    return [
        Phase(
            start=start,
            end=end,
            began_at=began_at,
            length=ended_at - began_at,
            what=_WHAT[end],
            shorter=_SHORTER[end],
        )
        for (start, began_at), (end, ended_at) in pairwise(came)
    ]


def critical(phases: Iterable[Phase], *, fault_at: datetime, restored_at: datetime) -> Phase | None:
    """Return the longest phase within T0..T6: the one to shorten first. None for a recovery of no length."""
    within = [p for p in phases if p.began_at >= fault_at and p.began_at + p.length <= restored_at]
    return max((p for p in within if p.length), key=lambda phase: phase.length, default=None)
