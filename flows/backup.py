"""Take a backup of one region's cluster into both regions, and prove that it is one."""

from prefect import flow

from blocks.estate import Estate
from recovery.backup_order import BackupOrder
from tasks import backing_up


@flow(
    name="backup",
    flow_run_name="{order.kind.value} backup of {order.region}",
    description=__doc__,
    persist_result=False,
)
def backup(order: BackupOrder) -> str:
    """Back one cluster up; it holds no epoch, and keeps no failover out. runbooks/backup.md by hand."""
    estate = Estate.load(order.estate)

    # 1. Take it into each repository
    failed = backing_up.take(order, estate)
    # 2. Read the repositories again
    if order.verify:
        backing_up.verify(order, estate)
    # 3. Take the ledger of a restore point
    if order.ledger:
        backing_up.take_ledger(order, estate)
    # 4. Tell what can be restored
    return backing_up.tell(order, estate, failed)
