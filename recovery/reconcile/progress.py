"""How far a comparison of tables has come: what is done is counted, and what is under way is reckoned by its time.

A table is one scan a side, which tells nothing before it ends. So its rows, as the planner estimates them, are reckoned
to go by as fast as those of the tables before it, until most of them have.
"""

from collections.abc import Mapping

from recovery.reconcile.shapes import TableName

FIRST_ROWS_PER_S = 400_000.0
"""As long as no table is done: about half as fast as 5,000,000 rows of 200 bytes were compared (`blocks`)."""
MOST_OF_A_TABLE = 0.95
"""No more of a table that is under way is taken for done, however long it takes."""


class Progress:
    """Counts tables by their rows. Instants are seconds of one clock; one thread counts, another one may look."""

    def __init__(self, rows: Mapping[TableName, int], began_s: float) -> None:
        """Take how many rows each table has, about."""
        self._rows, self._began_s = dict(rows), began_s
        self._done, self._tables = 0, 0
        self._under_way: dict[TableName, float] = {}

    def began(self, table: TableName, at_s: float) -> None:
        """Count a table as under way."""
        self._under_way[table] = at_s

    def passed(self, table: TableName) -> None:
        """Count a table as done."""
        self._under_way.pop(table, None)
        self._done += self._rows.get(table, 0)
        self._tables += 1

    def share(self, now_s: float) -> float:
        """How much is done, from 0 to 1, by rows; by tables where they are empty."""
        whole = sum(self._rows.values())
        if not whole:
            return self._tables / max(1, len(self._rows))
        return min(1.0, (self._done + self._reckoned(now_s)) / whole)

    def told(self, now_s: float) -> str:
        """Return how far, how fast, how long still, and which tables are under way since when."""
        took_s, share = now_s - self._began_s, self.share(now_s)
        told = [f"{self._tables} of {len(self._rows)} tables, about {self._done:,} rows"]
        if self._done and took_s > 0:
            told.append(f"{self._done / took_s:,.0f} rows/s")
        if share and took_s > 0:
            told.append(f"about {took_s * (1 - share) / share:.0f} s left")
        under_way = [
            f"{table.path} (about {self._rows.get(table, 0):,} rows) for {now_s - at_s:.0f} s"
            for table, at_s in list(self._under_way.items())
        ]
        return ", ".join(told) + (f"; under way: {', '.join(under_way)}" if under_way else "")

    def _reckoned(self, now_s: float) -> float:
        """About how many rows of the tables under way have gone by: they share the pace of those before."""
        under_way = list(self._under_way.items())
        if not under_way:
            return 0.0
        spent_s = (min(at_s for _, at_s in under_way) - self._began_s) or now_s - self._began_s
        measured = self._done / spent_s if self._done and spent_s > 0 else FIRST_ROWS_PER_S
        each_per_s = measured / len(under_way)
        return sum(
            min(MOST_OF_A_TABLE * self._rows.get(table, 0), each_per_s * (now_s - at_s))
            for table, at_s in under_way
        )
