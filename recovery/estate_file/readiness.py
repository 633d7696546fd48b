"""The block `recovery.readiness`: when it is checked, and from where on a person is told."""

from typing import Annotated

from recovery.estate_file.kinds import Cron, Days, Minutes
from recovery.estate_file.marks import Acts, Part
from recovery.estate_file.reconciliation import TablePattern


class Readiness(Part):
    """The block."""

    checked_at: Annotated[Cron, Acts("when readiness is checked, in UTC, by the deployment's schedule")] = (
        "*/5 * * * *"
    )
    proof_days: Annotated[
        Days | None,
        Acts("so long a proof is whole, and nothing after twice that; absent: the time between two tests"),
    ] = None
    expiry_days: Annotated[
        Days, Acts("a certificate, or a role's password, that ends within so many days is told")
    ] = 21
    outage_minutes: Annotated[
        Minutes, Acts("for how long one region must keep what the other one, which is away, has to get")
    ] = 240
    table_exceptions: Annotated[
        tuple[TablePattern, ...],
        Acts("replicated tables without a primary key, or with several unique indexes, that are known"),
    ] = ()
