"""Sequences: not replicated, so a region that takes over must be moved past both sides' values."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from psycopg import Connection, sql

from recovery.adapters.postgres.sessions import Sessions, text
from recovery.ports import SequenceMove


class Owned(NamedTuple):
    """A sequence, and the column that takes its values."""

    sequence_schema: str
    sequence_name: str
    schema: str
    table: str
    column: str
    increment: int

    @property
    def sequence(self) -> str:
        """Its name with its schema, as people write it."""
        return f"{self.sequence_schema}.{self.sequence_name}"

    @property
    def identifier(self) -> sql.Identifier:
        """Its name, composed."""
        return sql.Identifier(self.sequence_schema, self.sequence_name)


def last_values(sessions: Sessions, group: str) -> dict[str, int]:
    """Return each owned sequence's last value."""
    with sessions.told(group), sessions.connection(group) as connection:
        return {owned.sequence: _last_value(connection, owned) for owned in owned_sequences(connection)}


def advance(sessions: Sessions, group: str, known: Mapping[str, int], *, margin: int) -> list[SequenceMove]:
    """Move the group's sequences; a sequence that is far enough stays."""
    with sessions.told(group), sessions.connection(group) as connection:
        moves = []
        for owned in owned_sequences(connection):
            before = _last_value(connection, owned)
            past = max(_greatest(connection, owned), known.get(owned.sequence, 0))
            after = moved(before, past, increment=owned.increment, margin=margin)
            if after != before:
                connection.execute(
                    "SELECT setval(%s::regclass, %s)", [owned.identifier.as_string(connection), after]
                )
            moves.append(SequenceMove(group, owned.sequence, before, after))
        return moves


def moved(before: int, past: int, *, increment: int, margin: int) -> int:
    """Return the value a sequence is to be set to: *margin* steps past *past*, in its own phase.

    The phase is that of the value it stands at: what it gives out next is that and the
    increment. Its START says nothing: RESTART WITH, by which a region is usually made
    even, leaves it. One that is far enough, or counts downwards, stays as it is.
    """
    if increment <= 0:
        return before
    least = past + margin * increment
    if before >= least:
        return before
    return least + (before - least) % increment


def owned_sequences(connection: Connection[Any]) -> list[Owned]:
    """Return every sequence of this database that a column owns."""
    return [Owned(*row) for row in connection.execute(text("sequences")).fetchall()]


def _last_value(connection: Connection[Any], owned: Owned) -> int:
    query = sql.SQL("SELECT last_value FROM {}").format(owned.identifier)
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _greatest(connection: Connection[Any], owned: Owned) -> int:
    query = sql.SQL("SELECT coalesce(max({}), 0) FROM {}").format(
        sql.Identifier(owned.column), sql.Identifier(owned.schema, owned.table)
    )
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
