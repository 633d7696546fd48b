"""Comparing the two regions: which tables, what keeps one from being compared, and each table under load."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import BoundedSemaphore, Semaphore
from time import monotonic

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from recovery.errors import BadInput, NotReady, RecoveryError, Refused
from recovery.estate_in_hand import EstateInHand
from recovery.reconcile.comparison import same_shape
from recovery.reconcile.drift import Drift, Kind, Pair, Seen, drifted
from recovery.reconcile.findings import Copy, Findings, Lag, NotCompared, Plan, Sample, TableFindings
from recovery.reconcile.ports import Sighting, Tables
from recovery.reconcile.shapes import TableName, TableShape
from recovery.reconciliation_order import Reconciliation
from tasks.marks import fence, refuse_silent

OURS = "dr_heartbeat"
"""Written every second, and by every mark: that it crosses is what the marks show."""
FEWEST_KEYS = 5
"""Of each table so many keys are shown, also where no values are."""


@dataclass(frozen=True)
class Comparable:
    """What is compared, and what can not be."""

    shapes: Sequence[TableShape]
    not_compared: Sequence[NotCompared]
    lag: Lag


@task(name="Check that the regions can be compared", cache_policy=NO_CACHE, persist_result=False)
def comparable(order: Reconciliation, estate: EstateInHand) -> Comparable:
    """Return the tables that both regions send each other, as far as they were asked for.

    One that has another shape on the other side, or no key, is told and left out: nothing is compared around it.
    `NotReady` where replication does not run both ways: then no row can be told to be under way.
    """
    _refuse_unknown(order, estate)
    refuse_silent(estate)
    left, right = _sides(estate)
    if left.hash_vector() != right.hash_vector():
        raise NotReady(
            f"{left.endpoint} and {right.endpoint} hash the same values differently, so every row would differ: "
            "they are of different major versions. Compare once both are of one."
        )
    lag = fence(estate, deadline_s=order.fence_seconds)
    here, there = {*left.replicated()}, {*right.replicated()}
    asked = [table for table in sorted(here | there) if _is_asked(order, table)]
    if missing := {*order.tables} - {table.path for table in asked}:
        raise BadInput(
            f"{', '.join(sorted(missing))}: no such table is replicated; see pglogical's replication sets."
        )
    shapes, not_compared = [], []
    for table in asked:
        if table not in here & there:
            why = "one region sends it to the other, which does not send it back"
            not_compared.append(NotCompared(table=table.path, why=why))
            continue
        try:
            shapes.append(same_shape(left, right, table))
        except RecoveryError as error:
            not_compared.append(NotCompared(table=table.path, why=str(error)))
    return Comparable(shapes, not_compared, lag)


@dataclass(frozen=True)
class Comparing:
    """What the comparison of each table needs."""

    order: Reconciliation
    estate: EstateInHand
    keep: Callable[[Drift], object]
    gate: Semaphore
    """So many tables are read at once."""


def compare_all(
    order: Reconciliation, estate: EstateInHand, chosen: Comparable, keep: Callable[[Drift], object]
) -> list[TableFindings | NotCompared]:
    """Compare every table, each as a task of its own, and *keep* each row that has drifted."""
    comparing = Comparing(order, estate, keep, BoundedSemaphore(order.at_once))
    begun = [compare_table.submit(comparing, shape.name) for shape in chosen.shapes]
    return [one.result() for one in begun]


@task(task_run_name="Compare {table}", cache_policy=NO_CACHE, persist_result=False)
def compare_table(comparing: Comparing, table: TableName) -> TableFindings | NotCompared:
    """Compare one table; one that can not be read to its end is told, with the reason."""
    with comparing.gate:
        return _compared(comparing, table)


def _compared(comparing: Comparing, table: TableName) -> TableFindings | NotCompared:
    began, samples, order, estate = monotonic(), list[Sample](), comparing.order, comparing.estate

    def take(row: Drift) -> None:
        comparing.keep(row)
        if len(samples) < max(order.samples, FEWEST_KEYS):
            samples.append(_sample(order, estate, row))

    left, right = _sides(estate)
    try:
        seen = drifted(
            Pair(left, right, lambda: fence(estate, deadline_s=order.fence_seconds)),
            table,
            tell=take,
            exact=order.exact,
        )
    except Refused as error:
        return NotCompared(table=table.path, why=str(error))
    found = _findings(table, seen, monotonic() - began, samples)
    get_run_logger().info(
        "%s, %.0f rows/s", found, found.rows_left / found.length_s, extra={"action": "compare"}
    )
    return found


def _sides(estate: EstateInHand) -> tuple[Tables, Tables]:
    left, right = (estate.region(name).tables for name in estate.file.regions)
    return left, right


def _refuse_unknown(order: Reconciliation, estate: EstateInHand) -> None:
    known = estate.file.node_groups
    named = [*order.node_groups, *(path.split(".")[0] for path in order.tables)]
    if strangers := sorted({name for name in named if name not in known}):
        raise BadInput(
            f"{', '.join(strangers)}: {estate.file.name} has no such node group; it has {', '.join(known)}."
        )


def _is_asked(order: Reconciliation, table: TableName) -> bool:
    everything = not order.node_groups and not order.tables
    if table.name == OURS and table.path not in order.tables:
        return False
    return everything or table.database in order.node_groups or table.path in order.tables


def _findings(table: TableName, seen: Seen, length_s: float, samples: list[Sample]) -> TableFindings:
    return TableFindings(
        table=table.path,
        rows_left=seen.rows[0],
        rows_right=seen.rows[1],
        blocks=seen.blocks,
        differing_blocks=seen.differing_blocks,
        different=seen.kinds[Kind.DIFFERENT],
        left_only=seen.kinds[Kind.LEFT],
        right_only=seen.kinds[Kind.RIGHT],
        in_flight=seen.in_flight,
        restless=seen.restless,
        length_s=length_s,
        samples=samples,
    )


def _sample(order: Reconciliation, estate: EstateInHand, row: Drift) -> Sample:
    first, second = estate.file.regions

    def copy(seen: Sighting | None, here: str, there: str) -> Copy | None:
        if seen is None:
            return None
        image = seen.image if order.samples else None
        return Copy(image=image, written_by=there if seen.foreign else here, written_at=seen.at)

    return Sample(key=row.key, left=copy(row.left, first, second), right=copy(row.right, second, first))


def findings(  # noqa: PLR0913 - all that a comparison has
    order: Reconciliation,
    estate: EstateInHand,
    chosen: Comparable,
    compared: Sequence[TableFindings | NotCompared],
    *,
    plan: Plan | None,
    name: str,
    began_at: datetime,
) -> Findings:
    """Put what was found together, with how late replication is at the end."""
    tables = [one for one in compared if isinstance(one, TableFindings)]
    left_out = [*chosen.not_compared, *(one for one in compared if isinstance(one, NotCompared))]
    return Findings(
        id=name,
        estate=estate.name,
        regions=estate.file.regions,
        reason=order.reason,
        plan=plan,
        began_at=began_at,
        lag_before=chosen.lag,
        lag_after=fence(estate, deadline_s=order.fence_seconds),
        ended_at=datetime.now(UTC),
        tables=sorted(tables, key=lambda one: (-one.drifted, one.table)),
        not_compared=sorted(left_out, key=lambda one: one.table),
    )
