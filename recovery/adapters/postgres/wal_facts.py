"""What a cluster says and its WAL does not: which files a table has, how far WAL goes, whose each origin is."""

from recovery.adapters.postgres.sessions import Sessions
from recovery.changes import TableFiles
from recovery.errors import BadInput, Refused
from recovery.wal_segments import WalPosition, lsn_of

WITH_ROWS = {"r", "p", "m"}
"""pg_class.relkind of tables, partitioned tables and materialized views."""


class WalFacts:
    """Asks one database of a cluster."""

    def __init__(self, sessions: Sessions, database: str) -> None:
        """Connect to nothing yet."""
        self._sessions, self._database = sessions, database

    def table(self, name: str) -> TableFiles:
        """Return the files of the table and of its partitions; `BadInput` for what has none in WAL."""
        try:
            rows = self._sessions.query(self._database, "table_files", {"table": name})
        except Refused as error:
            raise BadInput(f"{name!r} is not looked up as a table: {error}") from error
        if not rows:
            raise BadInput(
                f"{self._database} has no table {name!r} now; give schema.table as \\d of psql shows it. "
                "One that was dropped or renamed is not found by its old name."
            )
        told, kind, persistence, database = rows[0][:4]
        if kind not in WITH_ROWS:
            raise BadInput(
                f"{told} in {self._database} is no table, and has no rows of its own; name a table."
            )
        if persistence != "p":
            raise BadInput(f"{told} in {self._database} is unlogged: its changes are not in WAL.")
        return TableFiles(
            name=told,
            database=database,
            relations=frozenset(row[4] for row in rows),
            files=frozenset(f"{row[5]}/{database}/{row[6]}" for row in rows if row[6]),
            altered_at=max((row[7] for row in rows if row[7]), default=None),
        )

    def position(self) -> WalPosition:
        """Return how far the cluster's WAL goes."""
        timeline, end, segment_bytes = self._sessions.query(self._database, "wal_position")[0]
        return WalPosition(timeline, lsn_of(end), segment_bytes)

    def origins(self, elsewhere: str) -> dict[int, str]:
        """Return what each replication origin is called: *elsewhere* where this database subscribes to it."""
        rows = self._sessions.query(self._database, "origins")
        return {number: elsewhere if subscribed else name for number, name, subscribed in rows}
