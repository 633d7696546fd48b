"""A dry run of a recovery: every step in the order of the flow, and what it would touch. Nothing changes."""

from recovery.estate_in_hand import EstateInHand
from recovery.multi_region_recovery import MultiRegionRecovery
from tasks import (
    both_lost,
    moving,
    proving,
    reaching,
    recovered,
    recovering,
    replacing,
    restore_approval,
    scratch,
    settling,
    standing_by,
)
from tasks.restore_planning import AnyStep, Seen, plan, unwritten


def procedure() -> list[AnyStep]:
    """Return the flow's steps in their order, from its second number on; the report is published after them."""
    return [
        both_lost.confirm_lost,
        standing_by.stand_ins_ready,
        reaching.can_be_reached,
        scratch.fetch,
        scratch.replay,
        proving.prove,
        settling.settle,
        restore_approval.approve_repair,
        replacing.put_in,
        replacing.rejoin,
        both_lost.still_lost,
        moving.open_stand_ins,
        moving.send_traffic,
        recovered.verify_recovery,
        recovered.measure_recovery,
        scratch.drop_scratch,
    ]


def show(operation: MultiRegionRecovery, estate: EstateInHand) -> str:
    """Return the plan as Markdown, which also reads well in a terminal, and show it beside the Prefect run."""
    run = unwritten(operation, estate, recovering.PROCEDURE)
    left_out = {
        settling.settle: len(run.parts) < len(run.file.regions),
        restore_approval.approve_repair: not run.needs_approval,
    }
    seen: Seen = {
        both_lost.confirm_lost: lambda: both_lost.looked_at(run).findings,
        standing_by.stand_ins_ready: lambda: standing_by.looked_at(run),
        reaching.can_be_reached: lambda: [one for part in run.parts for one in reaching.looked_at(part)],
    }
    regions = " and ".join(part.region for part in run.parts)
    steps = [None if left_out.get(step) else step for step in procedure()]
    return plan(run, f"recovery of {regions} on their stand-ins, to {run.operation.target}", steps, seen)
