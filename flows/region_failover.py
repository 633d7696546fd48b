"""Leave a region: the other one takes over its data, and its traffic."""

from prefect import flow

from blocks.estate import Estate
from recovery.operation import Failover, Mode
from tasks import (
    approval,
    checks,
    failover,
    fencing,
    journal,
    planning,
    promotion,
    replication,
    reporting,
    traffic,
    verification,
)
from tasks.backout import BackOut


@flow(
    name="region-failover",
    flow_run_name="{operation.mode.value} failover from {operation.source}",
    description=__doc__,
    persist_result=False,
)
def region_failover(operation: Failover) -> str:
    """Promote the target region, and send it the source's traffic; runbooks/region_failover.md by hand."""
    estate = Estate.load(operation.estate)
    if operation.dry_run:
        return str(planning.show(operation, estate))

    # 1. Open the operation
    with journal.opened(operation, estate, failover.PROCEDURE) as run:
        # Up to the take-over, a failure puts everything back as it was.
        with BackOut(run) as back_out:
            # 2. Have it approved
            if run.needs_approval:
                approval.approve(run)
            # 3. Confirm the state of the source
            checks.confirm_source(run)
            # 4. Check that the target can take over
            checks.can_take_over(run)
            # 5. Drain the source
            if operation.mode is Mode.PLANNED:
                back_out.with_undo(traffic.put_back)
                traffic.drain(run)
            # 6. Fence the source
            back_out.with_undo(fencing.unfence)
            fencing.fence(run)
            # 7. Measure the exposure
            replication.measure_exposure(run)

        # 8. Take over the data layer: from here the only way is forward
        promotion.take_over(run)
        # 9. Send all traffic to the target
        traffic.shift(run)
        # 10. Verify through the global name
        verification.verify(run)
        # 11. Publish the report
        report = reporting.publish(run)
    return f"{run.id}: {report.verdict.headline}"
