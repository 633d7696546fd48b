"""The `Preflight` port on PostgreSQL 15 with pglogical: a few statements a database, none of which writes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection, sql

from recovery.adapters.postgres import sequences
from recovery.adapters.postgres.sessions import Access, Sessions, text
from recovery.readiness.facts import (
    SETTINGS,
    Clock,
    DatabaseLocale,
    Drawing,
    Progress,
    ReplicatedTable,
    RoleValidity,
    Schema,
    Server,
    Slot,
)
from recovery.reconcile.shapes import Column, TableName, TableShape

ASKED = 3
"""So often a clock is asked; the quickest answer is the most exact one."""
InDatabase = tuple[list[ReplicatedTable], list[Drawing], dict[tuple[str, str], str]]


class PgPreflight:
    """One region's cluster. One thread at a time may ask it."""

    def __init__(
        self,
        access: Access,
        *,
        node_groups: Sequence[str],
        application_roles: Sequence[str],
        maintenance_database: str = "postgres",
    ) -> None:
        """Take the cluster; nothing is connected to yet."""
        self._sessions, self._user = Sessions(access), access.user
        self._groups, self._roles = tuple(node_groups), list(application_roles)
        self._maintenance = maintenance_database

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return self._sessions.endpoint

    def server(self) -> Server:
        """Ask the catalogues that all databases share."""
        ((version, settings, reads_all, sessions, age),) = self._query(
            "preflight_server", settings=[*SETTINGS]
        )
        return Server(
            user=self._user,
            version=version,
            settings=settings,
            reads_all_settings=reads_all,
            sessions=sessions,
            oldest_age=age,
            slots=tuple(Slot(*row) for row in self._query("preflight_slots")),
            roles=tuple(RoleValidity(*row) for row in self._query("preflight_roles", roles=self._roles)),
            databases=tuple(
                DatabaseLocale(*row) for row in self._query("preflight_databases", databases=[*self._groups])
            ),
        )

    def schema(self) -> Schema:
        """Ask each node group's database, all at once."""
        found = self._sessions.each(self._groups, self._in_database).values()
        return Schema(
            tables=tuple(table for tables, _, _ in found for table in tables),
            sequences=tuple(one for _, drawings, _ in found for one in drawings),
            extensions={name: version for _, _, extensions in found for name, version in extensions.items()},
        )

    def progress(self) -> Progress:
        """Ask for the end of its WAL, and of its snapshot."""
        return Progress(*self._query("preflight_progress")[0])

    def clock(self) -> Clock:
        """Ask a few times: what it says is of the middle between question and answer, give or take the half."""
        found = []
        for _ in range(ASKED):
            began = datetime.now(UTC)
            ((there,),) = self._query("preflight_clock")
            half = (datetime.now(UTC) - began) / 2
            found.append((half.total_seconds(), (there - began - half).total_seconds()))
        error, ahead = min(found)
        return Clock(ahead_s=ahead, error_s=error)

    def _query(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        return self._sessions.query(self._maintenance, statement, parameters or None)

    def _in_database(self, database: str) -> InDatabase:
        with self._sessions.told(database), self._sessions.connection(database) as connection:
            tables = [_table(database, row) for row in connection.execute(text("preflight_tables"))]
            extensions = connection.execute(text("preflight_extensions")).fetchall()
            replicated = {table.shape.name for table in tables}
            drawings = [one for one in _drawings(connection, database) if one.table in replicated]
        return tables, drawings, {(database, name): version for name, version in extensions}


def _table(database: str, row: tuple[Any, ...]) -> ReplicatedTable:
    schema, name, columns, key, unique = row
    shape = TableShape(
        name=TableName(database, schema, name),
        columns=tuple(
            Column(name=column, type=type_, generated=generated, identity=identity)
            for column, type_, generated, identity in columns
        ),
        key=tuple(key),
    )
    return ReplicatedTable(shape, tuple(unique))


def _drawings(connection: Connection[Any], database: str) -> list[Drawing]:
    """Return where each owned sequence stands, by one statement: there may be hundreds, on another continent."""
    owned = sequences.owned_sequences(connection)
    if not owned:
        return []
    each = sql.SQL("SELECT {}::int, last_value FROM {}")
    query = sql.SQL(" UNION ALL ").join(
        each.format(sql.Literal(place), one.identifier) for place, one in enumerate(owned)
    )
    stands = dict(connection.execute(query).fetchall())
    return [
        Drawing(
            database, one.sequence, TableName(database, one.schema, one.table), one.increment, stands[place]
        )
        for place, one in enumerate(owned)
    ]
