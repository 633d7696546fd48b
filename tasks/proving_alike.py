"""The proof that nothing differs: every table of both regions is compared, and what differs is repaired by rule."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from time import monotonic

from recovery.errors import NotReady, Refused
from recovery.estate_in_hand import EstateInHand
from recovery.failback import Alike
from recovery.kept_plans import plan_of
from recovery.operation import new_id
from recovery.reconcile.findings import REDIS, Findings
from recovery.reconcile.plan import undo
from recovery.reconcile.repairs import Carrying
from recovery.reconcile.shapes import TableName
from recovery.reconciliation_order import Reconciliation, Then
from recovery.rule_book import RuleBook
from recovery.salvage.evening import Evening
from tasks import (
    comparable,
    comparing,
    comparing_keys,
    comparing_tables,
    copying_anew,
    documents,
    reconciliation_reporting,
    repair_planning,
    salvaging,
    subscribing_anew,
)
from tasks.comparing import Outcome
from tasks.comparing_tables import Comparison, Load
from tasks.failback_run import FailbackRun
from tasks.marks import fence
from tasks.returning import parts_of_both
from tasks.run import now
from tasks.step import step

FENCE_S = 60.0


@step(
    title="Prove that nothing differs",
    side="target",
    mutates=True,
    touches=parts_of_both,
    timeout_s=None,
    looks_again=lambda run: run.has_no_customers,
)
def prove_alike(run: FailbackRun, load: Load) -> Alike:
    """Compare every replicated table; copy or repair what differs by the estate's rules, once, and compare again.

    So are the keys of Redis: a difference refuses, and where they can not be compared, that is told: it follows.

    Tables that are not replicated are named by the comparison, and are each region's own: they refuse nothing.

    What the returned region has missed becomes as the serving one has it: row by row, or, where these are too
    many and it costs less, copied whole. Rows that the salvage left to a person are
    left to that person.

    `NotReady` where a row differs still, or waits for a person, or a table can not be compared. Safe to repeat.
    """
    began, repaired = monotonic(), 0
    copying_anew.end_copies(run)
    found = _compared(run, load)
    if copied := copying_anew.copy_most(run, found):
        found = _compared(run, load)
    if found.plan and found.plan.name and found.drifted:
        repaired = _repaired(run, found.plan.name)
        found = _compared(run, load)
    _refuse(run, found)
    return Alike(
        comparison=found.id,
        tables=len(found.tables),
        rows=sum(table.rows for table in found.tables),
        drifted=found.drifted,
        unreplicated=len(found.unreplicated),
        repaired=repaired,
        copied=copied,
        redis_keys=found.told_of_keys,
        length_s=monotonic() - began,
    )


def _compared(run: FailbackRun, load: Load) -> Findings:
    """Compare as the flow of that name does, and publish its report."""
    began_at: datetime = now()
    reason = f"the return of {run.target.name}, {run.id}"
    order = Reconciliation(estate=run.operation.estate, then=Then.PLAN, reason=reason, redis=True)
    name, estate = new_id("comparison", began_at), run.estate
    chosen = comparable.can_be_compared(order, estate)
    keys = comparing_keys.compare_keys.submit(order, estate, name=name)
    tables = comparing_tables.compare_all(Comparison(order, name, chosen.hashing, load), estate, chosen)
    outcome = Outcome(name, began_at, chosen, (tables, keys.result()))
    plan = repair_planning.plan(order, estate, outcome, partial(_judging, run))
    found = comparing.findings(order, estate, outcome, plan)
    reconciliation_reporting.publish(found, estate)
    return found


def _judging(run: FailbackRun, estate: EstateInHand, tables: Sequence[TableName]) -> repair_planning.Judge:
    missed, listed = subscribing_anew.anew(run).of(run.target.name), salvaging.listed(run)
    whole = frozenset(group for group in missed if listed.is_whole(group))
    evening = Evening(
        deciding=repair_planning.deciding_of(estate, tables),
        region=run.target.name,
        waiting=salvaging.waiting(run),
        whole=whole,
        torn=missed - whole,
    )
    book = RuleBook.of(estate.file)
    return lambda row, shape: evening.decide(row, shape, book.rule(row.table))


def _repaired(run: FailbackRun, name: str) -> int:
    """Carry the plan out; what takes it back is kept before. Returns how many rows are as it wants them."""
    plan, done = plan_of(run.estate, name), 0
    for region in run.file.regions:
        repair = plan.repair_of(region)
        if not repair.changes:
            continue
        documents.keep(run, f"undo-{region}-{name}", undo(repair))
        fence(run.estate, deadline_s=FENCE_S)
        live, other = run.estate.region(region).tables, run.estate.other(region).tables
        carried = Carrying(repair, live, other).carry(before=run.epoch.prove)
        if carried.refused:
            raise Refused(f"{region}: {carried.refused[0]} Mend that, then start the failback again.")
        done += carried.done
    return done


def _refuse(run: FailbackRun, found: Findings) -> None:
    """Raise `NotReady` unless all was compared, and nothing differs."""
    if found.plan and found.plan.why:
        raise NotReady(
            f"{run.target.name} gets no customers while the regions differ in {found.drifted:,} rows: {found.plan.why} "
            "Tables are copied whole where that costs less than a repair, and all that the region had of its own is "
            "home: runbooks/region_failback.md, A slot that is lost. Then start the failback again."
        )
    wrong = [str(table) for table in found.tables if table.drifted or table.restless]
    wrong += [f"{one.table}: not compared, {one.why}" for one in found.not_compared]
    wrong += [f"{one.table}: {one.why}" for one in found.unfinished if one.table != REDIS]
    wrong += [str(found.cache)] if found.keys_drifted else []
    if wrong:
        raise NotReady(
            f"{run.target.name} gets no customers while the regions differ: {'; '.join(wrong[:5])}. See "
            f"the report {found.id}; `dr conflicts list` has what a person decides. Then start the failback again."
        )
