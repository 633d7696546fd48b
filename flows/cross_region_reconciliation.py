"""Compare the two regions row by row while both are written to: what differs, and will not mend by itself."""

from datetime import UTC, datetime
from typing import Any, cast

from prefect import flow
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from blocks.estate import Estate
from recovery.operation import new_id
from recovery.reconcile.findings import Findings
from recovery.reconciliation_order import MOST_AT_ONCE, Reconciliation
from tasks import comparing, reconciliation_reporting

# Prefect's own runner is not what its decorator says that it takes.
RUNNER = cast("TaskRunner[PrefectFuture[Any]]", ThreadPoolTaskRunner(max_workers=MOST_AT_ONCE))


@flow(
    name="cross-region-reconciliation",
    flow_run_name="comparison of both regions",
    description=__doc__,
    persist_result=False,
    task_runner=RUNNER,
)
def cross_region_reconciliation(order: Reconciliation) -> Findings:
    """Compare; it holds no epoch, and keeps no failover out. runbooks/cross_region_reconciliation.md by hand."""
    estate, began_at = Estate.load(order.estate), datetime.now(UTC)
    name = order.id or new_id("comparison", began_at)

    # 1. Check that the regions can be compared
    chosen = comparing.comparable(order, estate)
    # 2. Compare the tables
    with reconciliation_reporting.drift_file(estate.outside.reports / name) as keep:
        compared = comparing.compare_all(order, estate, chosen, keep)
    # 3. Publish the report
    findings = comparing.findings(order, estate, chosen, compared, name=name, began_at=began_at)
    return reconciliation_reporting.publish(findings, estate)
