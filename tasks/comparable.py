"""Can the regions be compared? Which tables, by what, and what keeps one from it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from recovery.errors import BadInput, RecoveryError
from recovery.estate import CONFLICT_READING
from recovery.estate_in_hand import EstateInHand
from recovery.reconcile.blocks import Hashing
from recovery.reconcile.comparison import same_shape
from recovery.reconcile.findings import Lag, NotCompared
from recovery.reconcile.ports import Tables
from recovery.reconcile.shapes import TableName, TableShape
from recovery.reconciliation_order import LookAt, Reconciliation, Then
from recovery.rule_book import RuleBook
from tasks.conflicting import Conflicting, conflicting
from tasks.marks import fence, refuse_silent

OURS = "dr_heartbeat"
"""Written every second, and by every mark: that it crosses is what the marks show."""


@dataclass(frozen=True)
class Comparable:
    """What is compared, and what can not be."""

    rows: Mapping[TableName, int]
    """About how many each table has."""
    shapes: Sequence[TableShape]
    not_compared: Sequence[NotCompared]
    unreplicated: Sequence[NotCompared]
    """Tables that are in no replication set: of these nothing can be said."""
    lag: Lag
    hashing: Hashing
    conflicting: Conflicting | None
    """Where rows of conflicts alone are compared: which."""


@task(name="Check that the regions can be compared", cache_policy=NO_CACHE, persist_result=False)
def can_be_compared(order: Reconciliation, estate: EstateInHand) -> Comparable:
    """Return the tables that both regions send each other, as far as they were asked for.

    One that has another shape on the other side, or that the role may not read, is told and left out: nothing is
    compared around it. One in no replication set is told, too: somebody may have forgotten it. Where rows of conflicts
    alone are asked for, conflicts are collected first. `NotReady` where replication does not run both ways: then no
    row can be told to be under way.
    """
    _refuse_unknown(order, estate)
    if order.then is not Then.COMPARE:
        RuleBook.of(estate.file)  # a resolver that can not be loaded is told now, not after the comparison
    if order.redis_winner:
        estate.file.other(order.redis_winner)
    refuse_silent(estate)
    left, right = _sides(estate)
    lag = fence(estate, deadline_s=order.fence_seconds)
    here, there = {*left.replicated()}, {*right.replicated()}
    asked = [table for table in sorted(here | there) if _is_asked(order, table)]
    if missing := {*order.tables} - {table.path for table in asked}:
        raise BadInput(
            f"{', '.join(sorted(missing))}: no such table is replicated; see pglogical's replication sets."
        )
    rows, shapes, not_compared = dict[TableName, int](), list[TableShape](), list[NotCompared]()
    for table in asked:
        if table not in here & there:
            why = "one region sends it to the other, which does not send it back"
            not_compared.append(NotCompared(table=table.path, why=why))
            continue
        try:
            shape = same_shape(left, right, table)
            rows[table] = left.extent(table).rows
            shapes.append(shape)
        except RecoveryError as error:
            not_compared.append(NotCompared(table=table.path, why=str(error)))
    hashing = _hashing(order, left, right)
    if order.look_at is not LookAt.CONFLICTS:
        alone = _unreplicated(order, estate, sent=here | there)
        return Comparable(rows, shapes, not_compared, alone, lag, hashing, None)
    found = conflicting(estate, shapes)
    few = {table: len(keys) for table, keys in found.rows.items()}
    return Comparable(few, shapes, [*not_compared, *found.not_compared], [], lag, hashing, found)


def _unreplicated(
    order: Reconciliation, estate: EstateInHand, *, sent: Collection[TableName]
) -> list[NotCompared]:
    """Return the tables that neither region sends to the other, but for the tool's own of each region."""
    ours = {estate.file.conflict_table, CONFLICT_READING}
    found = {name: estate.region(name).tables.unreplicated() for name in estate.file.regions}
    alone = {name: {*tables}.difference(sent) for name, tables in found.items()}
    told = []
    for table in sorted(set[TableName]().union(*alone.values())):
        if not _is_asked(order, table) or (table.schema == "public" and table.name in ours):
            continue
        having = [name for name, tables in alone.items() if table in tables]
        why = "each region keeps its own" if len(having) > 1 else f"{having[0]} alone has it"
        told.append(NotCompared(table=table.path, why=f"it is in no replication set, and {why}"))
    return told


def _hashing(order: Reconciliation, left: Tables, right: Tables) -> Hashing:
    """Return by what rows are told apart: by text where the servers do not hash alike, or every row would differ."""
    if left.hash_vector() != right.hash_vector():
        get_run_logger().warning(
            "%s and %s hash the same values differently: rows are compared by their text, which takes longer.",
            left.endpoint,
            right.endpoint,
            extra={"action": "compare"},
        )
        return Hashing.TEXT
    return Hashing.EXACT if order.exact else Hashing.VALUES


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
