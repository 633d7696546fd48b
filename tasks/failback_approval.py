"""Waiting for somebody's approval of the return of a region."""

from recovery.approval import Approval
from recovery.failback_card import FailbackCard
from tasks.approval import asked
from tasks.failback_run import FailbackRun
from tasks.going_back import share_of
from tasks.step import step

STEP = "approve_failback"


@step(title="Have it approved", touches=lambda _run: ["the approvers", "the journal"], timeout_s=None)
def approve_failback(run: FailbackRun) -> Approval:
    """Show how the region was left, and wait for an approver who is not the one who asked.

    Safe to repeat: an answer that was given while nobody waited is found, and the deadline goes on.
    """
    return asked(run, lambda who: _card(run, who), step_name=STEP)


def _card(run: FailbackRun, who: str) -> FailbackCard:
    left, rows = run.failover, run.failover.report.rows
    return FailbackCard(
        operation=run.operation,
        asked_by=who,
        failover=left.operation,
        left_at=left.at,
        lost_rows=len(rows.lost) if rows else None,
        share_percent=share_of(run),
    )
