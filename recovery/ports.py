"""What the core asks of the outside: one small port per outside system, each docstring its contract.

A fake of each lives in `recovery.fakes`; the same contract tests run on it and on the
real thing. Every call ends in time by itself, and raises only `Unavailable` (no answer,
repeating may help) or `Refused` (it answered no).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from recovery.evidence import Evidence
from recovery.measurement import Request

RowKey = tuple[str, str, int]
"""A prober's row: service, client, seq."""


class JournalStore(Protocol):
    """One place that keeps the journal: objects under keys, each written once."""

    @property
    def place(self) -> str:
        """Where it is: a region's name, or the witness's."""

    def put_new(self, key: str, body: bytes) -> bytes | None:
        """Write *body* under a key that has none; return None, or what was there before and stays."""

    def put(self, key: str, body: bytes) -> None:
        """Write *body* under *key*, whatever was there: for reports, which are made again on resume."""

    def read(self, prefix: str) -> dict[str, bytes]:
        """Return every object whose key begins with *prefix*."""

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with *prefix*, sorted."""


class Place(NamedTuple):
    """Where a server is reached."""

    host: str
    port: int


@dataclass(frozen=True)
class DatabaseState:
    """What one region's PostgreSQL says of itself."""

    version: str
    in_recovery: bool
    """A standby that was not promoted."""
    logins: Mapping[str, bool]
    """Each application role, and whether it may log in."""

    @property
    def writable(self) -> bool:
        """Whether the applications can write."""
        return not self.in_recovery and all(self.logins.values())


@dataclass(frozen=True)
class Subscription:
    """One node group's subscription, as the subscriber has it."""

    node_group: str
    name: str
    enabled: bool
    received_lsn: str | None
    """The provider's position up to which everything was applied; None where nothing ever came."""
    replicating: bool
    """Whether the provider is heard now."""
    slot: str = ""
    """What the provider keeps for it is called so."""
    sets: tuple[str, ...] = ()
    """The provider's replication sets that it takes."""


@dataclass(frozen=True)
class SequenceMove:
    """One sequence of one node group, and where it stood before and stands now."""

    node_group: str
    sequence: str
    before: int
    after: int


class Database(Protocol):
    """One region's PostgreSQL cluster, one database per node group."""

    @property
    def endpoint(self) -> str:
        """Where it is, as `postgres host:port`."""

    def takes_connections(self, *, within_s: float) -> bool:
        """Whether a connection is taken there within so long. Never raises."""

    def listens(self) -> bool:
        """Whether a server speaks there at all, also one that is starting, or does not let us in. Never raises."""

    def look(self) -> DatabaseState:
        """Return its state. Raises `Unavailable` where it does not answer."""

    def try_write(self) -> None:
        """Write a row in every node group and take it back in the same transaction.

        Afterwards nothing has changed. Raises `Refused` where a database takes no writes.
        """

    def heartbeats(self, region: str) -> dict[str, datetime | None]:
        """Return, per node group, the time of the newest heartbeat of *region* that is here."""

    def fence(self) -> list[str]:
        """Make the applications unable to write, and return what was done, one sentence each.

        Roles lose LOGIN, their sessions end; replication goes on. Looks again, and raises
        `StillWritable` if a role may still log in or a session of one is left. Safe to repeat.
        """

    def unfence(self) -> None:
        """Undo `fence`. Safe to repeat, also on a cluster that was never fenced."""

    def beat(self, region: str) -> datetime:
        """Write *region*'s heartbeat in every node group; return the oldest of their times.

        Replication keeps commits in order: a peer that has this beat has all before it.
        """

    def subscriptions(self) -> list[Subscription]:
        """Return what this region subscribes to, one a node group."""

    def stop_applying(self) -> list[Subscription]:
        """Disable every subscription, and return them with the origin position each had reached.

        The position is the proof of what arrived. Safe to repeat: it stays readable.
        """

    def subscribe_anew(self, subscription: Subscription) -> None:
        """Have the subscription as if it had just been made, and disabled.

        With its next start the provider keeps what is committed from then on, and sends that. What was committed before
        is not sent, and rows are not copied: there is a gap. The provider must have no slot of its name any more. Safe
        to repeat.
        """

    def start_applying(self) -> None:
        """Enable every subscription again, which also ends a pause between retries. Safe to repeat."""

    def find_provider_at(self, provider: Place, *, here: Place) -> None:
        """Have every subscription reach the other region's cluster there from its next start on, as whom it did.

        *here* is where this cluster is, which pglogical keeps too. Enabled or disabled, each stays so. Safe to repeat.
        """

    def sequences(self) -> dict[tuple[str, str], int]:
        """Return the last value of every sequence a column owns, by (node group, sequence)."""

    def advance_sequences(self, known: Mapping[tuple[str, str], int], *, margin: int) -> list[SequenceMove]:
        """Move each sequence past its table's greatest value and the *known* values, by *margin*.

        Keeps its phase (odd stays odd under INCREMENT BY 2). Safe to repeat: one that is
        far enough stays.
        """

    def promote(self) -> bool:
        """Make a standby writable; true if it was one. Safe to repeat: a writable one stays."""

    def present_rows(self, since: datetime) -> set[RowKey]:
        """Return the keys of the prober's rows that were written after *since*, of all node groups."""


@dataclass(frozen=True)
class CacheState:
    """What one region's Redis says of itself."""

    role: str
    """`master` or `replica`."""
    offset: int
    """Bytes of the replication stream it has; comparable between a master and its replica."""
    link_up: bool
    """A replica's: whether it hears its master."""
    lag_s: float | None
    """A replica's: seconds since it last heard its master."""
    accepts_writes: bool


class Cache(Protocol):
    """One region's Redis."""

    @property
    def endpoint(self) -> str:
        """Where it is, as `redis host:port`."""

    def takes_connections(self, *, within_s: float) -> bool:
        """Whether a connection is taken there within so long. Never raises."""

    def look(self) -> CacheState:
        """Return its state. Raises `Unavailable` where it does not answer."""

    def fence(self) -> None:
        """Make it refuse writes; what replicates from it goes on. Safe to repeat."""

    def unfence(self) -> None:
        """Undo `fence`. Safe to repeat."""

    def promote(self) -> bool:
        """Make a replica take writes, and see one taken; true if it was a replica. Safe to repeat."""

    def follow(self, master: Place) -> None:
        """Become the replica of the Redis at *master*, whose keys take the place of its own. Safe to repeat.

        Returns at once: `look` tells how far it has come.
        """


@dataclass(frozen=True)
class GatewayState:
    """What one region's gateway says of itself."""

    services_up: tuple[str, ...]
    services_down: tuple[str, ...]
    sessions: int
    sessions_limit: int
    fenced: bool


class Gateway(Protocol):
    """One region's gateway."""

    @property
    def endpoint(self) -> str:
        """Where it is, as `gateway host:port`."""

    @property
    def fences(self) -> bool:
        """Whether it has a runtime API that can close it."""

    def takes_connections(self, *, within_s: float) -> bool:
        """Whether its runtime API takes a connection within so long. Never raises."""

    def answers(self, services: Collection[str]) -> dict[str, str]:
        """Ask each service for its health through this gateway; return what failed, and how."""

    def look(self) -> GatewayState:
        """Return its state. Raises `Unavailable` where it does not answer."""

    def fence(self) -> None:
        """Close the region: every request is answered 503 at once. Safe to repeat."""

    def unfence(self) -> None:
        """Open it again. Safe to repeat."""


@dataclass(frozen=True)
class Served:
    """One service asked through the global name."""

    service: str
    region: str | None
    ok: bool
    detail: str


class FrontDoor(Protocol):
    """The global name, used as a customer uses it: resolved, then asked."""

    @property
    def name(self) -> str:
        """The global name."""

    def regions_answered(self) -> tuple[str, ...]:
        """Ask the authoritative server once; return the regions its answer points to."""

    def check(self, services: Collection[str], row_services: Collection[str]) -> list[Served]:
        """Ask every service for its health, and write and read back a row where one keeps rows."""


class ProberView(Protocol):
    """The prober, asked what it saw."""

    @property
    def endpoint(self) -> str:
        """Where it is."""

    def evidence(self, window: timedelta) -> Evidence:
        """Return what it saw within the last *window*."""

    def requests(
        self, since: datetime, until: datetime | None = None, kind: str | None = None
    ) -> list[Request]:
        """Return the requests that ended after *since*, oldest first."""
