"""What a comparison and a repair ask of a cluster, in the style of `recovery.ports`."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from recovery.reconcile.blocks import Cut, Extent, Fingerprint, Hashing, KeyPrint, Watermark
from recovery.reconcile.cells import Cell
from recovery.reconcile.plan import RepairPlan
from recovery.reconcile.shapes import Key, TableName, TableShape


class Outcome(StrEnum):
    """What became of one change."""

    APPLIED = "applied"
    ALREADY = "already"
    """The row had its wanted image before."""


class Sighting(NamedTuple):
    """A row as it was seen: its image, and who wrote it last, and when."""

    image: str
    version: str
    """Another one after every write to the row, also one that leaves its image as it is."""
    foreign: bool
    """It came by replication: the other region committed it."""
    at: datetime | None
    """When it was committed there; None for one that is so old that the server has forgotten."""


class Tables(Protocol):
    """The tables of one cluster's databases. All but `apply` read only, and work on a hot standby.

    Every verb that is told a table raises `Refused` where it has none of that name. An image is the
    row as text, the same text for the same row whatever the server's or the session's settings are.
    In a table without a key the rows of one image are one, whose key is their image; `hashes` and `sightings` count
    them, the others refuse.
    """

    @property
    def endpoint(self) -> str:
        """Where they are, as `postgres host:port`."""

    def hash_vector(self) -> str:
        """Return a hash of fixed values of every type. Two sides that return the same hash rows alike."""

    def tables(self) -> list[TableName]:
        """Return the applications' tables, sorted: no system's, no extension's, no unlogged ones.

        A partitioned table is one table, and its partitions are none.
        """

    def replicated(self) -> list[TableName]:
        """Return those of the tables that the other region is sent, sorted."""

    def unreplicated(self) -> list[TableName]:
        """Return those of the tables that the other region is not sent, or not all partitions of, sorted."""

    def shape(self, table: TableName) -> TableShape:
        """Return a table's columns and key."""

    def extent(self, table: TableName) -> Extent:
        """Return how large a table is: an estimate, which reads no rows but the first and the last key."""

    def blocks(self, table: TableName, cut: Cut) -> Mapping[int, Fingerprint]:
        """Return each block that has rows, with its fingerprint, from one scan of the table.

        Two rows whose images differ have different hashes (but for one chance in 2^64); where the cut
        hashes values, two rows of which a value differs. The same values in another row add up to another sum:
        a swap of values between two rows shows.
        """

    def cells(self, table: TableName, hashing: Hashing) -> Mapping[int, Cell]:
        """Return each cell that has rows, from one scan of the table.

        A row's hash is as in `blocks`. Its key is itself where it is one integer, else its block where the cut is
        `numbered`.
        """

    def watermark(self, table: TableName) -> Watermark:
        """Return the moment of now: whatever commits later, or is not visible yet, is after it.

        It is another cluster's where the table, or a partition of it, is another one than before.
        """

    def key_prints(self, table: TableName, cut: Cut, since: Watermark) -> Mapping[int, KeyPrint]:
        """Return of each block how many rows it has, of which keys, and how many were written after *since*.

        From one scan that reads no values: a row that was only deleted shows in the other two numbers.
        """

    def pieces(
        self, table: TableName, cut: Cut, blocks: Collection[int], piece: Cut
    ) -> Mapping[int, Fingerprint]:
        """Return the fingerprint of each *piece* of these blocks that has rows; both cuts are by range."""

    def hashes(self, table: TableName, cut: Cut, blocks: Collection[int]) -> Mapping[Key, int]:
        """Return the hash of every row of these blocks, by its key."""

    def hashes_since(
        self, table: TableName, cut: Cut, blocks: Collection[int], since: Watermark
    ) -> Mapping[Key, int]:
        """Return the hash of every row of these blocks that was written after *since*, by its key."""

    def hashes_of(self, table: TableName, keys: Collection[Key], hashing: Hashing) -> Mapping[Key, int]:
        """Return the hashes of the rows that are there, by their keys; the others are left out."""

    def images(self, table: TableName, keys: Collection[Key]) -> Mapping[Key, str]:
        """Return the images of the rows that are there, by their keys; the others are left out."""

    def sightings(self, table: TableName, keys: Collection[Key]) -> Mapping[Key, Sighting]:
        """Return the rows that are there as they are seen now, each from one instant; the others are left out."""

    def fingerprint(self, table: TableName) -> Fingerprint:
        """Return the number of a table's rows and the sum of their hashes, from one scan.

        Two clusters of one PostgreSQL release that have the same rows have the same fingerprint.
        """

    def apply(self, plan: RepairPlan, database: str) -> list[Outcome]:
        """Make the plan's changes in one database, and return what became of each, in the plan's order.

        All of them in one transaction, or none: `Refused` says why. A row that has its wanted image
        already counts as done, so it is safe to repeat. Nothing is applied if a row has neither
        the image that the plan saw nor the wanted one, if a table's shape is not the plan's any
        more, if a row could not be inserted because another one holds a value that must be unique,
        or if a foreign key would be broken afterwards by a row of the plan. No trigger runs; other
        regions get the changes as they get every write.
        """
