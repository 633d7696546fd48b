"""Bring a region back that was left: its data is brought home, both regions are made alike, its customers return."""

from prefect import flow

from blocks.estate import Estate
from recovery.failback import Failback
from tasks import (
    failback,
    failback_approval,
    failback_reporting,
    going_back,
    journal,
    proving_alike,
    reprotecting,
    returning,
    salvaging,
    traffic,
)
from tasks.backout import BackOut


@flow(
    name="region-failback",
    flow_run_name="failback of {operation.region}",
    description=__doc__,
    persist_result=False,
)
def region_failback(operation: Failback) -> str:
    """Bring home what never left the region, make it redundant, and open it; runbooks/region_failback.md by hand."""
    estate = Estate.load(operation.estate)
    if operation.dry_run:
        return failback.show(operation, estate)

    # 1. Open the operation
    with journal.opened(operation, estate, failback.PROCEDURE) as run:
        # Up to the return of all its traffic, a failure leaves the region fenced; what was brought home stays.
        with BackOut(run) as back_out:
            # 2. Have it approved
            if run.needs_approval:
                failback_approval.approve_failback(run)
            # 3. Keep the returned region fenced
            back_out.with_undo(returning.leave_fenced)
            returning.keep_fenced(run)
            # 4. See that the region is back
            returning.is_back(run)
            # 5. List what never left it
            salvaging.list_unsent(run)
            # 6. Catch up with what was committed meanwhile
            reprotecting.catch_up(run)
            # 7. Bring home what never left
            salvaging.bring_home(run)
            # 8. Replicate both ways
            reprotecting.replicate_both_ways(run)
            # 9. Have its Redis follow
            reprotecting.follow_cache(run)
            # 10. Prove that nothing differs
            proving_alike.prove_alike(run, Estate.load)
            # 11. Open the region
            going_back.open_region(run)
            # 12. Return its traffic
            back_out.with_undo(traffic.put_back)
            going_back.return_traffic(run)

        # 13. Give its Redis back what it had
        going_back.return_cache(run)
        # 14. Verify through the global name
        going_back.verify_return(run)
        # 15. Publish the report
        report = failback_reporting.publish(run)
    return f"{run.id}: {report.headline}"
