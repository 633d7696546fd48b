"""What a salvage asks of a cluster that is back, in the style of `recovery.ports`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from recovery.ports import Subscription
from recovery.reconcile.shapes import Key, TableName


class Did(StrEnum):
    """What a transaction did to a row. A row whose key was changed was deleted, and another one inserted."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


class UnsentChange(NamedTuple):
    """One row of one transaction that the other region never got."""

    table: TableName
    key: Key | None
    """None: what it was can not be told by a key: its table has none, or it was no row's change."""
    did: Did
    transaction: int
    at: datetime
    """When it was committed."""


class SlotState(StrEnum):
    """What has become of what a subscriber has not got yet."""

    KEPT = "kept"
    """All of it is there."""
    LOST = "lost"
    """The server has thrown WAL away that it had to keep: nobody can tell what was in it."""
    MISSING = "missing"
    """There is no such slot."""


@dataclass(frozen=True)
class Slot:
    """What a cluster keeps for a subscription of the other region."""

    subscription: Subscription
    state: SlotState
    active: bool
    """The subscriber is connected: it takes what is there by itself."""
    kept_bytes: int = 0
    """How much WAL of the whole cluster is kept from where it begins; of a slot that is lost nobody knows."""


class Sending(Protocol):
    """What one region's cluster keeps for the other region's subscriptions."""

    @property
    def endpoint(self) -> str:
        """Where it is, as `postgres host:port`."""

    def slots(self, subscriptions: list[Subscription]) -> list[Slot]:
        """Return what is kept for each of the other region's *subscriptions*."""

    def position(self) -> str:
        """Return up to where the cluster's WAL is on its disk: every commit before it is told by `unsent`."""

    def unsent(self, subscription: Subscription, *, until: str) -> Iterator[UnsentChange]:
        """Yield what was committed here up to the position *until*, and not applied there, in its order.

        Of what the region's own applications wrote, not what it had from the other one. Nothing is taken off: it can
        be asked again. Raises `Refused` where the subscriber is connected, or WAL is missing.
        """

    def drop_lost(self, subscription: Subscription) -> None:
        """Drop the slot of a subscription that is lost, so that one of its name can be made anew.

        Safe to repeat: what is missing is dropped. Raises `Refused` for one that is kept: nobody else has its content.
        """

    def skip(self, subscription: Subscription, *, until: str) -> None:
        """Have the subscription go on after the position *until*. Safe to repeat."""


class Copying(Protocol):
    """Tables of one region's cluster that are copied whole from the other region's."""

    @property
    def endpoint(self) -> str:
        """Where it is, as `postgres host:port`."""

    def copy_anew(self, subscription: Subscription, tables: Sequence[TableName]) -> None:
        """Delete all rows of *tables* here, and have the subscription bring them with its next start. All, or nothing.

        The subscription is disabled, and nobody reads its slot. Nothing of it is sent to the other region. Safe to
        repeat: a copy that was begun is begun again.
        """

    def under_way(self) -> list[TableName]:
        """Return the tables of which a copy was asked for, and has not ended."""
