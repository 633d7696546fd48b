"""One database of both regions, for tests of what is PostgreSQL's own."""

from dataclasses import dataclass

import psycopg

from lab.place import NODE_GROUPS
from recovery.adapters.postgres.tables import PostgresTables
from recovery.reconcile import Outcome, RepairPlan, TableName, candidates, damaged, settled

DATABASE, SCHEMA = NODE_GROUPS[0], 'Dr "test" 100%'


@dataclass(frozen=True)
class Ground:
    """One database of both regions; the east plays what was before, the west is live."""

    before: PostgresTables
    live: PostgresTables
    sessions: tuple[psycopg.Connection, psycopg.Connection]

    def run(self, *statements: str) -> None:
        """Run statements on both sides."""
        for session in self.sessions:
            for statement in statements:
                session.execute(statement.encode())

    def harm(self, statement: str) -> None:
        """Run the damage: in the west alone."""
        self.sessions[1].execute(statement.encode())

    def rows(self, table: str) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
        """Return all rows of a table, before and live."""
        query = f'SELECT (t.*)::text COLLATE "C" FROM {table} AS t ORDER BY 1'.encode()  # noqa: S608 - a test's own
        before, live = (session.execute(query).fetchall() for session in self.sessions)
        return before, live

    def plan(self, *names: str) -> RepairPlan:
        """Return the plan that takes everything back which differs now."""
        tables = [TableName(DATABASE, SCHEMA, name) for name in names]
        return settled(damaged(candidates(self.before, self.live, tables, most=2000), self.live))

    def repair(self, *names: str) -> list[Outcome]:
        return self.live.apply(self.plan(*names), DATABASE)
