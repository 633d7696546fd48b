"""One number of a row, by which two copies of it are told apart: composed of its columns and their types."""

import re
from collections.abc import Collection, Sequence
from typing import LiteralString, NamedTuple

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
MOMENT = (
    "timestamp_hash_extended(CASE WHEN {{column}} BETWEEN '4714-11-25 BC' AND '294276-12-31'"
    " THEN date_bin('4294.967296 s', {{column}}, '2000-01-01') ELSE {{column}} END{utc},"
    " timestamp_hash_extended({{column}}{utc}, {{seed}}))"
)
"""A moment is 64 bits of microseconds, and its hash one of 32: of both halves folded. The upper half beside it, rounded
down to a multiple of 2^32 microseconds, tells all. Not so on the first day that there is and the last, and of infinity:
there nothing is rounded down, and 32 bits tell."""


class Own(NamedTuple):
    """How a type is hashed with a seed, without forming a row."""

    hash: LiteralString
    default: LiteralString
    """What is hashed in place of a null, with another seed."""


TEXT = Own('hashtextextended({column} COLLATE "C", {seed})', "''")
OWN = {
    "boolean": Own("hashint4extended({column}::int, {seed})", "'false'"),
    "smallint": Own("hashint2extended({column}, {seed})", "'0'"),
    "integer": Own("hashint4extended({column}, {seed})", "'0'"),
    # The hash of an integer of 64 bits is one of 32, of both halves folded; the upper half beside it tells all.
    "bigint": Own("hashint8extended({column} >> 32, hashint8extended({column}, {seed}))", "'0'"),
    "text": TEXT,
    "character varying": TEXT,
    "uuid": Own("uuid_hash_extended({column}, {seed})", "'00000000-0000-0000-0000-000000000000'"),
    # The hash of 0 is its seed: without a salt for the column, 0 and 1 would be 1 and 0.
    "real": Own("hashfloat4extended({column}, {seed} # {salt})", "'1'"),
    "double precision": Own("hashfloat8extended({column}, {seed} # {salt})", "'1'"),
    "jsonb": Own('hashtextextended({column}::text COLLATE "C", {seed})', "'0'"),
    "numeric": Own('hashtextextended(trim_scale({column})::text COLLATE "C", {seed})', "'0'"),
    "timestamp without time zone": Own(MOMENT.format(utc=""), "'2000-01-01'"),
    "timestamp with time zone": Own(MOMENT.format(utc=" AT TIME ZONE INTERVAL '0'"), "'2000-01-01'"),
}
HASH = "hashint4extended({salt}, {seed})"
"""A number of 64 bits, hashed: what goes into it may be a sum, what comes out of it is none."""
DEEP = 100
"""So many hashes are each the next one's seed: of 1,200 timestamps' PostgreSQL's parser said `memory exhausted`."""
GOLDEN = 0x9E3779B97F4A7C15
"""Its multiples, modulo 2^64, are far from each other in all bits: Fibonacci hashing, Knuth, 6.4."""


def of_values(
    columns: Sequence[Column], key: Sequence[Column], seed: sql.Composed, *, required: Collection[str]
) -> sql.Composed:
    """The hash of a row, by its values: each one's hash is the next one's seed, and the key's is the first.

    *seed*: a number of the key, an integer one itself; 0 where there is no key. *required*: the columns that are never
    null. It takes less to hash them, and comes to the same: whether a column may be null does not show in the hash of
    a row in which it is not.

    No row is formed for it, which takes longer. What has no hash function that can be called so is hashed as a record,
    whose hash is the first seed.
    """
    values = [column for column in columns if column not in key]
    own = [column for column in values if _kind(column) in OWN]
    if others := [column for column in values if _kind(column) not in OWN]:
        seed = of_record([*key, *others], seed, exact=False)
    start = hashed(seed)
    firsts = range(0, len(own) or 1, DEEP)
    chains = [_chain(own[first : first + DEEP], start, first=first, required=required) for first in firsts]
    if len(chains) > 1:
        # Of nothing but zeros each is the start with salts: an even number of them would be salts alone.
        chains = [hashed(chain, salt=salt) for salt, chain in enumerate(chains)]
    return sql.SQL("({})").format(sql.SQL(" # ").join(chains))


def hashed(seed: sql.Composed, *, salt: int = 0) -> sql.Composed:
    """The hash of a number: two of them that swap their summands have another sum than before."""
    return _around(HASH, seed, salt=sql.Literal(salt))


def of_record(columns: Sequence[Column], seed: sql.Composable, *, exact: bool) -> sql.Composed:
    """The hash of a row of these columns: a sum, of which each column's hash times a power of 31 is a part.

    PostgreSQL does not seed the hash of a null: where all others may be null, the key is to be among them.
    """
    elements = sql.SQL(", ").join(_element(column, exact=exact) for column in columns)
    return sql.SQL("hash_record_extended(ROW({}), {})").format(elements, seed)


def of_text(columns: Sequence[Column]) -> sql.Composed:
    """64 bits of the MD5 of what these columns are as one text: the same on every version of PostgreSQL."""
    values = sql.SQL(", ").join(of_table(column.name) for column in columns)
    return sql.SQL("('x' || left(md5(ROW({})::text), 16))::bit(64)::bigint").format(values)


def _chain(
    columns: Sequence[Column], start: sql.Composed, *, first: int, required: Collection[str]
) -> sql.Composed:
    chain = start
    for number, column in enumerate(columns, start=first + 1):
        own, salt = OWN[_kind(column)], _salt(number)
        value: sql.Composable = of_table(column.name)
        if column.name not in required:
            marked = "({seed} # CASE WHEN {column} IS NULL THEN {salt} ELSE 0 END)"
            chain = _around(marked, chain, column=value, salt=salt)
            value = sql.SQL("coalesce({}, {})").format(value, sql.SQL(own.default))
        chain = _around(own.hash, chain, column=value, salt=salt)
    return chain


def _around(template: LiteralString, seed: sql.Composed, **parts: sql.Composable) -> sql.Composed:
    """A template with its seed. Side by side, where `format` would put one within the other, as deep as a chain is."""
    before, after = template.split("{seed}")
    return sql.SQL(before).format(**parts) + seed + sql.SQL(after).format(**parts)


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


def _salt(number: int) -> sql.Literal:
    """A number of 64 bits for a column, far from those of the others."""
    salt = (number + 1) * GOLDEN % 2**64
    return sql.Literal(salt - 2**64 if salt >= 2**63 else salt)
