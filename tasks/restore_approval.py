"""Waiting for somebody's approval of a change to what serves, once there is a plan to look at."""

from recovery.approval import Approval, Card
from recovery.errors import Refused
from recovery.recover_card import RecoverCard
from recovery.repair_card import RepairCard
from recovery.replace_card import ReplaceCard
from tasks.achieving import rows_since
from tasks.approval import asked
from tasks.both_lost import confirm_lost
from tasks.damage import compare
from tasks.proving import prove
from tasks.restore_run import RecoveryRun, RestoreRun
from tasks.run import now
from tasks.scratch import replay
from tasks.settling import settle
from tasks.step import step

STEP = "approve_repair"


@step(title="Have the change approved", touches=lambda _run: ["the approvers", "the journal"], timeout_s=None)
def approve_repair(run: RestoreRun) -> Approval:
    """Show the plan, and wait for an approver who is not the one who asked.

    Safe to repeat: an answer that was given while nobody waited is found, and the deadline goes on.
    """
    return asked(run, lambda who: _card(run, who), step_name=STEP)


def _card(run: RestoreRun, who: str) -> Card:
    damage, proved, stands = compare.result(run), prove.result(run), replay.result(run)
    if isinstance(run, RecoveryRun) and proved and stands and (lost := confirm_lost.result(run)):
        regions = [part.region for part in run.parts]
        return RecoverCard(run.operation, who, regions, lost, stands, proved, settle.result(run))
    if run.operation.replaces and proved and stands:
        given_up = rows_since(run, stands.last_commit_at, now())
        regions = [part.region for part in run.parts]
        return ReplaceCard(run.operation, who, regions, stands, proved, settle.result(run), given_up)
    if damage is None or proved is None:
        raise Refused(f"{run.id} has no plan that could be approved.")
    return RepairCard(run.operation, who, damage, proved)
