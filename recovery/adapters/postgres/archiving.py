"""One live cluster's WAL: marked, ended, and named."""

from datetime import datetime

from recovery.adapters.postgres.sessions import Access, Sessions
from recovery.restore_ports import Archiver, Mark


class PgArchiving:
    """The `Archiving` port on PostgreSQL 15."""

    def __init__(self, access: Access, *, maintenance_database: str = "postgres") -> None:
        """Connect to nothing yet."""
        self._sessions, self._database = Sessions(access), maintenance_database

    @property
    def endpoint(self) -> str:
        """Where the cluster is."""
        return self._sessions.endpoint

    def mark(self) -> Mark:
        """Commit a transaction of its own, then switch the segment, in two statements."""
        ((at,),) = self._sessions.query(self._database, "mark")
        ((segment,),) = self._sessions.query(self._database, "end_segment")
        return Mark(at=at, segment=segment)

    def archiver(self) -> Archiver:
        """Ask the statistics, and the folder of what waits."""
        ((last, at, failed, waiting),) = self._sessions.query(self._database, "archiver")
        return Archiver(last=last, at=at, failed=failed, waiting=waiting)

    def committed_at(self, transaction: int) -> datetime | None:
        """Ask for its commit's timestamp; its number is completed with the epoch that it can only have."""
        ((at,),) = self._sessions.query(self._database, "committed_at", {"transaction": transaction})
        return at if isinstance(at, datetime) else None

    def version(self) -> str:
        """Ask the server."""
        ((version,),) = self._sessions.query(self._database, "version")
        return str(version)

    def name_point(self, name: str) -> str:
        """Write it."""
        ((lsn,),) = self._sessions.query(self._database, "name_point", {"name": name})
        return str(lsn)
