"""Compare the two regions row by row while both are written to: what differs, and will not mend by itself."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from prefect import flow
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from blocks.estate import Estate
from flows.cross_region_repair import cross_region_repair
from recovery.operation import new_id
from recovery.reconcile.findings import Findings
from recovery.reconciliation_order import MOST_AT_ONCE, Reconciliation
from recovery.regions_repair import RegionsRepair
from tasks import (
    comparable,
    comparing,
    comparing_keys,
    comparing_tables,
    reconciliation_reporting,
    repair_planning,
)
from tasks.calling import called
from tasks.comparing import Outcome
from tasks.comparing_tables import Comparison

repair_rows: Callable[[RegionsRepair], str] = called(cross_region_repair)
# Prefect's own runner is not what its decorator says that it takes.
RUNNER = cast("TaskRunner[PrefectFuture[Any]]", ThreadPoolTaskRunner(max_workers=MOST_AT_ONCE))


@flow(
    name="cross-region-reconciliation",
    flow_run_name="reconciliation of both regions",
    description=__doc__,
    persist_result=False,
    task_runner=RUNNER,
)
def cross_region_reconciliation(order: Reconciliation) -> Findings:
    """Compare, and plan; this keeps no failover out. runbooks/cross_region_reconciliation.md by hand."""
    estate, began_at = Estate.load(order.estate), datetime.now(UTC)
    name = order.id or new_id("comparison", began_at)

    # 1. Check that the regions can be compared
    chosen = comparable.can_be_compared(order, estate)
    # 2. Compare the tables
    comparison = Comparison(order, name, chosen.hashing, Estate.load)
    tables = comparing_tables.compare_all(comparison, estate, chosen)
    # 3. Compare the keys of Redis
    keys = comparing_keys.compare_keys(order, estate, name=name)
    # 4. Plan the repair
    outcome = Outcome(name, began_at, chosen, (tables, keys))
    plan = repair_planning.plan(order, estate, outcome)
    # 5. Publish the report
    found = comparing.findings(order, estate, outcome, plan)
    reconciliation_reporting.publish(found, estate)
    # 6. Repair by the plan
    if repair := order.repair_by(plan):
        found = found.repaired_by(repair_rows(repair))
        reconciliation_reporting.publish(found, estate)
    return found
