"""One number of a row, by which two copies of it are told apart: composed of its columns and their types."""

import re
from collections.abc import Sequence

from psycopg import sql

from recovery.adapters.postgres.names import identifier, of_table
from recovery.reconcile.shapes import Column

MODIFIERS = re.compile(r"\([\d,-]+\)")
PLAIN = frozenset(
    {
        "boolean",
        "smallint",
        "integer",
        "character",
        "name",
        "uuid",
        "bytea",
        "date",
    }
)
"""Types whose own hash differs wherever their text does. All others are hashed as text, which is slower."""
COLLATED = frozenset({"text", "character varying"})
"""Types whose own hash is that of their bytes, unless their collation takes some texts for equal."""
FOLDED = {
    "bigint": "int8send",
    "timestamp without time zone": "timestamp_send",
    "timestamp with time zone": "timestamptz_send",
    "time without time zone": "time_send",
    "json": "json_send",
}
"""Types whose own hash is one of 32 bits, the same for -1 and 4294967295, or that have none, as json. What the server
would send of them is hashed."""
WRITTEN_IN_TWO_WAYS = {
    "numeric": "numeric_send",
    "real": "float4send",
    "double precision": "float8send",
    "interval": "interval_send",
    "jsonb": "jsonb_send",
}
"""Types whose own hash is the same for 1.0 and 1.00, 0 and -0, 1 day and 24 hours: what is equal, not what is written
alike. By what the server would send a scan takes 1.5 times the least that one could, by their own hashes 1.1 times."""
OWN = {
    "boolean": "hashint4extended({column}::int, {seed})",
    "smallint": "hashint2extended({column}, {seed})",
    "integer": "hashint4extended({column}, {seed})",
    "text": 'hashtextextended({column} COLLATE "C", {seed})',
    "character varying": 'hashtextextended({column} COLLATE "C", {seed})',
    "uuid": "uuid_hash_extended({column}, {seed})",
    "numeric": "hash_numeric_extended({column}, {seed})",
    "real": "hashfloat4extended({column}, {seed})",
    "double precision": "hashfloat8extended({column}, {seed})",
    "interval": "interval_hash_extended({column}, {seed})",
    "jsonb": "jsonb_hash_extended({column}, {seed})",
    # The hash of an integer of 64 bits is one of 32, of both halves folded; the upper half beside it tells all.
    "bigint": "(hashint8extended({column}, {seed}) # hashint8extended({column} >> 32, ~{seed}))",
}
"""Types whose own hash can be called with a seed, and how."""
OF_KEY = "hashint8extended({column}, {seed})"
GOLDEN = 0x9E3779B97F4A7C15
"""Its multiples, modulo 2^64, are far from each other in all bits: Fibonacci hashing, Knuth, 6.4."""


def of_values(columns: Sequence[Column], seed: sql.Composable, *, key: str | None) -> sql.Composed:
    """The types' own hashes, each seeded with *seed* and the column's number, put together.

    *key*: the integer of which the seed is made; its own hash, seeded with itself, is that of no other one.

    No row is formed for it: a scan takes three quarters of what `of_record` does. What has no hash function that can
    be called so is hashed as a record.
    """
    own = [
        (column, OF_KEY if column.name == key else OWN[kind])
        for column in columns
        if (kind := _kind(column)) in OWN
    ]
    others = [column for column in columns if _kind(column) not in OWN]
    parts = [
        sql.SQL("coalesce({}, {})").format(
            sql.SQL(template).format(
                column=of_table(column.name),
                seed=sql.SQL("({} # {})").format(seed, sql.Literal(_salt(number))),
            ),
            sql.Literal(_salt(number)),
        )
        for number, (column, template) in enumerate(own, start=1)
    ]
    if others:
        parts.append(of_record(others, sql.SQL("({} # {})").format(seed, sql.Literal(_salt(0))), exact=False))
    return sql.SQL("({})").format(sql.SQL(" # ").join(parts))


def of_record(columns: Sequence[Column], seed: sql.Composable, *, exact: bool) -> sql.Composed:
    """The hash of a row of these columns.

    PostgreSQL does not seed the hash of a null: where all others may be null, the key is to be among them.
    """
    elements = sql.SQL(", ").join(_element(column, exact=exact) for column in columns)
    return sql.SQL("hash_record_extended(ROW({}), {})").format(elements, seed)


def of_text(columns: Sequence[Column]) -> sql.Composed:
    """64 bits of the MD5 of what these columns are as one text: the same on every version of PostgreSQL."""
    values = sql.SQL(", ").join(of_table(column.name) for column in columns)
    return sql.SQL("('x' || left(md5(ROW({})::text), 16))::bit(64)::bigint").format(values)


def _element(column: Column, *, exact: bool) -> sql.Composable:
    kind = _kind(column)
    if kind in COLLATED:
        return sql.SQL('{} COLLATE "C"').format(of_table(column.name))
    if kind in PLAIN or (kind in WRITTEN_IN_TWO_WAYS and not exact):
        return of_table(column.name)
    if send := (FOLDED | WRITTEN_IN_TWO_WAYS).get(kind):
        return sql.SQL("{}({})").format(identifier(send), of_table(column.name))
    return sql.SQL("{}::text").format(of_table(column.name))


def _kind(column: Column) -> str:
    return MODIFIERS.sub("", column.type)


def _salt(number: int) -> int:
    """A number of 64 bits for a column, far from those of the others."""
    salt = (number + 1) * GOLDEN % 2**64
    return salt - 2**64 if salt >= 2**63 else salt
