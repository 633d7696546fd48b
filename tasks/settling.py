"""Two restored clusters, made to agree: each has commits of its moment that had not reached the other one."""

from time import monotonic

from recovery.errors import Refused
from recovery.reconcile.repairs import look, repair
from recovery.reconcile.settlement import Settlement, settlement
from recovery.reconcile.shapes import TableName
from recovery.restore_operation import Scope
from recovery.restoring import Settled
from tasks import documents
from tasks.damage import MOST_ROWS
from tasks.restore_run import RestoreRun
from tasks.step import step

SETTLEMENT = "settlement"


@step(
    title="Settle what was under way between the regions",
    side="region",
    touches=lambda run: [part.scratch.endpoint for part in run.parts],
    timeout_s=None,
)
def settle(run: RestoreRun) -> Settled:
    """Compare the restored clusters, and give every row that differs one image on both sides.

    In place: as the first region has it. Two region: merged, each region knowing best what became of its own writes.
    Tables that are not replicated stay as each region has them. Every row is written down before it is changed.
    Safe to repeat: what was decided first is carried out.
    """
    began, (first, second) = monotonic(), [part.clients.beside for part in run.parts]
    replicated = {*first.replicated()} & {*second.replicated()}
    decided = documents.kept(run, SETTLEMENT, Settlement) or _decided(run, sorted(replicated))
    where = documents.keep(run, SETTLEMENT, decided)
    for plan, side in zip(decided.plans, (first, second), strict=True):
        repair(plan, side)
        if look(plan, side).done < len(plan.changes):
            raise Refused(f"{side.endpoint} does not have the settled rows; look at {where}.")
    return Settled(
        compared=decided.compared,
        tables=len(decided.tables),
        rules=decided.rules,
        rows=where,
        digest=decided.digest,
        left_alone=[str(table) for table in sorted({*first.tables()} - replicated)],
        length_s=monotonic() - began,
    )


def _decided(run: RestoreRun, tables: list[TableName]) -> Settlement:
    first, second = (part.clients.beside for part in run.parts)
    merged = run.operation.scope is Scope.TWO_REGION
    return settlement(first, second, tables, most=MOST_ROWS, merged=merged)
