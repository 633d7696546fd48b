"""Waiting for somebody's approval of a repair of both regions, once its plan was seen to stand."""

from recovery.approval import Approval
from recovery.errors import Refused
from recovery.regions_repair_card import RegionsRepairCard
from tasks.approval import asked
from tasks.regions_repairing import check_plan
from tasks.run import RepairRun
from tasks.step import step

STEP = "approve_regions_repair"


@step(title="Have the repair approved", touches=lambda _run: ["the approvers", "the journal"], timeout_s=None)
def approve_regions_repair(run: RepairRun) -> Approval:
    """Show the plan, and wait for an approver who is not the one who asked.

    Safe to repeat: an answer that was given while nobody waited is found, and the deadline goes on.
    """
    return asked(run, lambda who: _card(run, who), step_name=STEP)


def _card(run: RepairRun, who: str) -> RegionsRepairCard:
    stands = check_plan.result(run)
    if stands is None:
        raise Refused(f"{run.id} has no plan that could be approved.")
    return RegionsRepairCard(run.operation, who, stands)
