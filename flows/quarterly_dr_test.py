"""Test that the estate can be recovered: scenario by scenario, there and back, with evidence for whoever asks."""

from prefect import flow

from blocks.estate import Estate
from flows.cross_region_reconciliation import cross_region_reconciliation
from flows.pitr_restore import pitr_restore
from flows.readiness_check import readiness_check
from flows.region_failback import region_failback
from flows.region_failover import region_failover
from recovery.drill.order import DrTestOrder
from tasks import drill_reporting, drilling, journal, stopping
from tasks.calling import called
from tasks.drill_run import Procedures

PROCEDURES = Procedures(
    failover=called(region_failover),
    failback=called(region_failback),
    restore=called(pitr_restore),
    compare=called(cross_region_reconciliation),
    readiness=called(readiness_check),
)


@flow(
    name="quarterly-dr-test",
    flow_run_name="disaster recovery test",
    description=__doc__,
    persist_result=False,
    on_cancellation=[stopping.hand_over],
)
def quarterly_dr_test(operation: DrTestOrder) -> str:
    """Play the scenarios, and leave the estate as it was; runbooks/quarterly_dr_test.md by hand."""
    estate = Estate.load(operation.estate)
    if operation.dry_run:
        return drilling.show(operation, estate)
    if operation.put_back:
        return stopping.put_back(operation, estate, PROCEDURES)

    # 1. Open the test
    with journal.opened(operation, estate, drilling.PROCEDURE) as run:
        with stopping.LeftAsItWas(run, PROCEDURES):
            # 2. Check that the estate can be tested
            drilling.can_be_tested(run)
            # 3. Announce the test
            drilling.announce(run)
            # 4. Play the scenarios, there and back: whatever stops it, the estate is put back as it was
            drilling.play_all(run, PROCEDURES)
        # 5. Publish the evidence
        summary = drill_reporting.publish(run)
    return f"{run.id}: {summary}"
