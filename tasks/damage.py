"""What the damage did to the live rows: compared with the moment before it, and the moment after it."""

from time import monotonic

from recovery.errors import Refused
from recovery.reconcile.merge import Candidates, DamagedRows, candidates, damaged, settled
from recovery.reconcile.shapes import TableName
from recovery.restoring import Damage, TableDamage
from tasks import documents
from tasks.restore_run import RestoreRun
from tasks.scratch import replayed_to
from tasks.step import step

MOST_ROWS = 200_000
"""More rows than a person can review, or memory should hold: then the cluster is to be replaced, not repaired."""
CANDIDATES, DAMAGE, PLAN, APPLIED, UNDO = "candidates", "damage", "plan", "plan-applied", "undo"


@step(
    title="Compare with the live rows",
    side="region",
    touches=lambda run: [run.scratch.endpoint, run.clients.beside.endpoint, run.clients.live.endpoint],
    timeout_s=None,
)
def compare(run: RestoreRun) -> Damage:
    """Find the rows that the damage changed, and plan what brings them back; later good writes stay.

    The scratch cluster stands just before the damage; it is compared with the live tables, then replayed on to just
    after it, and asked for the rows that differ. Reads only. Safe to repeat: what the first look found is kept, for
    the scratch cluster can not go back.
    """
    began = monotonic()
    found = documents.kept(run, CANDIDATES, Candidates)
    if found is None:
        tables = [TableName(*table.split(".", 2)) for table in run.operation.tables]
        found = candidates(run.clients.beside, run.clients.live, tables, most=MOST_ROWS)
        documents.keep(run, CANDIDATES, found)
    rows = documents.kept(run, DAMAGE, DamagedRows)
    if rows is None:
        if (end := run.operation.damage_end) is None:
            raise Refused(f"{run.id} does not say when the damage ended.")
        replayed_to(run, end)
        rows = damaged(found, run.clients.beside)
        documents.keep(run, DAMAGE, rows)
    plan = settled(rows)
    return Damage(
        tables=[
            TableDamage(
                table=one.table.path,
                updates=one.updates,
                inserts=one.inserts,
                deletes=one.deletes,
                kept=one.kept,
            )
            for one in plan.tallies
        ],
        plan=documents.keep(run, PLAN, plan),
        digest=plan.digest,
        length_s=monotonic() - began,
    )
