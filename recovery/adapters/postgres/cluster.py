"""The `Database` port on PostgreSQL 15 with pglogical."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from psycopg import sql

from recovery.adapters.postgres import sequences
from recovery.adapters.postgres.provider import found_at
from recovery.adapters.postgres.sessions import Access, Sessions
from recovery.errors import DeadlinePassed, StillWritable, Unavailable
from recovery.ports import DatabaseState, Place, RowKey, SequenceMove, Subscription
from recovery.waiting import wait_until

HEARTBEATS = "SELECT at FROM dr_heartbeat WHERE region = %(region)s"
PROMOTE_WAIT_S = 30
SESSIONS_END_S = 5.0


class Postgres:
    """One region's cluster."""

    def __init__(
        self,
        access: Access,
        *,
        node_groups: Sequence[str],
        application_roles: Sequence[str],
        maintenance_database: str = "postgres",
        probe_table: str = "dr_probe",
    ) -> None:
        """Take the cluster; nothing is connected to yet."""
        self._sessions = Sessions(access)
        self._groups, self._roles = tuple(node_groups), list(application_roles)
        self._maintenance, self._probe_table = maintenance_database, probe_table

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return self._sessions.endpoint

    def listens(self) -> bool:
        """Have libpq ask, which needs no password that is right."""
        return self._sessions.listens(self._maintenance)

    def takes_connections(self, *, within_s: float) -> bool:
        """Whether somebody is there; nothing is said to it."""
        return self._sessions.takes_connections(within_s=within_s)

    def look(self) -> DatabaseState:
        """Return the state of the cluster and of the applications' roles."""
        rows = self._sessions.query(self._maintenance, "look", {"roles": self._roles})
        version, in_recovery, roles, logins = rows[0]
        return DatabaseState(
            version=version, in_recovery=in_recovery, logins={role: role in logins for role in roles}
        )

    def try_write(self) -> None:
        """Write a heartbeat in every node group, and roll it back."""

        def write(group: str) -> None:
            with (
                self._sessions.told(group),
                self._sessions.connection(group) as connection,
                connection.transaction(force_rollback=True),
            ):
                connection.execute(
                    "INSERT INTO dr_heartbeat VALUES ('write-test', 1, now()) ON CONFLICT DO NOTHING"
                )

        self._sessions.each(self._groups, write)

    def heartbeats(self, region: str) -> dict[str, datetime | None]:
        """Return the newest heartbeat of *region* in each node group."""

        def newest(group: str) -> datetime | None:
            with self._sessions.told(group), self._sessions.connection(group) as connection:
                row = connection.execute(HEARTBEATS, {"region": region}).fetchone()
            return row[0] if row else None

        return self._sessions.each(self._groups, newest)

    def beat(self, region: str) -> datetime:
        """Write a heartbeat in each node group; return the oldest."""

        def beat(group: str) -> datetime:
            at: datetime = self._sessions.query(group, "beat", {"region": region})[0][0]
            return at

        return min(self._sessions.each(self._groups, beat).values())

    def fence(self) -> list[str]:
        """Take LOGIN from the applications' roles, and end their sessions."""
        self._let_log_in(allowed=False)
        ended = len(self._sessions.query(self._maintenance, "sessions", {"roles": self._roles}))
        try:
            wait_until(
                self._shut_out, what="the end of the applications' sessions", deadline_s=SESSIONS_END_S
            )
        except DeadlinePassed as error:
            raise StillWritable(f"{self.endpoint} is not fenced: {error}; repeat the fence.") from error
        return [f"{role} may not log in" for role in self._roles] + [f"{ended} sessions ended"]

    def _shut_out(self) -> tuple[bool | None, str]:
        """Whether no application can write: ending a session takes the server a moment."""
        left = self._sessions.query(self._maintenance, "sessions_left", {"roles": self._roles})[0][0]
        may = [role for role, allowed in self.look().logins.items() if allowed]
        told = f"{left} sessions of {', '.join(self._roles)}, {', '.join(may) or 'none'} may log in"
        return (True if not left and not may else None), told

    def unfence(self) -> None:
        """Give LOGIN back."""
        self._let_log_in(allowed=True)

    def subscriptions(self) -> list[Subscription]:
        """Return each node group's subscription with its origin position."""
        rows = self._sessions.each(self._groups, lambda group: self._sessions.query(group, "subscriptions"))
        return [
            Subscription(group, name, enabled, lsn, replicating=heard, slot=slot, sets=tuple(sets))
            for group, found in rows.items()
            for name, enabled, lsn, heard, slot, sets in found
        ]

    def stop_applying(self) -> list[Subscription]:
        """Disable every subscription, then read how far each had come."""
        self._sessions.each(self._groups, lambda group: self._sessions.query(group, "stop_applying"))
        return self.subscriptions()

    def subscribe_anew(self, subscription: Subscription) -> None:
        """Disable it, and once its worker has ended, forget its origin and that it was ever in step."""
        group = subscription.node_group
        self._sessions.query(group, "stop_applying")

        def detached() -> tuple[bool | None, str]:
            self._sessions.query(group, "detach")  # refused while the origin is in use
            return True, "detached"

        wait_until(detached, what=f"the end of {group}'s apply worker", deadline_s=SESSIONS_END_S)

    def start_applying(self) -> None:
        """Disable and enable every subscription."""
        self._sessions.each(self._groups, lambda group: self._sessions.query(group, "start_applying"))

    def find_provider_at(self, provider: Place, *, here: Place) -> None:
        """Change the address in every connection string that pglogical keeps and uses."""

        def change(group: str) -> None:
            with self._sessions.told(group), self._sessions.connection(group) as connection:
                found_at(connection, here, provider)

        self._sessions.each(self._groups, change)

    def sequences(self) -> dict[tuple[str, str], int]:
        """Return the last value of every owned sequence."""
        found = self._sessions.each(self._groups, lambda group: sequences.last_values(self._sessions, group))
        return {(group, name): value for group, values in found.items() for name, value in values.items()}

    def advance_sequences(self, known: Mapping[tuple[str, str], int], *, margin: int) -> list[SequenceMove]:
        """Move every owned sequence of every node group past what is known of both sides."""

        def advance(group: str) -> list[SequenceMove]:
            ours = {name: value for (where, name), value in known.items() if where == group}
            return sequences.advance(self._sessions, group, ours, margin=margin)

        moves = self._sessions.each(self._groups, advance)
        return [move for group in self._groups for move in moves[group]]

    def promote(self) -> bool:
        """Promote a standby, and wait until it has left recovery."""
        if not self.look().in_recovery:
            return False
        with (
            self._sessions.told(self._maintenance),
            self._sessions.connection(self._maintenance) as connection,
        ):
            connection.execute("SELECT pg_promote(true, %s)", [PROMOTE_WAIT_S])
        if self.look().in_recovery:
            raise Unavailable(
                f"{self.endpoint} is in recovery {PROMOTE_WAIT_S} s after its promotion; repeat it."
            )
        return True

    def present_rows(self, since: datetime) -> set[RowKey]:
        """Return the keys of the prober's rows written after *since*."""
        query = sql.SQL("SELECT service, client, seq FROM {} WHERE written_at >= %s").format(
            sql.Identifier(self._probe_table)
        )

        def keys(group: str) -> list[RowKey]:
            with self._sessions.told(group), self._sessions.connection(group) as connection:
                return connection.execute(query, [since]).fetchall()

        return {key for found in self._sessions.each(self._groups, keys).values() for key in found}

    def _let_log_in(self, *, allowed: bool) -> None:
        clause = sql.SQL("LOGIN" if allowed else "NOLOGIN")
        with (
            self._sessions.told(self._maintenance),
            self._sessions.connection(self._maintenance) as connection,
        ):
            for role in self._roles:
                statement = sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(role), clause)
                connection.execute(statement)
