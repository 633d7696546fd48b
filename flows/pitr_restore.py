"""Bring data back as it was at one moment: beside the live cluster, the damaged rows alone, or in its place."""

from prefect import flow

from blocks.estate import Estate
from recovery.restore_operation import Restore, Scope
from tasks import (
    achieving,
    damage,
    journal,
    proving,
    reaching,
    repairing,
    replacing,
    restore_approval,
    restore_planning,
    restore_reporting,
    restoring,
    scratch,
    settling,
)
from tasks.backout import BackOut
from tasks.parts import each


@flow(
    name="pitr-restore",
    flow_run_name="{operation.scope.value} restore of {operation.region}",
    description=__doc__,
    persist_result=False,
)
def pitr_restore(operation: Restore) -> str:
    """Restore a cluster to a moment, prove it, and repair or replace by it; runbooks/pitr_restore.md by hand."""
    estate = Estate.load(operation.estate)
    if operation.dry_run:
        return str(restore_planning.show(operation, estate))

    # 1. Open the operation
    with journal.opened(operation, estate, restoring.PROCEDURE) as run:
        # A failure puts back what was replaced, and removes what was made beside it.
        with BackOut(run) as back_out:
            # 2. Check that the moment can be reached
            each(run, reaching.can_be_reached, at_its_moment=True)
            # 3. Fetch the backup
            back_out.with_undo(scratch.tear_down)
            each(run, scratch.fetch)
            # 4. Replay up to the moment
            each(run, scratch.replay, at_its_moment=True)
            # 5. Compare with the live rows
            if operation.scope is Scope.SURGICAL:
                damage.compare(run)
            # 6. Prove what was restored
            each(run, proving.prove)
            # 7. Settle what was under way between the regions
            if len(run.parts) > 1:
                settling.settle(run)
            # 8. Have the change approved
            if run.needs_approval:
                restore_approval.approve_repair(run)
            # 9. Close the regions
            if operation.replaces:
                back_out.with_undo(replacing.reopen)
                replacing.close_regions(run)
            # 10. Put the restored clusters in their place
            if operation.replaces:
                back_out.with_undo(replacing.put_back)
                replacing.put_in(run)
            # 11. Rebuild the replication
            if operation.replaces:
                replacing.rejoin(run)

        # 12. Open the regions: from here the only way is forward
        if operation.replaces:
            replacing.open_regions(run)
        # 13. Repair the live rows
        if operation.apply:
            repairing.repair(run)
        # 14. Measure what was achieved
        achieving.measure_restore(run)
        # 15. Give up the scratch cluster, or keep it
        each(run, scratch.drop_scratch)
        # 16. Publish the report
        report = restore_reporting.publish(run)
    return f"{run.id}: {report.verdict.headline}"
