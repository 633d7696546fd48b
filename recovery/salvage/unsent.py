"""The true lost set: every row of the transactions that a region had committed and never sent."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from recovery.measurement import Frozen
from recovery.reconcile.lines import Lined
from recovery.reconcile.plan import IN_ORDER, Row
from recovery.reconcile.shapes import Key, TableName
from recovery.salvage.ports import Did, UnsentChange


class UnsentRow(Row):
    """A row, and what the region did to it that the other one never got."""

    first: Did = Field(
        description="What it did first: a row that was inserted, the other region has never had"
    )
    last: Did
    at: AwareDatetime = Field(description="When the last of it was committed")


class Committed(Frozen):
    """A transaction that never left."""

    database: str
    number: int
    at: AwareDatetime


class Untold(Frozen):
    """Changes of a table that can not be told by a key."""

    table: str
    changes: int


class Unsent(Lined):
    """What a region had not sent when it was left. Its rows are in the order of tables and keys."""

    what: ClassVar[str] = "list of unsent rows"
    listed: ClassVar[frozenset[str]] = frozenset({"rows", "transactions"})

    region: str
    failover: str = Field(description="The operation that left it")
    listed_at: AwareDatetime
    until: dict[str, str] = Field(
        description="The position in its WAL up to which each node group was read; one that was not read has none"
    )
    transactions: tuple[Committed, ...]
    rows: Annotated[tuple[UnsentRow, ...], IN_ORDER]
    untold: tuple[Untold, ...] = ()
    unread: dict[str, str] = Field(
        default={},
        description="Node groups whose WAL is not there any more, and why: what they had not sent, nobody knows",
    )

    @property
    def oldest(self) -> AwareDatetime | None:
        """When the first of the transactions was committed."""
        return min((one.at for one in self.transactions), default=None)

    @property
    def newest(self) -> AwareDatetime | None:
        """When the last of them was."""
        return max((one.at for one in self.transactions), default=None)

    @property
    def span_s(self) -> float:
        """From the first to the last of the transactions, seconds."""
        return (self.newest - self.oldest).total_seconds() if self.newest and self.oldest else 0.0

    @property
    def tables(self) -> Mapping[str, int]:
        """How many rows of which table."""
        return dict(sorted(Counter(row.table.path for row in self.rows).items()))

    def is_whole(self, node_group: str) -> bool:
        """Whether nothing of the node group's can have been missed: all was read, and told by its key."""
        untold = any(one.table.startswith(f"{node_group}.") for one in self.untold)
        return node_group in self.until and node_group not in self.unread and not untold

    def joined(self, later: "Unsent") -> "Unsent":
        """Return this list with what a *later* one adds: what was listed before is listed for good."""
        before = {row.place: row for row in self.rows}
        again = {
            row.place: row.model_copy(update={"first": before[row.place].first})
            if row.place in before
            else row
            for row in later.rows
        }
        counts = {one.table: one.changes for one in self.untold}
        for one in later.untold:
            counts[one.table] = max(one.changes, counts.get(one.table, 0))
        return later.model_copy(
            update={
                "rows": tuple(sorted((before | again).values(), key=lambda row: row.place)),
                "transactions": _in_order({*self.transactions, *later.transactions}),
                "until": self.until | later.until,
                "untold": _untold(counts),
                "unread": self.unread | later.unread,
            }
        )

    def __str__(self) -> str:
        """What it lists, in a sentence."""
        if not self.rows and not self.untold:
            return "everything that was committed there had left"
        return f"{len(self.transactions)} transactions with {len(self.rows)} rows had not left, of {self.span_s:.2f} s"


class Folding:
    """Changes in their order become rows: each once, with what was done to it first, and last."""

    def __init__(self) -> None:
        """Have none."""
        self._rows: dict[tuple[TableName, Key], UnsentRow] = {}
        self._untold = Counter[str]()
        self._transactions = set[Committed]()

    def add(self, changes: Iterable[UnsentChange]) -> None:
        """Take changes, in the order in which they were committed."""
        for change in changes:
            self._transactions.add(
                Committed(database=change.table.database, number=change.transaction, at=change.at)
            )
            if change.key is None:
                self._untold[change.table.path] += 1
                continue
            place = (change.table, change.key)
            before = self._rows.get(place)
            self._rows[place] = UnsentRow(
                table=change.table,
                key=change.key,
                first=before.first if before else change.did,
                last=change.did,
                at=change.at,
            )

    @property
    def count(self) -> int:
        """How many rows there are so far."""
        return len(self._rows)

    def result(
        self,
        region: str,
        failover: str,
        *,
        at: AwareDatetime,
        until: Mapping[str, str],
        unread: Mapping[str, str],
    ) -> Unsent:
        """Return the list."""
        return Unsent(
            region=region,
            failover=failover,
            listed_at=at,
            until={**until},
            transactions=_in_order(self._transactions),
            rows=tuple(self._rows.values()),
            untold=_untold(self._untold),
            unread={**unread},
        )


def _in_order(transactions: Iterable[Committed]) -> tuple[Committed, ...]:
    return tuple(sorted(transactions, key=lambda one: (one.database, one.at, one.number)))


def _untold(counts: Mapping[str, int]) -> tuple[Untold, ...]:
    return tuple(Untold(table=table, changes=count) for table, count in sorted(counts.items()))
