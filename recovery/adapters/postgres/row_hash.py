"""One number of a row, by which two copies of it are told apart: composed of its columns and their types."""

import re
from collections.abc import Sequence

from psycopg import sql

from recovery.adapters.postgres.names import of_table
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
EPOCH = (
    "CASE WHEN {{column}} BETWEEN '1700-01-01' AND '2240-01-01'"
    " THEN hashfloat8extended(date_part('epoch', {{column}}), {{seed}})"
    " ELSE hash_record_extended(ROW({send}({{column}})), {{seed}}) END"
)
"""A moment by all 64 bits of its seconds since 1970: until 2242 no two microseconds have the same. In half the time."""
SENT = {
    "bigint": "int8send({column})",
    "timestamp without time zone": "timestamp_send({column})",
    "timestamp with time zone": "timestamptz_send({column})",
    "time without time zone": "time_send({column})",
    "json": "json_send({column})",
    "jsonb": "jsonb_send({column})",
}
"""Types of which what the server would send is hashed. Their own hash is one of 32 bits, the same for -1 and
4294967295; or there is none, as for json; or it misses what matters: jsonb's is the same for {"n": 5} and {"n": -5},
for [] and {}, and for elements 64 places apart that change places."""
SENT_EXACTLY = {
    "numeric": "numeric_send({column})",
    "real": "float4send({column})",
    "double precision": "float8send({column})",
    "interval": "interval_send({column})",
}
SENT_BY_VALUE = {
    "numeric": "numeric_send(trim_scale({column}))",
    "real": "{column}",
    "double precision": "{column}",
    "interval": "interval_send(justify_interval({column}))",
}
"""Types that write equal values in two ways: 1.0 and 1.00, 0 and -0, 1 day and 24 hours. What is equal is hashed
alike, and nothing else. By numeric's own hash 5 is -5, NaN is infinity, and 5 and 7 together may be 50000 and 70000:
the exponent is an XOR. Interval's is one of 32 bits."""
OWN = {
    "boolean": "hashint4extended({column}::int, {seed})",
    "smallint": "hashint2extended({column}, {seed})",
    "integer": "hashint4extended({column}, {seed})",
    "text": 'hashtextextended({column} COLLATE "C", {seed})',
    "character varying": 'hashtextextended({column} COLLATE "C", {seed})',
    "uuid": "uuid_hash_extended({column}, {seed})",
    "real": "hashfloat4extended({column}, {seed})",
    "double precision": "hashfloat8extended({column}, {seed})",
    "jsonb": 'hashtextextended({column}::text COLLATE "C", {seed})',
    # The hash of an integer of 64 bits is one of 32, of both halves folded; the upper half beside it tells all.
    "bigint": "(hashint8extended({column}, {seed}) # hashint8extended({column} >> 32, ~{seed}))",
    "numeric": 'hashtextextended(trim_scale({column})::text COLLATE "C", {seed})',
    "timestamp without time zone": EPOCH.format(send="timestamp_send"),
    "timestamp with time zone": EPOCH.format(send="timestamptz_send"),
}
"""Types that can be hashed with a seed without forming a row, and how."""
OF_KEY = "hashint8extended({column}, {seed})"
ABSENT = 4096
"""What tells the salt of a null from its column's: a hash of 0 is the seed, or the number before it."""
GOLDEN = 0x9E3779B97F4A7C15
"""Its multiples, modulo 2^64, are far from each other in all bits: Fibonacci hashing, Knuth, 6.4."""


def of_values(columns: Sequence[Column], seed: sql.Composable, *, key: str | None) -> sql.Composed:
    """The values' hashes, each seeded with *seed* and the column's number, put together.

    *key*: the integer of which the seed is made; its own hash, seeded with itself, is that of no other one.

    No row is formed for it, which takes longer. What has no hash function that can be called so is hashed as a record.
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
            sql.Literal(_salt(number + ABSENT)),
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
    if kind in PLAIN:
        return of_table(column.name)
    sent = SENT | (SENT_EXACTLY if exact else SENT_BY_VALUE)
    return sql.SQL(sent.get(kind, "{column}::text")).format(column=of_table(column.name))


def _kind(column: Column) -> str:
    return MODIFIERS.sub("", column.type)


def _salt(number: int) -> int:
    """A number of 64 bits for a column, far from those of the others."""
    salt = (number + 1) * GOLDEN % 2**64
    return salt - 2**64 if salt >= 2**63 else salt
