"""The statements that bring rows to an image: of arrays of images, compared and set in one go.

`w` is one row of the arrays: what was seen as text, and both images as values of the table's row type.
"""

from psycopg import sql

from recovery.adapters.postgres.names import identifier
from recovery.adapters.postgres.relation import Relation, of_row


def delete(table: Relation) -> sql.Composed:
    """Delete the rows that have the images seen."""
    return sql.SQL(
        "DELETE FROM {rows} AS t USING (SELECT seen AS image, seen::{type} AS seen "
        "FROM unnest(%s::text[]) AS i (seen) OFFSET 0) AS w "
        "WHERE {matches} AND (t.*)::text = w.image"
    ).format(rows=table.rows, type=table.name, matches=table.matches_row("seen"))


def update(table: Relation) -> sql.Composed:
    """Give the rows that have the images seen the images wanted; identity columns stay."""
    settable = [column.name for column in table.stored if not column.identity]
    sets = (sql.SQL("{} = {}").format(identifier(name), of_row("wanted", name)) for name in settable)
    return sql.SQL(
        "UPDATE {rows} AS t SET {sets} FROM (SELECT seen AS image, wanted::{type} AS wanted "
        "FROM unnest(%s::text[], %s::text[]) AS i (seen, wanted) OFFSET 0) AS w "
        "WHERE {matches} AND (t.*)::text = w.image"
    ).format(
        rows=table.rows,
        sets=sql.SQL(", ").join(sets),
        type=table.name,
        matches=table.matches_row("wanted"),
    )


def insert(table: Relation) -> sql.Composed:
    """Insert the images wanted; one that another row is in the way of is left out."""
    names = [column.name for column in table.stored]
    return sql.SQL(
        "INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE SELECT {values} "
        "FROM (SELECT wanted::{name} AS wanted FROM unnest(%s::text[]) AS i (wanted) OFFSET 0) AS w "
        "ON CONFLICT DO NOTHING"
    ).format(
        name=table.name,
        columns=sql.SQL(", ").join(map(identifier, names)),
        values=sql.SQL(", ").join(of_row("wanted", name) for name in names),
    )


def moved(table: Relation) -> sql.Composed | None:
    """Return the numbers of the updates that change a unique or an identity column; None if there is none."""
    columns = [*table.unique, *(column.name for column in table.stored if column.identity)]
    if not columns:
        return None
    differs = (
        sql.SQL("{}::text IS DISTINCT FROM {}::text").format(of_row("seen", name), of_row("wanted", name))
        for name in columns
    )
    return sql.SQL(
        "SELECT w.n FROM (SELECT n, seen::{type} AS seen, wanted::{type} AS wanted "
        "FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS i (n, seen, wanted) OFFSET 0) AS w WHERE {differs}"
    ).format(type=table.name, differs=sql.SQL(" OR ").join(differs))
