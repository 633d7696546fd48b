"""Salvage: what the region had committed and never sent is listed, and brought home row by row."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby

from recovery.errors import Refused, Unavailable
from recovery.failback import BroughtHome, LostSet
from recovery.kept import keep_at, kept_at
from recovery.kept_plans import keep_plan, plan_of
from recovery.operation import new_id
from recovery.reconcile.comparison import both
from recovery.reconcile.drift import Drift
from recovery.reconcile.findings import changes
from recovery.reconcile.plan import undo
from recovery.reconcile.ports import Sighting, Tables
from recovery.reconcile.reconciliation_plan import Queued, ReconciliationPlan, Settled, settle
from recovery.reconcile.repairs import Carrying
from recovery.reconcile.rules import Rule, Strategy
from recovery.reconcile.shapes import Key, TableName, TableShape
from recovery.rule_book import RuleBook
from recovery.salvage.ports import SlotState
from recovery.salvage.replaying import Fate, Replaying
from recovery.salvage.unsent import Folding, Unsent, UnsentRow
from tasks import documents
from tasks.comparable import OURS
from tasks.failback_run import FailbackRun
from tasks.repair_planning import deciding_of
from tasks.returning import parts_of_both
from tasks.run import now
from tasks.step import step

ROUNDS = 3
"""So often rows are decided anew that somebody wrote between the look and the lock."""
AT_ONCE = 10_000
UNDO = "undo-salvage"
SOME = 100
"""So many rows are told of which replication decided what somebody else was to decide."""


def where_listed(run: FailbackRun) -> str:
    """Return where the list is kept: beside the failover's journal, whichever failback it is that makes it."""
    return f"operations/{run.failover.operation}/unsent-{run.target.name}.jsonl"


@step(title="List what never left it", side="target", touches=parts_of_both, timeout_s=None)
def list_unsent(run: FailbackRun) -> LostSet:
    """Read the slots that never drained, without taking anything off them; keep every row, by its key.

    Safe to repeat: what was listed before stays listed.
    """
    found = _listed(run)
    if earlier := kept_at(run.outside.journal, where_listed(run), Unsent):
        found = earlier.joined(found)
    where = keep_at(run.outside.journal, where_listed(run), found)
    lost = run.failover.report.rows
    return LostSet(
        where=where,
        transactions=len(found.transactions),
        rows=len(found.rows),
        span_s=found.span_s,
        oldest=found.oldest,
        newest=found.newest,
        tables=dict(found.tables),
        untold={one.table: one.changes for one in found.untold},
        unread=[f"{group}: {why}" for group, why in found.unread.items()],
        estimated_rows=len(lost.lost) if lost else None,
    )


def _listed(run: FailbackRun) -> Unsent:
    sending, folding, unread, read = run.target.sending, Folding(), dict[str, str](), dict[str, str]()
    most = run.file.settings.reconciliation.most_rows
    subscriptions, until = run.source.database.subscriptions(), run.target.sending.position()
    for slot in sending.slots(subscriptions):
        group = slot.subscription.node_group
        if slot.active:
            continue  # the other region applies already: it takes what is there by itself
        if slot.state is not SlotState.KEPT:
            unread[group] = f"its slot is {slot.state}"
            continue
        read[group] = until
        changes = sending.unsent(slot.subscription, until=until)
        folding.add(change for change in changes if change.table.name != OURS)
        if folding.count > most:
            raise Refused(
                f"More than {most:,} rows never left {run.target.name} (recovery.reconciliation.most_rows): raise "
                "it, or salvage by hand, as runbooks/region_failback.md tells."
            )
    return folding.result(run.target.name, run.failover.operation, at=now(), until=read, unread=unread)


def listed(run: FailbackRun) -> Unsent:
    """Return the list; `Unavailable` where no store of the journal has it whole."""
    found = kept_at(run.outside.journal, where_listed(run), Unsent)
    if found is None:
        raise Unavailable(
            f"{where_listed(run)} is in no store of the journal, or not whole; look at the stores."
        )
    return found


@step(title="Bring home what never left", mutates=True, touches=parts_of_both, timeout_s=None)
def bring_home(run: FailbackRun) -> BroughtHome:
    """Give the other region each row that it has not written since; a rule or a person decides about the others.

    Each row only while both regions' versions stand; what takes it back is kept before. Safe to repeat: what was
    brought home is alike.
    """
    salvage = _Salvage(run)
    for _ in range(ROUNDS):
        if not salvage.round():
            return salvage.result()
    raise Unavailable(
        f"Rows that never left {run.target.name} are written without a rest; start the failback again."
    )


def waiting(run: FailbackRun) -> Mapping[tuple[TableName, Key], str]:
    """Return the rows that were left to a person, and why: nothing else decides about them."""
    home = bring_home.result(run)
    if home is None or not home.queued:
        return {}
    return {row.place: row.why for row in plan_of(run.estate, home.plans[-1]).queue}


def _sightings(table: TableName, keys: Sequence[Key], side: Tables) -> Mapping[Key, Sighting]:
    return side.sightings(table, keys)


class _Salvage:
    """The rows of the list, looked at and decided until none is left to be written."""

    def __init__(self, run: FailbackRun) -> None:
        self._run, self._book = run, RuleBook.of(run.file)
        self._rows = listed(run).rows
        self._fates: dict[tuple[TableName, tuple[str, ...]], Fate] = {}
        self._superseded: list[str] = []
        self._plans: list[ReconciliationPlan] = []
        self._left = 0
        deciding = deciding_of(run.estate, sorted({row.table for row in self._rows}))
        self._replaying = Replaying(deciding, run.target.name, run.failover.at)

    def round(self) -> int:
        """Decide about all rows, write what was decided; return how many were written meanwhile by somebody."""
        plan = self._decided()
        self._plans.append(plan)
        if plan.rows or plan.queue:
            keep_plan(self._run.outside.journal, plan)
        left = 0
        for region in self._run.file.regions:
            left += self._carried(plan, region) if plan.repair_of(region).changes else 0
        self._left = left
        return left

    def result(self) -> BroughtHome:
        """Return what became of the rows, over all rounds."""
        fates = [*self._fates.values()]
        kept = [plan.name for plan in self._plans if plan.rows or plan.queue]
        return BroughtHome(
            fates={fate: fates.count(fate) for fate in Fate},
            changes=[one for plan in self._plans for one in changes(plan.repairs)],
            plans=kept,
            queued=len(self._plans[-1].queue),
            left=self._left,
            undo=documents.kept_as(self._run, UNDO),
            superseded=self._superseded[:SOME],
        )

    def _decided(self) -> ReconciliationPlan:
        run, shapes = self._run, dict[TableName, TableShape]()
        rows: list[Settled | Queued] = []
        for table, some in groupby(self._rows, key=lambda row: row.table):
            shapes[table] = run.source.tables.shape(table)
            rows += self._of_table(shapes[table], list(some))
        touched = {row.table for row in rows}
        return ReconciliationPlan(
            name=new_id("comparison", now()),
            estate=run.estate.name,
            regions=run.file.regions,
            made_at=now(),
            tables=tuple(shape for name, shape in shapes.items() if name in touched),
            rows=tuple(row for row in rows if isinstance(row, Settled)),
            queue=tuple(row for row in rows if isinstance(row, Queued)),
        )

    def _of_table(self, shape: TableShape, rows: Sequence[UnsentRow]) -> Iterator[Settled | Queued]:
        rule = self._book.rule(shape.name)
        first, second = (self._run.estate.region(name).tables for name in self._run.file.regions)
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            keys = [row.key for row in some]
            here, there = both(first, second, partial(_sightings, shape.name, keys))
            for row in some:
                drift = Drift(table=row.table, key=row.key, left=here.get(row.key), right=there.get(row.key))
                fate, decision = self._replaying.decide(row, drift, shape, rule)
                self._count(row, fate, rule)
                if decision is not None:
                    yield settle(drift, decision)

    def _count(self, row: UnsentRow, fate: Fate, rule: Rule) -> None:
        """Count the first fate: what was brought home is alike afterwards."""
        if (
            row.place not in self._fates
            and fate is Fate.SUPERSEDED
            and rule.strategy is not Strategy.LAST_WRITE_WINS
        ):
            self._superseded.append(str(row))
        self._fates.setdefault(row.place, fate)

    def _carried(self, plan: ReconciliationPlan, region: str) -> int:
        run, repair = self._run, plan.repair_of(region)
        documents.keep(run, f"{UNDO}-{region}-{plan.name}", undo(repair))
        live, other = run.estate.region(region).tables, run.estate.other(region).tables
        carried = Carrying(repair, live, other).carry(before=run.epoch.prove)
        if carried.refused:
            raise Refused(
                f"Rows can not be brought home to {region}: {carried.refused[0]} Mend that, then start the failback "
                "again."
            )
        return carried.left
