"""The repair of a surgical restore: the plan's rows, in the live cluster, each seen again before and after."""

from time import monotonic

from recovery.errors import Refused
from recovery.reconcile.plan import RepairPlan, leave, undo
from recovery.reconcile.repairs import look
from recovery.reconcile.repairs import repair as apply
from recovery.restoring import Repaired
from tasks import documents
from tasks.damage import APPLIED, PLAN, UNDO, compare
from tasks.restore_run import RestoreRun
from tasks.step import step


@step(
    title="Repair the live rows",
    side="region",
    touches=lambda run: [run.clients.live.endpoint],
    mutates=True,
    timeout_s=None,
)
def repair(run: RestoreRun) -> Repaired:
    """Bring the damaged rows back in the live cluster, which serves meanwhile; replication carries each write once.

    A row that was written again since the plan was made is left to a person. What would undo the repair is kept
    before anything is changed. Safe to repeat: a row that is as wanted already counts as done.
    """
    began, plan = monotonic(), _plan(run)
    if again := look(plan, run.clients.live).changed:
        run.note(f"{len(again)} rows were written again since the plan was made: they stay as they are.")
        plan = leave(plan, {change.place for change in again})
        documents.keep(run, APPLIED, plan)
    where = documents.keep(run, UNDO, undo(plan))
    made = apply(plan, run.clients.live, before=run.epoch.prove)
    verified = look(plan, run.clients.live).done
    rows = sum(table.applied + table.already for table in made.tables)
    return Repaired(rows=rows, undo=where, verified=verified, length_s=monotonic() - began)


def _plan(run: RestoreRun) -> RepairPlan:
    """Return the plan, as it was made, and where it must be approved, approved."""
    plan, made = documents.kept(run, PLAN, RepairPlan), compare.result(run)
    if plan is None or made is None:
        raise Refused(f"{run.id} has no plan in the journal's stores; start the restore again.")
    return plan
