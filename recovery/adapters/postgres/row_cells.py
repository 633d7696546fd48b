"""A table's cells, as the server puts them together and sends them: `recovery.reconcile.cells`."""

from struct import iter_unpack

from psycopg import sql

from recovery.adapters.postgres.relation import Relation
from recovery.reconcile.blocks import Hashing
from recovery.reconcile.cells import CELL_BITS, CELLS, LAYERS, LOW_30, LOW_31, Cell

QUERY = """
SELECT string_agg(int4send(place) || int4send(rows) || int8send(hashes) || int8send(keys) || int4send(checks), '')
FROM (
    SELECT coalesce({places})::int AS place, count(*)::int AS rows, bit_xor(hash) AS hashes, bit_xor(key) AS keys,
        bit_xor((((hash # key) & {low_31}) * ((hash >> 33) & {low_30}) >> 15 & {low_31})::int) AS checks
    FROM (SELECT {hash} AS hash, {key} AS key FROM {rows} AS t OFFSET 0) AS r
    GROUP BY GROUPING SETS ({layers})
) AS c
"""
"""One scan, and one value: the frame of a row of an answer is as long as a cell. OFFSET 0 keeps the hash from being
reckoned for every use of it."""
SENT = ">iiqqi"


def of(table: Relation, hashing: Hashing) -> sql.Composed:
    """The query of a table's cells; its answer is binary."""
    in_layer = [
        sql.SQL("hash >> {} & {}").format(sql.Literal(layer * CELL_BITS), sql.Literal(CELLS - 1))
        for layer in range(LAYERS)
    ]
    return sql.SQL(QUERY).format(
        places=sql.SQL(", ").join(
            sql.SQL("{} + ({})").format(sql.Literal(layer * CELLS), each)
            for layer, each in enumerate(in_layer)
        ),
        layers=sql.SQL(", ").join(sql.SQL("({})").format(each) for each in in_layer),
        low_31=sql.Literal(LOW_31),
        low_30=sql.Literal(LOW_30),
        hash=table.row_hash(hashing),
        key=table.key_number(hashing),
        rows=table.rows,
    )


def read(answer: bytes | None) -> dict[int, Cell]:
    """Return the cells of an answer; an empty table has none."""
    return {place: Cell(*numbers) for place, *numbers in iter_unpack(SENT, answer or b"")}
