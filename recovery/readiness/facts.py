"""What readiness knows of a region: facts, as its servers tell them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from recovery.reconcile.shapes import TableName, TableShape

SETTINGS = (
    "max_connections",
    "max_replication_slots",
    "max_slot_wal_keep_size",
    "max_wal_senders",
    "max_worker_processes",
    "autovacuum_freeze_max_age",
    "output_plugin_libraries",
    "pglogical.conflict_resolution",
    "shared_preload_libraries",
    "track_commit_timestamp",
    "vacuum_freeze_min_age",
    "wal_level",
)
"""The settings that are read, and no others: some hold connection strings."""


@dataclass(frozen=True)
class Slot:
    """One logical replication slot: what a subscriber has not confirmed is kept for it."""

    name: str
    active: bool
    wal_status: str
    """`reserved`, `extended`, `unreserved` or `lost`."""
    kept_bytes: int


@dataclass(frozen=True)
class RoleValidity:
    """A role that something logs in as, and when its password ends."""

    name: str
    may_log_in: bool
    until: datetime | None
    """None: never."""


@dataclass(frozen=True)
class DatabaseLocale:
    """How one database's text is encoded and sorted."""

    database: str
    encoding: str
    collation: str
    """Its name, and that of the character types."""
    built_with: str | None
    """The version of the collation that its indexes were built with; None: it has none."""
    version: str | None
    """The version that the machine has now."""


@dataclass(frozen=True)
class Server:
    """What one region's PostgreSQL says of itself as a whole."""

    user: str
    version: str
    settings: Mapping[str, str]
    """By name, in the server's own unit; one that the server does not have is missing."""
    reads_all_settings: bool
    """Otherwise one that is missing may only be hidden."""
    sessions: int
    oldest_age: int
    """Transactions since the oldest row that is not frozen, of the database in which that is most."""
    slots: tuple[Slot, ...]
    roles: tuple[RoleValidity, ...]
    databases: tuple[DatabaseLocale, ...]


@dataclass(frozen=True)
class Progress:
    """How far one cluster has come at one moment, by its own clock."""

    at: datetime
    wal_bytes: int
    transactions: int


@dataclass(frozen=True)
class Clock:
    """How far a server's clock is ahead of ours, seconds, and how wrong that may be."""

    ahead_s: float
    error_s: float


@dataclass(frozen=True)
class ReplicatedTable:
    """One table that the other region is sent."""

    shape: TableShape
    """Its key is the primary key, and no other index."""
    other_unique: tuple[str, ...]
    """Its further unique indexes, and exclusion constraints."""


@dataclass(frozen=True)
class Drawing:
    """A sequence that a replicated table's column draws from."""

    database: str
    sequence: str
    table: TableName
    increment: int
    stands_at: int


@dataclass(frozen=True)
class Schema:
    """What one region's node groups hold."""

    tables: tuple[ReplicatedTable, ...]
    sequences: tuple[Drawing, ...]
    extensions: Mapping[tuple[str, str], str]
    """The version of each extension, by database and name."""


@dataclass(frozen=True)
class CacheSettings:
    """What one region's Redis is."""

    version: str
    max_bytes: int
    """0: no limit."""
    policy: str
    used_bytes: int


@dataclass(frozen=True)
class TlsPlace:
    """Something that is reached by TLS, and the name that its certificate has to have."""

    host: str
    port: int
    name: str
    ca_file: str | None = None
    """Who vouches for it; None: whom this machine trusts."""

    def __str__(self) -> str:
        """Where it is."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Certificate:
    """A certificate that was verified: its issuer is trusted, and it has the name."""

    until: datetime
