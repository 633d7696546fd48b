"""The exposure card of an operation: what an approver is shown, as it stands now. Reads only."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from recovery import operation_journal
from recovery.errors import RecoveryError
from recovery.exposure_card import Card, History
from recovery.findings import oldest
from recovery.forecast import forecast
from recovery.journal import Event
from recovery.measurement import PointName
from recovery.operation import Mode
from recovery.procedures import failover_of
from recovery.report.compose import compose
from tasks import readiness
from tasks.run import FailoverRun, now

EARLIER = 10
"""So many of the newest operations make the forecast."""


def card(run: FailoverRun, *, asked_by: str) -> Card:
    """Return the card; what does not answer is told as unknown."""
    beats = _beats(run)
    return Card(
        operation=run.operation,
        asked_by=asked_by,
        target=run.target.name,
        beats=beats,
        fault_at=readiness.fault_estimate(run),
        rpo=run.file.rpo,
        rows_at_risk=_rows(run, oldest([*beats.values()])),
        history=History(took=_took(run), forecast=forecast(run.file, run.operation.mode).total),
        headroom=str(readiness.capacity(run)),
        at=now(),
    )


def _beats(run: FailoverRun) -> dict[str, datetime | None]:
    try:
        return dict(run.target.database.heartbeats(run.source.name))
    except RecoveryError:
        return dict.fromkeys(run.file.node_groups)


def _rows(run: FailoverRun, arrived: datetime | None) -> int | None:
    if arrived is None:
        return None
    try:
        writes = run.outside.prober.requests(arrived, kind="write")
    except RecoveryError:
        return None
    return sum(
        write.region == run.source.name and write.committed_at is not None and write.committed_at > arrived
        for write in writes
    )


def _took(run: FailoverRun) -> tuple[timedelta, ...]:
    """Return how long earlier operations of this mode took from T3 to T6, newest first."""
    quorum = run.outside.journal
    names = sorted({*operation_journal.operations(quorum, "failover")} - {run.id}, reverse=True)
    journals = (operation_journal.read(quorum, name) for name in names)
    spans = (_span(events) for events in journals if _mode(events) is run.operation.mode)
    return tuple(span for span in spans if span is not None)[:EARLIER]


def _mode(events: Sequence[Event]) -> Mode | None:
    asked = failover_of(events)
    return asked.mode if asked else None


def _span(events: Sequence[Event]) -> timedelta | None:
    at = {point.name: point.at for point in compose(events).timeline.points}
    begun, restored = at.get(PointName.MUTATING), at.get(PointName.RESTORED)
    return restored - begun if begun and restored else None
