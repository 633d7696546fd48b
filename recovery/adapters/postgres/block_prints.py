"""Numbers of each block of a table, as the server puts them together and sends them: one value for all blocks.

A row of an answer has a frame as long as what is in it, and takes three times as long to read.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any, TypeVar

from psycopg import Connection, sql

T = TypeVar("T")
QUERY = "SELECT string_agg({sent}, '') FROM (SELECT {numbers} FROM {rows} GROUP BY 1) AS b"
COUNT = sql.SQL("count(*)")
SUM = sql.SQL("(sum({}) %% 9223372036854775808)::bigint")
"""Of integers of 64 bits: what is left of their sum by 2^63, with its sign."""


@dataclass(frozen=True)
class Blocks:
    """The blocks that some rows fall into."""

    block: sql.Composable
    """Of a row."""
    rows: sql.Composable
    asked: tuple[object, ...] = ()
    """What the rows are asked for by."""

    def read(
        self,
        connection: Connection[Any],
        numbers: Sequence[sql.Composable],
        make: Callable[[Iterable[int]], T],
    ) -> dict[int, T]:
        """Return what is made of each block's *numbers*, all of them integers of 64 bits; from one statement."""
        names = [sql.Identifier(f"n{place}") for place in range(1 + len(numbers))]
        named = zip([self.block, *numbers], names, strict=True)
        query = sql.SQL(QUERY).format(
            sent=sql.SQL(" || ").join(sql.SQL("int8send({})").format(name) for name in names),
            numbers=sql.SQL(", ").join(sql.SQL("{} AS {}").format(number, name) for number, name in named),
            rows=self.rows,
        )
        ((answer,),) = connection.execute(query, self.asked, binary=True).fetchall()
        frames = Struct(f">{len(names)}q").iter_unpack(answer or b"")
        return {block[0]: make(block[1:]) for block in frames}
