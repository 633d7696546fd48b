"""Waiting for somebody's approval of a repair, once there is a plan to look at."""

from recovery.approval import Approval
from recovery.errors import Refused
from recovery.repair_card import RepairCard
from tasks.approval import asked
from tasks.damage import compare
from tasks.proving import prove
from tasks.run import RestoreRun
from tasks.step import step

STEP = "approve_repair"


@step(title="Have the repair approved", touches=lambda _run: ["the approvers", "the journal"], timeout_s=None)
def approve_repair(run: RestoreRun) -> Approval:
    """Show the plan, and wait for an approver who is not the one who asked.

    Safe to repeat: an answer that was given while nobody waited is found, and the deadline goes on.
    """
    damage, proved = compare.result(run), prove.result(run)
    if damage is None or proved is None:
        raise Refused(f"{run.id} has no plan that could be approved.")
    return asked(run, lambda who: RepairCard(run.operation, who, damage, proved), step_name=STEP)
