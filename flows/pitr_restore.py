"""Bring data back as it was at one moment: beside the live cluster, or the damaged rows alone."""

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
    restore_approval,
    restore_planning,
    restore_reporting,
    restoring,
    scratch,
)
from tasks.backout import BackOut


@flow(
    name="pitr-restore",
    flow_run_name="{operation.scope.value} restore of {operation.region}",
    description=__doc__,
    persist_result=False,
)
def pitr_restore(operation: Restore) -> str:
    """Restore one region's cluster to a moment, prove it, and repair from it; runbooks/pitr_restore.md by hand."""
    estate = Estate.load(operation.estate)
    if operation.dry_run:
        return str(restore_planning.show(operation, estate))

    # 1. Open the operation
    with journal.opened(operation, estate, restoring.PROCEDURE) as run:
        # Up to the repair the live cluster is only read, and a failure removes what was made beside it.
        with BackOut(run) as back_out:
            # 2. Check that the moment can be reached
            reaching.can_be_reached(run)
            # 3. Fetch the backup
            back_out.with_undo(scratch.tear_down)
            scratch.fetch(run)
            # 4. Replay up to the moment
            scratch.replay(run)
            # 5. Compare with the live rows
            if operation.scope is Scope.SURGICAL:
                damage.compare(run)
            # 6. Prove what was restored
            proving.prove(run)
            # 7. Have the repair approved
            if run.needs_approval:
                restore_approval.approve_repair(run)

        # 8. Repair the live rows: from here the only way is forward
        if operation.apply:
            repairing.repair(run)
        # 9. Measure what was achieved
        achieving.measure_restore(run)
        # 10. Give up the scratch cluster, or keep it
        scratch.drop_scratch(run)
        # 11. Publish the report
        report = restore_reporting.publish(run)
    return f"{run.id}: {report.verdict.headline}"
