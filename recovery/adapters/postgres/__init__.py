"""One region's PostgreSQL cluster, behind the `Database` port."""

from recovery.adapters.postgres.cluster import Postgres
from recovery.adapters.postgres.sessions import Access

__all__ = ["Access", "Postgres"]
