"""One table as SQL speaks of it: its rows, keys, hashes and blocks, composed of its shape.

Every column's type is the server's own text, read in the same transaction: never a file's.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from psycopg import Connection, sql

from recovery.adapters.postgres import row_hash
from recovery.adapters.postgres.names import doubled, identifier
from recovery.adapters.postgres.names import of_table as _of
from recovery.adapters.postgres.sessions import text
from recovery.reconcile import refusals
from recovery.reconcile.blocks import TOLD_APART, Cut, Fingerprint, Hashing, Watermark, numbered
from recovery.reconcile.ports import Sighting
from recovery.reconcile.shapes import Column, Key, TableName, TableShape

KEYS_AT_ONCE = 10_000


IMAGE = sql.SQL("(t.*)::text").format()
SIGHTINGS = (
    "SELECT w.*, (t.*)::text, t.xmin::text, v.roident <> 0, v.timestamp FROM {asked} JOIN {rows} AS t ON {matches}, "
    "LATERAL pg_xact_commit_timestamp_origin(t.xmin) AS v"
)
COUNTED = (
    "SELECT {key}, count(*) || ' x ' || {key}, string_agg(t.xmin::text, ',' ORDER BY t.xmin::text), "
    "bool_or(v.roident <> 0), max(v.timestamp) FROM {asked} JOIN {rows} AS t ON {matches}, "
    "LATERAL pg_xact_commit_timestamp_origin(t.xmin) AS v GROUP BY 1"
)
"""Without a key: how many rows have the image."""


class Held(NamedTuple):
    """A row that nobody else changes."""

    image: str
    version: str


@dataclass(frozen=True)
class Relation:
    """A table, as this server has it now. In its SQL the table is `t`, and what is asked for is `w`."""

    shape: TableShape
    partitioned: bool
    unique: tuple[str, ...]
    """The columns on which another unique index than the key's depends."""
    required: frozenset[str]
    """The columns that are never null, here: on the other side they may be."""

    @property
    def name(self) -> sql.Identifier:
        """Its name, which is also the name of its row type."""
        return identifier(self.shape.name.schema, self.shape.name.name)

    @property
    def rows(self) -> sql.Composed:
        """Its rows, without those of tables that inherit from it."""
        return source(self.name, partitioned=self.partitioned)

    @property
    def stored(self) -> list[Column]:
        """The columns that can be set."""
        return [column for column in self.shape.columns if not column.generated]

    @property
    def key_texts(self) -> sql.Composed:
        """The key's columns as text."""
        if not self.shape.key:
            return IMAGE
        return sql.SQL(", ").join(sql.SQL("{}::text").format(_of(name)) for name in self.shape.key)

    @property
    def asked(self) -> sql.Composed:
        """The keys that are asked for, of one array of texts a column."""
        count = len(self.shape.key) or 1
        arrays = sql.SQL(", ").join([sql.SQL("%s::text[]")] * count)
        names = sql.SQL(", ").join(identifier(f"k{place}") for place in range(count))
        return sql.SQL("unnest({}) AS w ({})").format(arrays, names)

    @property
    def numbered(self) -> sql.Composed:
        """The keys that are asked for, as `asked`, each with its number in their order."""
        count = len(self.shape.key)
        arrays = sql.SQL(", ").join([sql.SQL("%s::text[]")] * count)
        names = sql.SQL(", ").join(identifier(f"k{place}") for place in range(count))
        return sql.SQL("unnest({}) WITH ORDINALITY AS w ({}, n)").format(arrays, names)

    @property
    def matches(self) -> sql.Composed:
        """Whether a row has the key that is asked for."""
        if not self.shape.key:
            return sql.SQL("{} = w.k0").format(IMAGE)
        types = {column.name: column.type for column in self.shape.columns}
        equal = sql.SQL("{} = {}::{}")
        return sql.SQL(" AND ").join(
            equal.format(_of(name), identifier("w", f"k{place}"), sql.SQL(doubled(types[name])))
            for place, name in enumerate(self.shape.key)
        )

    def matches_row(self, row: str) -> sql.Composed:
        """Whether a row has the key of another row of this table, the column *row* of `w`."""
        equal = sql.SQL("{} = {}")
        return sql.SQL(" AND ").join(equal.format(_of(name), of_row(row, name)) for name in self.shape.key)

    def row_hash(self, hashing: Hashing) -> sql.Composed:
        """The hash of a row. Two rows that swap a value show in a sum: its key is the seed, or it is hashed again."""
        if hashing is Hashing.TEXT:
            return row_hash.of_text(self._hashed)
        if hashing is Hashing.EXACT:
            return self._record if self.shape.key else row_hash.hashed(self._record)
        key = [column for column in self._hashed if column.name in self.shape.key]
        return row_hash.of_values(self._hashed, key, self._seed, required=self.required)

    def fingerprint(self, connection: Connection[Any]) -> Fingerprint:
        """Return the number of its rows, and the sum of their hashes, from one scan.

        As in the ledgers that there are. Without a key a swap does not show in it: what is restored swaps nothing.
        """
        query = sql.SQL("SELECT count(*), coalesce(sum({}), 0) FROM {} AS t").format(self._record, self.rows)
        ((rows, total),) = connection.execute(query, []).fetchall()
        return Fingerprint(rows, int(total))

    def hashes(self, cut: Cut) -> sql.Composed:
        """Each row of some blocks with its hash; without a key, each image with how many rows have it."""
        if not self.shape.key:
            return sql.SQL("SELECT {}, count(*) FROM {} GROUP BY 1").format(IMAGE, self.rows_of(cut))
        return sql.SQL("SELECT {}, {} FROM {}").format(
            self.key_texts, self.row_hash(cut.hashing), self.rows_of(cut)
        )

    def hashes_since(self, cut: Cut, since: Watermark) -> sql.Composed:
        """Each row of some blocks that was written since, with its hash."""
        return sql.SQL("SELECT {}, {} FROM {} AND {}").format(
            self.key_texts, self.row_hash(cut.hashing), self.rows_of(cut), written_since(since)
        )

    def hashes_by_key(
        self, connection: Connection[Any], keys: Collection[Key], hashing: Hashing
    ) -> dict[Key, int]:
        """Return the hashes of the rows with these keys, as they were asked for."""
        query = sql.SQL("SELECT w.*, {} FROM {} JOIN {} AS t ON {}").format(
            self.row_hash(hashing), self.asked, self.rows, self.matches
        )
        hashes: dict[Key, int] = {}
        for some in portions(sorted(keys)):
            for *key, total in connection.execute(query, columns_of(some)):
                hashes[tuple(key)] = total
        return hashes

    def block(self, cut: Cut) -> sql.Composed:
        """The block of a row."""
        if cut.hashed or self.shape.integer_key is None:
            return sql.SQL("({} & {})").format(self._key_hash(cut.hashing), sql.Literal(2**cut.bits - 1))
        return sql.SQL("({}::bigint >> {})").format(_of(self.shape.integer_key), sql.Literal(cut.bits))

    def key_number(self, hashing: Hashing) -> sql.Composed:
        """The key itself where it is an integer, else some bits of its hash."""
        if self.shape.integer_key:
            return sql.SQL("{}::bigint").format(_of(self.shape.integer_key))
        return self.block(numbered(hashing))

    def key_print(self, hashing: Hashing) -> sql.Composed:
        """A number of a row's key: within a block of adjacent integers its cheap hash tells them apart.

        That of a record is a sum: of two keys that swap a part it comes to the same until it is hashed again.
        """
        if self.shape.integer_key and hashing is not Hashing.TEXT:
            return sql.SQL("hashint8extended({}, 0)").format(_of(self.shape.integer_key))
        return row_hash.hashed(self._key_hash(hashing))

    def rows_of(self, cut: Cut) -> sql.Composed:
        """The rows of some blocks, by the index on the key where the cut is by range."""
        if cut.hashed or self.shape.integer_key is None:
            return sql.SQL("{} AS t WHERE {} = ANY (%s::bigint[])").format(self.rows, self.block(cut))
        return sql.SQL(
            "unnest(%s::bigint[]) AS w (block) JOIN {} AS t ON {} BETWEEN w.block << {} AND (w.block << {}) | {}"
        ).format(
            self.rows,
            _of(self.shape.integer_key),
            sql.Literal(cut.bits),
            sql.Literal(cut.bits),
            sql.Literal(2**cut.bits - 1),
        )

    def images(self, connection: Connection[Any], keys: Collection[Key]) -> dict[Key, str]:
        """Return the images of the rows with these keys."""
        query = sql.SQL("SELECT {}, (t.*)::text FROM {} JOIN {} AS t ON {}").format(
            self.key_texts, self.asked, self.rows, self.matches
        )
        images: dict[Key, str] = {}
        for some in portions(sorted(keys)):
            for *key, image in connection.execute(query, columns_of(some)):
                images[tuple(key)] = image
        return images

    def locked(self, connection: Connection[Any], keys: Collection[Key]) -> dict[Key, Held]:
        """Return the rows with these keys, which nobody changes until the commit."""
        query = sql.SQL(
            "SELECT {}, (t.*)::text, t.xmin::text FROM {} JOIN {} AS t ON {} FOR UPDATE OF t"
        ).format(self.key_texts, self.asked, self.rows, self.matches)
        held: dict[Key, Held] = {}
        for some in portions(sorted(keys)):
            for *key, image, version in connection.execute(query, columns_of(some)):
                held[tuple(key)] = Held(image, version)
        return held

    def sightings(self, connection: Connection[Any], keys: Collection[Key]) -> dict[Key, Sighting]:
        """Return the rows with these keys, each with what the commit timestamp of its transaction says."""
        query = sql.SQL(SIGHTINGS if self.shape.key else COUNTED).format(
            key=self.key_texts, asked=self.asked, rows=self.rows, matches=self.matches
        )
        seen: dict[Key, Sighting] = {}
        for some in portions(sorted(keys)):
            for *key, image, version, foreign, at in connection.execute(query, columns_of(some)):
                seen[tuple(key)] = Sighting(image, version, foreign is True, at)
        return seen

    @property
    def _hashed(self) -> list[Column]:
        """The columns that make a row what it is: none that the server reckons of others."""
        key = self.shape.key
        return [column for column in self.shape.columns if not column.generated or column.name in key]

    @property
    def _seed(self) -> sql.Composed:
        """A number of a row's key."""
        if self.shape.integer_key:
            return sql.SQL("{}::bigint").format(_of(self.shape.integer_key))
        return self._key_hash(Hashing.EXACT) if self.shape.key else sql.SQL("0").format()

    @property
    def _record(self) -> sql.Composed:
        """The hash of a row as the server would send it."""
        return row_hash.of_record(self._hashed, self._seed, exact=True)

    def _key_hash(self, hashing: Hashing) -> sql.Composed:
        """The hash of a row's key; of the row where there is none."""
        columns = {column.name: column for column in self.shape.columns}
        key = [columns[name] for name in self.shape.key]
        if not key:
            return self.row_hash(hashing)
        return (
            row_hash.of_text(key)
            if hashing is Hashing.TEXT
            else row_hash.of_record(key, sql.SQL("0"), exact=True)
        )


def read(connection: Connection[Any], where: str, table: TableName) -> Relation:
    """Return a table as it is; raises `Refused` where there is none."""
    names = {"schema": table.schema, "name": table.name}
    found = connection.execute(text("table_shape"), names).fetchall()
    if not found:
        raise refusals.absent(where, table)
    columns = tuple(
        Column(name=name, type=type_, generated=generated, identity=identity)
        for name, type_, generated, identity, *_ in found
    )
    key = sorted((place, name) for name, *_, place, _, _, _ in found if place is not None)
    shape = TableShape(name=table, columns=columns, key=tuple(name for _, name in key))
    unique = tuple(name for name, *_, elsewhere, _, _ in found if elsewhere)
    required = frozenset(name for name, *_, never_null, _ in found if never_null)
    return Relation(shape, partitioned=found[0][-1], unique=unique, required=required)


def written_since(mark: Watermark) -> sql.Composed:
    """Whether a row was written by the watermark's transaction or a later one.

    Both ages are reckoned from one moment, and go round as the numbers do; a row that was always there has the
    greatest. Comparing the numbers' bytes instead made the scan 1.6 times as long.
    """
    return sql.SQL("age(t.xmin) <= (SELECT age({}::xid))").format(
        sql.Literal(str(mark.transaction % (2 * TOLD_APART)))
    )


def source(name: sql.Identifier, *, partitioned: bool) -> sql.Composed:
    """A table's own rows: ONLY would leave out all of a partitioned one's."""
    return sql.SQL("{}" if partitioned else "ONLY {}").format(name)


def of_row(row: str, column: str) -> sql.Composed:
    """A column of a row value, the column *row* of `w`."""
    return sql.SQL("({}).{}").format(identifier("w", row), identifier(column))


def columns_of(keys: Sequence[Key]) -> list[list[str]]:
    """Keys as one array a column."""
    return [list(column) for column in zip(*keys, strict=True)]


def portions(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Rows, as many as go in one statement."""
    for start in range(0, len(rows), KEYS_AT_ONCE):
        yield rows[start : start + KEYS_AT_ONCE]
