"""A cluster's tables in memory: each row is its image, by its key."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from recovery.errors import Refused
from recovery.fakes.citizen import Citizen
from recovery.fakes.world import World
from recovery.reconcile import refusals
from recovery.reconcile.blocks import Cut, Extent, Fingerprint, Hashing, KeyPrint, Watermark, numbered
from recovery.reconcile.cells import Cell, cells_of
from recovery.reconcile.plan import Change, RepairPlan
from recovery.reconcile.ports import Outcome, Sighting
from recovery.reconcile.shapes import Key, TableName, TableShape

Rows = dict[Key, str]


class Written(NamedTuple):
    """Who wrote a row last, and when."""

    foreign: bool
    at: datetime | None


class FakeTables(Citizen):
    """A `Tables`. Its rows are there to be changed by whoever plays the damage or the good writes."""

    def __init__(self, world: World, name: str, shapes: Sequence[TableShape]) -> None:
        """Serve tables of these shapes, empty, at `postgres name:5432`."""
        super().__init__(world, f"postgres {name}:5432")
        self.shapes = {shape.name: shape for shape in shapes}
        self.rows: dict[TableName, Rows] = {shape.name: {} for shape in shapes}
        self.written: dict[tuple[TableName, Key], Written] = {}
        """Who wrote a row last; one that is not in it is this region's own, and old."""
        self.hashes_like = "sha256"
        self.timeline = 1
        self._writes = Counter[tuple[TableName, Key]]()
        self._written = 0
        self._last_write: dict[tuple[TableName, Key], int] = {}
        self.alone = set[TableName]()
        """Tables in no replication set."""
        self.standby = False
        """A hot standby: it is read only."""

    def hash_vector(self) -> str:
        """Return the version of its hashes."""
        self._called("hash_vector")
        return self.hashes_like

    def tables(self) -> list[TableName]:
        """Return its tables, sorted."""
        self._called("tables")
        return sorted(self.shapes)

    def replicated(self) -> list[TableName]:
        """Return all but those in no set."""
        self._called("replicated")
        return sorted(self.shapes.keys() - self.alone)

    def unreplicated(self) -> list[TableName]:
        """Return those in no set."""
        self._called("unreplicated")
        return sorted(self.shapes.keys() & self.alone)

    def shape(self, table: TableName) -> TableShape:
        """Return a table's shape."""
        self._called("shape")
        self._rows(table)
        return self.shapes[table]

    def extent(self, table: TableName) -> Extent:
        """Return its number of rows, and the ends of its key."""
        self._called("extent")
        rows = self.rows[table] if self._rows(table) else {}
        if self.shapes[table].integer_key is None or not rows:
            return Extent(len(rows), None)
        keys = [int(key[0]) for key in rows]
        return Extent(len(rows), (min(keys), max(keys)))

    def blocks(self, table: TableName, cut: Cut) -> dict[int, Fingerprint]:
        """Return each block's fingerprint."""
        self._called("blocks")
        blocks: dict[int, Fingerprint] = {}
        for key, image in self._rows(table).items():
            rows, total = blocks.get(block := self._block(table, cut, key), (0, 0))
            count = self._count(table, image)
            blocks[block] = Fingerprint(rows + count, total + count * _hash(*key, image))
        return blocks

    def cells(self, table: TableName, hashing: Hashing) -> dict[int, Cell]:
        """Return each cell."""
        self._called("cells")
        rows, by_number = self._rows(table).items(), numbered(hashing)
        is_number = self.shapes[table].integer_key
        return cells_of(
            (_hash(*key, image), int(key[0]) if is_number else self._block(table, by_number, key))
            for key, image in rows
        )

    def watermark(self, table: TableName) -> Watermark:
        """Return how many writes there were."""
        self._called("watermark")
        self._rows(table)
        return Watermark(f"{self.endpoint}/{table}, {self.timeline}", self._written)

    def key_prints(self, table: TableName, cut: Cut, since: Watermark) -> dict[int, KeyPrint]:
        """Return each block's keys, and how many rows were written since."""
        self._called("key_prints")
        blocks: dict[int, KeyPrint] = {}
        for key, image in self._rows(table).items():
            rows, keys, changed = blocks.get(block := self._block(table, cut, key), (0, 0, 0))
            count, is_new = self._count(table, image), self._is_new(table, key, since)
            blocks[block] = KeyPrint(rows + count, keys + count * _hash(*key), changed + is_new)
        return blocks

    def pieces(
        self, table: TableName, cut: Cut, blocks: Collection[int], piece: Cut
    ) -> dict[int, Fingerprint]:
        """Return each piece's fingerprint."""
        self._called("pieces")
        pieces: dict[int, Fingerprint] = {}
        for key, image in self._rows(table).items():
            if self._block(table, cut, key) in blocks:
                rows, total = pieces.get(number := self._block(table, piece, key), (0, 0))
                pieces[number] = Fingerprint(rows + 1, total + _hash(*key, image))
        return pieces

    def hashes(self, table: TableName, cut: Cut, blocks: Collection[int]) -> dict[Key, int]:
        """Return the hash of every row of these blocks."""
        self._called("hashes")
        rows = self._rows(table).items()
        return {key: _hash(*key, image) for key, image in rows if self._block(table, cut, key) in blocks}

    def hashes_since(
        self, table: TableName, cut: Cut, blocks: Collection[int], since: Watermark
    ) -> dict[Key, int]:
        """Return the hash of every row of these blocks that was written since."""
        self._called("hashes_since")
        rows = ((key, image) for key, image in self._rows(table).items() if self._is_new(table, key, since))
        return {key: _hash(*key, image) for key, image in rows if self._block(table, cut, key) in blocks}

    def hashes_of(self, table: TableName, keys: Collection[Key], hashing: Hashing) -> dict[Key, int]:  # noqa: ARG002 - it has one
        """Return the hashes of the rows that are there."""
        self._called("hashes_of")
        rows = self._rows(table)
        return {key: _hash(*key, rows[key]) for key in keys if key in rows}

    def images(self, table: TableName, keys: Collection[Key]) -> dict[Key, str]:
        """Return the images that are there."""
        self._called("images")
        rows = self._rows(table)
        return {key: rows[key] for key in keys if key in rows}

    def sightings(self, table: TableName, keys: Collection[Key]) -> dict[Key, Sighting]:
        """Return the rows that are there."""
        self._called("sightings")
        rows = self._rows(table)
        return {key: self._sighting(table, key, rows[key]) for key in keys if key in rows}

    def fingerprint(self, table: TableName) -> Fingerprint:
        """Return the whole table's fingerprint."""
        self._called("fingerprint")
        rows = self._rows(table)
        return Fingerprint(len(rows), sum(_hash(*key, image) for key, image in rows.items()))

    def apply(self, plan: RepairPlan, database: str) -> list[Outcome]:
        """Make all changes in one database, or none."""
        self._called("apply")
        where, changes = f"{self.endpoint}/{database}", plan.of(database)
        if self.standby and changes:
            raise Refused(f"{where} refused: it is a standby and read-only.")
        touched = {change.table for change in changes}
        for shape in plan.tables:
            if shape.name in touched and (difference := shape.unlike(self.shapes[shape.name])):
                raise refusals.reshaped(where, shape.name, difference)
        images = {change.place: self._rows(change.table).get(change.key) for change in changes}
        if changed := [each for each in changes if not self._stands(each, images[each.place])]:
            raise refusals.changed(where, changed)
        to_do = [change for change in changes if images[change.place] != change.wanted]
        newest = max((change.at for change in to_do if change.at), default=None)
        for change in to_do:
            self.put(change.table, {change.key: change.wanted})
            self.written[change.place] = Written(foreign=plan.origin is not None, at=newest)
        return [
            Outcome.ALREADY if images[change.place] == change.wanted else Outcome.APPLIED
            for change in changes
        ]

    def put(self, table: TableName, images: Mapping[Key, str | None]) -> None:
        """Write rows, or take away those whose image is None: somebody's write, not a verb of the port."""
        for key, image in images.items():
            self._writes[table, key] += 1
            self._written += 1
            self._last_write[table, key] = self._written
            if image is None:
                self.rows[table].pop(key, None)
            else:
                self.rows[table][key] = image

    def _stands(self, change: Change, image: str | None) -> bool:
        if image == change.wanted:
            return True
        if image is None or change.version is None:
            return image == change.seen
        return self._sighting(change.table, change.key, image).version == change.version

    def _sighting(self, table: TableName, key: Key, image: str) -> Sighting:
        foreign, at = self.written.get((table, key), Written(foreign=False, at=None))
        return Sighting(image, f"{self._writes.get((table, key), 0)} {image}", foreign, at)

    def _rows(self, table: TableName) -> Rows:
        """The rows by their keys; without one, each image with how many rows have it."""
        if table not in self.rows:
            raise refusals.absent(self.endpoint, table)
        if self.shapes[table].key:
            return self.rows[table]
        return {(image,): f"{count} x {image}" for image, count in Counter(self.rows[table].values()).items()}

    def _is_new(self, table: TableName, key: Key, since: Watermark) -> bool:
        return self._last_write.get((table, key), 0) > since.transaction

    def _count(self, table: TableName, image: str) -> int:
        return 1 if self.shapes[table].key else int(image.partition(" ")[0])

    def _block(self, table: TableName, cut: Cut, key: Key) -> int:
        if cut.hashed or self.shapes[table].integer_key is None:
            return _hash(*key) & ((1 << cut.bits) - 1)
        return int(key[0]) >> cut.bits


def _hash(*parts: str) -> int:
    """64 bits, as the server's hashes have."""
    return int.from_bytes(sha256(repr(parts).encode()).digest()[:8], "big", signed=True)
