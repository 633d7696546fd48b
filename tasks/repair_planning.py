"""What a repair would do: each row that has drifted, decided by the estate's rules; nothing is changed."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from prefect import task
from prefect.cache_policies import NO_CACHE

from recovery.clean_passes import CleanPasses
from recovery.estate_in_hand import EstateInHand
from recovery.kept_plans import keep_plan
from recovery.reconcile.deciding import Deciding
from recovery.reconcile.drift import Drift
from recovery.reconcile.findings import Plan, Queued, changes
from recovery.reconcile.reconciliation_plan import Queued as QueuedRow
from recovery.reconcile.reconciliation_plan import ReconciliationPlan, Settled, settle
from recovery.reconcile.rules import Asked, Decided
from recovery.reconcile.shapes import TableName, TableShape
from recovery.reconciliation_order import Reconciliation, Then
from recovery.rule_book import RuleBook
from tasks.comparing import Outcome
from tasks.conflicting import deletions
from tasks.marks import clocks_apart

ROUND = 2**32
"""After so many transactions their numbers, as rows have them, come again."""


Judge = Callable[[Drift, TableShape], Decided | Asked]
"""What a row becomes, or why a person must say."""
Judging = Callable[[EstateInHand, Sequence[TableName]], Judge]
"""Makes it, of an estate, for rows of these tables."""


def by_rules(estate: EstateInHand, tables: Sequence[TableName]) -> Judge:
    """Return what decides by the estate's rules."""
    book, deciding = RuleBook.of(estate.file), deciding_of(estate, tables)
    return lambda row, shape: deciding.decide(row, shape, book.rule(row.table))


@task(name="Plan the repair", cache_policy=NO_CACHE, persist_result=False)
def plan(
    order: Reconciliation, estate: EstateInHand, outcome: Outcome, judging: Judging = by_rules
) -> Plan | None:
    """Decide about every row, and keep the plan beside the journal; None where none is asked for, or none needed.

    Where more has drifted than a plan may have, it says so, and has no name. Safe to repeat: a plan is only written
    down.
    """
    rows = [row for one in outcome.tables for row in one.rows]
    keys = outcome.keys.plan if outcome.keys else None
    drifted = sum(one.drifted for one in outcome.tables)
    if order.then is Then.COMPARE or not (drifted or keys):
        return _none(unplanned) if (unplanned := _unplanned(outcome)) else None
    most = estate.file.settings.reconciliation.most_rows
    if drifted > most:
        return _none(
            f"more rows have drifted than recovery.reconciliation.most_rows, which is {most:,}; raise it, compare "
            "fewer tables, or make one region anew from the other."
        )
    made = _decided(estate, rows, outcome, judging)
    plan = told(made, keep_plan(estate.outside.journal, made, whole=order.whole_estate))
    return plan.model_copy(update={"redis_keys": keys.changes}) if keys else plan


def _unplanned(outcome: Outcome) -> str | None:
    """Return why keys of Redis have no plan, where one was asked for."""
    found = outcome.keys.found if outcome.keys else None
    return found.why if found else None


def told(made: ReconciliationPlan, where: str) -> Plan:
    """Return a plan in figures, for the report."""
    queue = Counter((row.table.path, row.why) for row in made.queue)
    return Plan(
        name=made.name,
        where=where,
        digest=made.digest,
        changes=changes(made.repairs),
        reasons=made.reasons,
        queue=[Queued(table=table, why=why, rows=rows) for (table, why), rows in sorted(queue.items())],
    )


def _decided(
    estate: EstateInHand, rows: Sequence[Drift], outcome: Outcome, judging: Judging
) -> ReconciliationPlan:
    compared = outcome.chosen.shapes
    shapes, judge = (
        {shape.name: shape for shape in compared},
        judging(estate, sorted({row.table for row in rows})),
    )
    decided = [settle(row, judge(row, shapes[row.table])) for row in rows]
    touched = {row.table for row in decided}
    return ReconciliationPlan(
        name=outcome.name,
        estate=estate.name,
        regions=estate.file.regions,
        made_at=datetime.now(UTC),
        tables=tuple(shape for shape in compared if shape.name in touched),
        rows=tuple(row for row in decided if isinstance(row, Settled)),
        queue=tuple(row for row in decided if isinstance(row, QueuedRow)),
    )


def deciding_of(estate: EstateInHand, tables: Sequence[TableName]) -> Deciding:
    """Return what decisions about rows of these tables need beside the rows: whether times and writers can be told."""
    return Deciding(
        estate.file.regions,
        deletions(estate),
        _alike_at(estate, tables),
        untimed=_untimed(estate),
        unwritten=_unwritten(estate, tables),
    )


def _alike_at(estate: EstateInHand, tables: Sequence[TableName]) -> dict[TableName, datetime]:
    """Return when tables were last seen to be alike, by clusters that have not been restored since."""
    known, moments = CleanPasses.of(estate.outside.journal, estate.name).tables, dict[TableName, datetime]()
    skew = timedelta(seconds=float(estate.file.settings.reconciliation.most_clock_skew_seconds))
    sides = [estate.region(region).tables for region in estate.file.regions]
    for table in tables:
        last = known.get(table.path)
        if last and all(
            mark.is_before(side.watermark(table)) for mark, side in zip(last.since, sides, strict=True)
        ):
            moments[table] = last.began_at - skew
    return moments


def _unwritten(estate: EstateInHand, tables: Sequence[TableName]) -> str | None:
    """Return why nobody can tell who wrote rows: a frozen one keeps 32 bits of its number, which come again."""
    each = {table.database: table for table in tables}
    for region in estate.file.regions:
        for table in each.values():
            if estate.region(region).tables.watermark(table).transaction >= ROUND:
                return f"{region} has had 2^32 transactions: what it says of old rows may be of other ones"
    return None


def _untimed(estate: EstateInHand) -> str | None:
    """Return why commit times of the regions can not be compared, None where their clocks agree."""
    (apart_s, error_s), most_s = (
        clocks_apart(estate),
        estate.file.settings.reconciliation.most_clock_skew_seconds,
    )
    if abs(apart_s) + error_s <= most_s:
        return None
    return f"the regions' clocks are {abs(apart_s):.1f} s apart, more than {most_s:g} s: no write is known to be later"


def _none(why: str) -> Plan:
    return Plan(name=None, where=None, digest=None, changes=[], reasons={}, queue=[], why=why)
