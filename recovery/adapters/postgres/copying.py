"""The `Copying` port on PostgreSQL 15 with pglogical, which copies a table that it is told to bring anew."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from psycopg import Connection, sql

from recovery.adapters.postgres.sessions import Access, Sessions, text
from recovery.errors import Refused
from recovery.ports import Subscription
from recovery.reconcile.shapes import TableName

DELETING_S = 3600
ORIGIN = "eden_dr_copy"
"""What is written under a replication origin is forwarded to nobody."""


class PgCopying:
    """The subscriptions of one cluster, and the tables that they bring."""

    def __init__(self, access: Access, *, databases: Sequence[str]) -> None:
        """Take the cluster; nothing is connected to yet."""
        self._sessions = Sessions(replace(access, statement_timeout_s=DELETING_S))
        self._databases = tuple(databases)

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return self._sessions.endpoint

    def copy_anew(self, subscription: Subscription, tables: Sequence[TableName]) -> None:
        """Delete and ask in one transaction, in a session that has an origin to its end.

        Deleted, not truncated: a TRUNCATE is refused for a table that another one refers to.
        """
        database = subscription.node_group
        with self._sessions.told(database), self._sessions.own(database) as connection:
            connection.execute(text("come_from"), {"origin": f"{ORIGIN}_{database}"})
            with connection.transaction():
                connection.execute(text("repairing"))
                self._refuse_enabled(connection, subscription)
                for table in tables:
                    name = sql.Identifier(table.schema, table.name)
                    connection.execute(sql.SQL("DELETE FROM {}").format(name))
                    connection.execute(text("forget_copy"), {"schema": table.schema, "name": table.name})
                    asked = {"subscription": subscription.name, "table": name.as_string(connection)}
                    connection.execute(text("copy_anew"), asked)

    def under_way(self) -> list[TableName]:
        """Ask pglogical."""
        found = self._sessions.each(
            self._databases, lambda database: self._sessions.query(database, "copies_under_way")
        )
        return [TableName(database, *names) for database, rows in found.items() for names in rows]

    def _refuse_enabled(self, connection: Connection[Any], subscription: Subscription) -> None:
        row = connection.execute(text("subscription_enabled"), {"name": subscription.name}).fetchone()
        if row is None or row[0]:
            state = "enabled; disable it first" if row else "not there"
            raise Refused(f"{self.endpoint}/{subscription.node_group}: {subscription.name} is {state}.")
