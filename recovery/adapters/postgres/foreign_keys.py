"""Foreign keys, checked by ourselves: the server does not check what is written as a replica writes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql

from recovery.adapters.postgres.names import identifier
from recovery.adapters.postgres.relation import Relation, columns_of, of_row, portions, source
from recovery.adapters.postgres.sessions import text
from recovery.errors import Refused
from recovery.reconcile import refusals
from recovery.reconcile.plan import Change, Row


@dataclass(frozen=True)
class ForeignKey:
    """One foreign key. In its SQL the child is `t` or `c`, and the parent is `p`."""

    name: str
    child: tuple[str, str]
    parent: tuple[str, str]
    columns: tuple[tuple[str, str], ...]
    """The child's and the parent's, pair by pair."""
    child_rows: sql.Composed
    parent_rows: sql.Composed
    full: bool
    """MATCH FULL: a key that is null in part refers to nothing, which is not allowed."""

    def refers(self, child: str) -> sql.Composed:
        """Whether a parent is the one that *child* refers to."""
        return sql.SQL(" AND ").join(
            sql.SQL("p.{} = {}").format(identifier(theirs), identifier(child, ours))
            for ours, theirs in self.columns
        )

    def set_in(self, child: str) -> sql.Composed:
        """Whether *child* refers to anything."""
        return sql.SQL(" OR " if self.full else " AND ").join(
            sql.SQL("{} IS NOT NULL").format(identifier(child, ours)) for ours, _ in self.columns
        )

    def __str__(self) -> str:
        """The foreign key, as a sentence has it."""
        return f'foreign key "{self.name}" of {".".join(self.child)}'


def check(
    connection: Connection[Any], where: str, tables: Sequence[Relation], changes: Sequence[Change]
) -> None:
    """Raise `Refused` if a row written has no parent, or if a row deleted or changed leaves children behind."""
    written = {(table.shape.name.schema, table.shape.name.name): table for table in tables}
    for key in _read(connection, written):
        if table := written.get(key.child):
            ours = [each for each in changes if each.table == table.shape.name and each.wanted is not None]
            if orphans := _orphans(connection, key, table, ours):
                raise _refused(
                    where, f"{key}: {refusals.named(orphans)} would have no row in {'.'.join(key.parent)}"
                )
        if table := written.get(key.parent):
            ours = [each for each in changes if each.table == table.shape.name and each.seen is not None]
            if parents := _left_behind(connection, key, table, ours):
                raise _refused(where, f"{key}: rows of it still refer to {refusals.named(parents)}")


def _read(connection: Connection[Any], tables: Collection[tuple[str, str]]) -> list[ForeignKey]:
    names = {"schemas": [schema for schema, _ in tables], "names": [name for _, name in tables]}
    found = connection.execute(text("foreign_keys"), names).fetchall()
    return [
        ForeignKey(
            name,
            child=(child_schema, child),
            parent=(parent_schema, parent),
            columns=tuple(zip(ours, theirs, strict=True)),
            child_rows=source(identifier(child_schema, child), partitioned=child_parts),
            parent_rows=source(identifier(parent_schema, parent), partitioned=parent_parts),
            full=full,
        )
        for name, child_schema, child, parent_schema, parent, ours, theirs, child_parts, parent_parts, full in found
    ]


def _orphans(
    connection: Connection[Any], key: ForeignKey, table: Relation, changes: Sequence[Change]
) -> list[Row]:
    """The rows written that refer to nothing. Parents that are there stay until the commit."""
    parts = {
        "asked": table.asked,
        "child": key.child_rows,
        "matches": table.matches,
        "parent": key.parent_rows,
    }
    parents = sql.SQL(
        "SELECT FROM {parent} AS p WHERE EXISTS (SELECT FROM {asked} JOIN {child} AS t ON {matches} WHERE {refers}) "
        "FOR KEY SHARE OF p"
    ).format(**parts, refers=key.refers("t"))
    orphans = sql.SQL(
        "SELECT {key} FROM {asked} JOIN {child} AS t ON {matches} "
        "WHERE ({set_in}) AND NOT EXISTS (SELECT FROM {parent} AS p WHERE {refers})"
    ).format(**parts, key=table.key_texts, set_in=key.set_in("t"), refers=key.refers("t"))
    found: list[Row] = []
    for some in portions([each.key for each in changes]):
        connection.execute(parents, columns_of(some))
        found += [
            Row(table=table.shape.name, key=row) for row in connection.execute(orphans, columns_of(some))
        ]
    return found


def _left_behind(
    connection: Connection[Any], key: ForeignKey, table: Relation, changes: Sequence[Change]
) -> list[Row]:
    """The rows deleted or changed to which other rows refer, as they were."""
    referred = (
        sql.SQL("{} = {}").format(identifier("c", ours), of_row("seen", theirs))
        for ours, theirs in key.columns
    )
    query = sql.SQL(
        "SELECT {key} FROM (SELECT seen::{type} AS seen FROM unnest(%s::text[]) AS i (seen) OFFSET 0) AS w "
        "WHERE EXISTS (SELECT FROM {child} AS c WHERE {referred} "
        "AND NOT EXISTS (SELECT FROM {parent} AS p WHERE {refers}))"
    ).format(
        key=sql.SQL(", ").join(sql.SQL("{}::text").format(of_row("seen", name)) for name in table.shape.key),
        type=table.name,
        child=key.child_rows,
        parent=key.parent_rows,
        referred=sql.SQL(" AND ").join(referred),
        refers=key.refers("c"),
    )
    found: list[Row] = []
    for some in portions([each.seen for each in changes]):
        found += [Row(table=table.shape.name, key=row) for row in connection.execute(query, [list(some)])]
    return found


def _refused(where: str, fact: str) -> Refused:
    return Refused(
        f"{where}: {fact}. Nothing was applied there; leave these rows out of the plan, or repair the other "
        "table with it."
    )
