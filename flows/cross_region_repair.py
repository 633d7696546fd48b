"""Repair rows that differ between the two regions, by a plan: each row as the plan says, both regions alike."""

from prefect import flow

from blocks.estate import Estate
from recovery.regions_repair import RegionsRepair
from tasks import journal, keys_repairing, regions_approval, regions_repairing, repair_reporting
from tasks.backout import BackOut


@flow(
    name="cross-region-repair",
    flow_run_name="repair of both regions",
    description=__doc__,
    persist_result=False,
)
def cross_region_repair(operation: RegionsRepair) -> str:
    """Carry out a plan while both regions are written to; runbooks/cross_region_repair.md by hand."""
    estate = Estate.load(operation.estate)
    if operation.dry_run:
        return regions_repairing.show(operation, estate)

    # 1. Open the operation
    with journal.opened(operation, estate, regions_repairing.PROCEDURE) as run:
        # One that is refused or not approved has changed nothing, and ends: it must not hold up a failover.
        with BackOut(run):
            # 2. Check that the plan can be carried out
            regions_repairing.check_plan(run)
            # 3. Have the repair approved
            if run.needs_approval:
                regions_approval.approve_regions_repair(run)

        # 4. Repair the rows: nothing is backed out, what takes it back is kept beside the journal
        regions_repairing.repair_both(run)
        # 5. Repair the keys of Redis
        keys_repairing.repair_keys(run)
        # 6. Compare again what was touched
        regions_repairing.compare_again(run)
        # 7. Publish the report
        report = repair_reporting.publish(run)
    return report.told
