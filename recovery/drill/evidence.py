"""From what a scenario's operations left in their journals to its outcome. Pure."""

from collections.abc import Sequence
from datetime import datetime

from recovery.dr_test.outcome import Losses, Measured, Proof, ProofState, StartedOperation
from recovery.measurement import Point, PointName, Row, Rows
from recovery.report.document import Figure, Report
from recovery.report.failback_document import FailbackReport

NO_OUTAGE = "no customer was to be sent elsewhere"


def figure(found: Figure) -> Measured:
    """Return an achieved figure of a failover."""
    return Measured(seconds=found.achieved_s, error_s=found.error_s, reason=found.reason or _why(found))


def _why(found: Figure) -> str | None:
    return "the report does not say why it was not measured" if found.achieved_s is None else None


def not_applicable(why: str) -> Measured:
    """Return the figure of a scenario that can not have it."""
    return Measured(reason=why, applies=False)


def from_injection(rto: Measured, there: Report, at: datetime | None) -> Measured:
    """Return the RTO counted from the injection at *at*, T0 of a drill.

    Alerts that begin a failover know of none: its own report counts from what the prober saw first, which is later
    where the fault hurts customers only after a while.
    """
    restored = _point(there.timeline.points, PointName.RESTORED)
    if at is None or rto.seconds is None or restored is None or restored.at is None:
        return rto
    return rto.model_copy(update={"seconds": (restored.at - at).total_seconds(), "error_s": restored.error_s})


def points(there: Report | None, back: FailbackReport | None, injected_at: datetime | None) -> list[Point]:
    """Return T0 to T7: the failover's, from the injection on, with T7 of the way back."""
    found = list(there.timeline.points) if there else []
    if injected_at and _point(found, PointName.FAULT):
        fault = Point(name=PointName.FAULT, at=injected_at, measured_by="drill", error_s=0.0)
        found = [fault, *(point for point in found if point.name is not PointName.FAULT)]
    if back is None or back.reprotected is None:
        return found
    seen = back.reprotected
    redundant = Point(
        name=PointName.REDUNDANT, at=seen.redundant_at, measured_by="heartbeats", error_s=seen.error_s
    )
    return [*(point for point in found if point.name is not PointName.REDUNDANT), redundant]


def _point(points: Sequence[Point], name: PointName) -> Point | None:
    return next((point for point in points if point.name is name), None)


def losses(there: Report | None, back: FailbackReport | None) -> Losses:
    """Return promised rows by their fate: as the failover counted them, and after the way back."""
    rows = there.rows if there else None
    served = back.served if back else None
    final, gone = (served.lost_now, served.gone) if served else (None, [])
    if rows is None:
        why = (there and there.verdict.rows_reason) or "the failover compared no rows"
        return Losses(acknowledged=served and served.acknowledged, final=final, reason=why, gone=gone)
    still = {_key(row) for row in gone}
    return Losses(
        acknowledged=rows.acknowledged,
        lost=len(rows.lost),
        salvaged=None if final is None else sum(_key(row) not in still for row in rows.lost),
        final=final,
        reason=None if final is not None else "the way back did not come to look for them",
        gone=gone,
    )


def losses_of(rows: Rows) -> Losses:
    """Return the fate of promised rows where nothing was failed over: what neither region has is gone."""
    lost = len(rows.lost)
    return Losses(acknowledged=rows.acknowledged, lost=lost, salvaged=0, final=lost, gone=rows.lost)


def _key(row: Row) -> tuple[str, str, int]:
    return row.service, row.client, row.seq


def way_back(back: FailbackReport | None, operations: Sequence[StartedOperation]) -> Proof:
    """Return what became of the way back."""
    if back is None:
        return Proof(
            state=ProofState.NOT_DONE, sentence=f"no failback among {len(operations)} operations ended"
        )
    done = back.judgement == "met"
    return Proof(
        state=ProofState.PROVED if done else ProofState.FAILED,
        sentence=back.verdict,
        operation=back.operation.id,
        at=back.ending.closed_at,
        length_s=(back.ending.closed_at - back.operation.opened_at).total_seconds()
        if back.ending.closed_at
        else None,
    )


def alike(back: FailbackReport | None) -> Proof:
    """Return what the comparison after the way back found."""
    if back is None or back.alike is None:
        return Proof(state=ProofState.NOT_DONE, sentence="the regions were not compared")
    return Proof(
        state=ProofState.FAILED if back.alike.drifted else ProofState.PROVED,
        sentence=str(back.alike),
        operation=back.alike.comparison,
        length_s=back.alike.length_s,
    )
