"""Both regions are lost: rebuild them on hosts in a third place, from backups alone, and send all traffic there."""

from prefect import flow

from blocks.estate import Estate
from recovery.multi_region_recovery import MultiRegionRecovery
from tasks import (
    both_lost,
    journal,
    moving,
    proving,
    reaching,
    recovered,
    recovering,
    recovery_planning,
    replacing,
    restore_approval,
    scratch,
    settling,
    standing_by,
)
from tasks.backout import BackOut
from tasks.parts import each


@flow(
    name="multi-region-recovery",
    flow_run_name="recovery of both regions",
    description=__doc__,
    persist_result=False,
)
def multi_region_recovery(operation: MultiRegionRecovery) -> str:
    """Rebuild the estate on its stand-ins; runbooks/multi_region_recovery.md by hand."""
    estate = Estate.load(operation.estate)
    if operation.dry_run:
        return str(recovery_planning.show(operation, estate))

    # 1. Open the operation
    with journal.opened(operation, estate, recovering.PROCEDURE) as run:
        # Until customers are let in, a failure leaves the stand-ins as they were.
        with BackOut(run) as back_out:
            # 2. Confirm that both regions are lost
            both_lost.confirm_lost(run)
            # 3. Check that the stand-ins are ready
            standing_by.stand_ins_ready(run)
            # 4. Check that the moment can be reached
            each(run, reaching.can_be_reached, at_its_moment=True)
            # 5. Fetch the backup
            back_out.with_undo(scratch.tear_down)
            each(run, scratch.fetch)
            # 6. Replay up to the moment
            each(run, scratch.replay, at_its_moment=True)
            # 7. Prove what was restored
            each(run, proving.prove)
            # 8. Settle what was under way between the regions
            if len(run.parts) > 1:
                settling.settle(run)
            # 9. Have the change approved
            if run.needs_approval:
                restore_approval.approve_repair(run)
            # 10. Put the restored clusters in their place
            back_out.with_undo(replacing.put_back)
            replacing.put_in(run)
            # 11. Rebuild the replication
            replacing.rejoin(run)
            # 12. See that they are still lost
            both_lost.still_lost(run)

        # 13. Open the stand-ins: from here the only way is forward
        moving.open_stand_ins(run)
        # 14. Send the traffic to the stand-ins
        moving.send_traffic(run)
        # 15. Verify through the global name
        recovered.verify_recovery(run)
        # 16. Measure what was achieved
        recovered.measure_recovery(run)
        # 17. Give up the scratch cluster, or keep it
        each(run, scratch.drop_scratch)
        # 18. Publish the report
        report = recovering.publish(run)
    return f"{run.id}: {report.verdict.headline}"
