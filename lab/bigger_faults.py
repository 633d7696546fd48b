"""Disasters that take more than ending a process: damaged rows, lost disks, and one that waits for its moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lab import process
from lab.parts.aws import Aws, journal_bucket, s3
from lab.parts.postgres import Postgres, connected
from lab.place import REGIONS, WITNESS, Lab

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DAMAGED_GROUP, DAMAGED_TABLE = "eden_task", "public.dr_probe"
DAMAGED_ROWS = 50
DAMAGE = """
DELETE FROM dr_probe WHERE id IN (SELECT id FROM dr_probe ORDER BY id LIMIT %s)
"""
ENDED_S = 10.0
FAILOVER_S = 120.0
"""So long a failover is waited for that is to be cut short."""
EVENTS_BEFORE_CHANGES = 8
"""A failover's journal has opened, confirmed, checked, and begun to fence by then."""


@contextmanager
def corruption(lab: Lab, region: str) -> Iterator[dict[str, str]]:
    """Delete the oldest rows that customers were promised, in one transaction that is committed after the block.

    The block is told its number, and where it is: what undoes it is written down before it is done.
    """
    with connected(lab, region, DAMAGED_GROUP) as connection, connection.transaction():
        connection.execute(DAMAGE, [DAMAGED_ROWS])
        row = connection.execute("SELECT txid_current()").fetchone()
        yield {"transaction": str(row[0]) if row else "", "table": f"{DAMAGED_GROUP}.{DAMAGED_TABLE}"}


def has_committed(lab: Lab, region: str, transaction: str) -> bool:
    """Whether a transaction was committed, once it is known: its client may have been killed as it was about to."""

    def ended() -> str | None:
        with connected(lab, region, DAMAGED_GROUP) as connection:
            row = connection.execute("SELECT txid_status(%s::bigint)", [transaction]).fetchone()
        return str(row[0]) if row and row[0] != "in progress" else None

    return (
        process.wait_until(ended, what=f"the end of transaction {transaction}", deadline_s=ENDED_S)
        == "committed"
    )


def lose_clusters(lab: Lab, region: str) -> None:
    """End both clusters and the region's S3; leave hosts that hold no cluster, as a fresh disk would."""
    lost = {Postgres(each).name for each in REGIONS} | {Aws(region).name}
    process.kill(each for each in process.recorded(lab) if each.part in lost)
    for each in REGIONS:
        Postgres(each).leave_configuration(lab)


def await_failover(lab: Lab) -> None:
    """Return as soon as a failover that was not there before has begun to change something."""
    store = s3(lab, WITNESS)
    before = set(_failovers(lab, store))

    def begun() -> str | None:
        new = {name: count for name, count in _failovers(lab, store).items() if name not in before}
        return next((name for name, count in new.items() if count >= EVENTS_BEFORE_CHANGES), None)

    process.wait_until(begun, what="a failover that has begun", deadline_s=FAILOVER_S)


def _failovers(lab: Lab, store: "S3Client") -> dict[str, int]:
    """Return how many events each failover has at the witness."""
    counts: dict[str, int] = {}
    try:
        pages = store.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=journal_bucket(lab, WITNESS), Prefix="operations/failover-"):
            for one in page.get("Contents", []):
                name = one["Key"].split("/")[1]
                counts[name] = counts.get(name, 0) + ("/journal/" in one["Key"])
    except (BotoCoreError, ClientError):
        return counts
    return counts
