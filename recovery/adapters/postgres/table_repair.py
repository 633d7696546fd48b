"""A plan's changes in one database, inside one transaction: look, act, look again, and check foreign keys."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from recovery.adapters.postgres import foreign_keys, relation, row_writes
from recovery.adapters.postgres.relation import Held, Relation, portions
from recovery.adapters.postgres.sessions import text
from recovery.errors import Refused
from recovery.reconcile import refusals
from recovery.reconcile.plan import Change, Kind, RepairPlan
from recovery.reconcile.ports import Outcome
from recovery.reconcile.shapes import Key, TableName

Rows = dict[tuple[TableName, Key], Held]
NOWHERE = "0/1"
"""A position in the origin's WAL. A repair has none, and PostgreSQL wants one that is valid."""


@dataclass(frozen=True)
class Work:
    """What is still to be done in one table."""

    table: Relation
    changes: list[Change]


def apply(connection: Connection[Any], where: str, plan: RepairPlan, *, database: str) -> list[Outcome]:
    """Make the changes, or raise `Refused` and leave it to the caller to roll back."""
    changes = plan.of(database)
    tables = _relations(connection, where, plan, database=database)
    rows = _held(connection, tables, changes)
    if changed := [each for each in changes if not _stands(each, rows.get(each.place))]:
        raise refusals.changed(where, changed)
    to_do = [each for each in changes if _image(rows.get(each.place)) != each.wanted]
    if plan.origin and (times := [each.at for each in to_do if each.at]):
        connection.execute(text("commit_as"), {"position": NOWHERE, "at": max(times)})
    for table in tables:
        ours = [change for change in to_do if change.table == table.shape.name]
        _write(connection, where, Work(table, ours))
    rows = _held(connection, tables, to_do)
    if others := [each for each in to_do if _image(rows.get(each.place)) != each.wanted]:
        raise Refused(
            f"{where}: {refusals.named(others)} did not become what was written: a trigger that is enabled "
            "ALWAYS, or a generated column, made something else of them. Nothing was applied there."
        )
    foreign_keys.check(connection, where, tables, to_do)
    todo = {change.place for change in to_do}
    return [Outcome.APPLIED if change.place in todo else Outcome.ALREADY for change in changes]


def _relations(connection: Connection[Any], where: str, plan: RepairPlan, *, database: str) -> list[Relation]:
    """The tables as they are now, which must be as the plan knew them."""
    touched = {change.table for change in plan.of(database)}
    tables = []
    for shape in plan.tables:
        if shape.name in touched:
            table = relation.read(connection, where, shape.name)
            if difference := shape.unlike(table.shape):
                raise refusals.reshaped(where, shape.name, difference)
            tables.append(table)
    return tables


def _held(connection: Connection[Any], tables: Iterable[Relation], changes: Sequence[Change]) -> Rows:
    """The rows as they are; nobody else changes them from now on."""
    rows: Rows = {}
    for table in tables:
        name = table.shape.name
        keys = [change.key for change in changes if change.table == name]
        found = table.locked(connection, keys)
        rows |= {(name, key): row for key, row in found.items()}
    return rows


def _stands(change: Change, row: Held | None) -> bool:
    """Whether a row is as the change saw it, or as it wants it."""
    if _image(row) == change.wanted:
        return True
    same = row is None or change.version is None or row.version == change.version
    return same and _image(row) == change.seen


def _image(row: Held | None) -> str | None:
    return row and row.image


def _write(connection: Connection[Any], where: str, work: Work) -> None:
    """Deletes first and inserts last: what one row gives up, another one may need, as a value that is unique."""
    table, moved = work.table, _moved(connection, work)
    for some in portions([each for each in work.changes if each.kind is Kind.DELETE or each.place in moved]):
        done = connection.execute(row_writes.delete(table), [[each.seen for each in some]]).rowcount
        _all_written(where, some, done)
    for some in portions(
        [each for each in work.changes if each.kind is Kind.UPDATE and each.place not in moved]
    ):
        images = [[each.seen for each in some], [each.wanted for each in some]]
        _all_written(where, some, connection.execute(row_writes.update(table), images).rowcount)
    for some in portions([each for each in work.changes if each.kind is Kind.INSERT or each.place in moved]):
        if connection.execute(row_writes.insert(table), [[each.wanted for each in some]]).rowcount != len(
            some
        ):
            raise _displaced(connection, where, Work(table, list(some)))


def _moved(connection: Connection[Any], work: Work) -> set[tuple[TableName, Key]]:
    """The updates that change a value which is unique by another index than the key's.

    Two rows may have swapped it, so they are deleted and inserted; replication does the same in
    the other region, where one update after the other would stop it. So are updates of an identity
    column, which PostgreSQL refuses.
    """
    updates = [change for change in work.changes if change.kind is Kind.UPDATE]
    query = row_writes.moved(work.table)
    if query is None:
        return set()
    moved = set()
    for some in portions(list(enumerate(updates))):
        images = [[n for n, _ in some], [each.seen for _, each in some], [each.wanted for _, each in some]]
        moved |= {updates[n].place for (n,) in connection.execute(query, images)}
    return moved


def _all_written(where: str, changes: Sequence[Change], written: int) -> None:
    if written != len(changes):
        raise Refused(
            f"{where}: only {written} of {refusals.named(changes)} could be written: a trigger that is enabled "
            "ALWAYS keeps the others. Nothing was applied there; disable it, or leave them out of the plan."
        )


def _displaced(connection: Connection[Any], where: str, work: Work) -> Refused:
    """Say which rows could not be inserted."""
    rows = _held(connection, [work.table], work.changes)
    left = [each for each in work.changes if _image(rows.get(each.place)) != each.wanted]
    return Refused(
        f"{where}: {refusals.named(left)} cannot be inserted: another row holds a value of theirs that must be "
        "unique. Nothing was applied there; leave them out of the plan, or change the other row."
    )
