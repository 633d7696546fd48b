"""The true lost set: every row of the transactions that a region had committed and never sent."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
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


class Untold(Frozen):
    """Changes of a table that can not be told by a key."""

    table: str
    changes: int


class Unsent(Lined):
    """What a region had not sent when it was left. Its rows are in the order of tables and keys."""

    what: ClassVar[str] = "list of unsent rows"
    listed: ClassVar[frozenset[str]] = frozenset({"rows"})

    region: str
    failover: str = Field(description="The operation that left it")
    listed_at: AwareDatetime
    until: str = Field(description="The position in its WAL up to which it was read")
    transactions: int
    oldest: AwareDatetime | None = Field(description="When the first of the transactions was committed")
    newest: AwareDatetime | None
    rows: Annotated[tuple[UnsentRow, ...], IN_ORDER]
    untold: tuple[Untold, ...] = ()
    unread: tuple[str, ...] = Field(
        default=(),
        description="Node groups whose WAL is not there any more: what they had not sent, nobody knows",
    )

    @property
    def span_s(self) -> float:
        """From the first to the last of the transactions, seconds."""
        return (self.newest - self.oldest).total_seconds() if self.newest and self.oldest else 0.0

    @property
    def tables(self) -> Mapping[str, int]:
        """How many rows of which table."""
        return dict(sorted(Counter(row.table.path for row in self.rows).items()))

    def joined(self, later: "Unsent") -> "Unsent":
        """Return this list with what a *later* one adds: what was listed before is listed for good."""
        before = {row.place: row for row in self.rows}
        both = {row.place: row for row in later.rows}
        rows = before | {
            place: row.model_copy(update={"first": before[place].first}) if place in before else row
            for place, row in both.items()
        }
        known = [at for at in (self.oldest, later.oldest) if at]
        again = {row.place for row in later.rows} <= set(before)
        return later.model_copy(
            update={
                "rows": tuple(sorted(rows.values(), key=lambda row: row.place)),
                "transactions": self.transactions + (0 if again else later.transactions),
                "oldest": min(known, default=None),
                "newest": max((at for at in (self.newest, later.newest) if at), default=None),
                "untold": later.untold or self.untold,
                "unread": later.unread or self.unread,
            }
        )

    def __str__(self) -> str:
        """What it lists, in a sentence."""
        if not self.rows and not self.untold:
            return "everything that was committed there had left"
        return f"{self.transactions} transactions with {len(self.rows)} rows had not left, of {self.span_s:.2f} s"


class Folding:
    """Changes in their order become rows: each once, with what was done to it first, and last."""

    def __init__(self) -> None:
        """Have none."""
        self._rows: dict[tuple[TableName, Key], UnsentRow] = {}
        self._untold = Counter[TableName]()
        self._transactions = set[tuple[str, int]]()
        self._times: list[datetime] = []

    def add(self, changes: Iterable[UnsentChange]) -> None:
        """Take changes, in the order in which they were committed."""
        for change in changes:
            if (number := (change.table.database, change.transaction)) not in self._transactions:
                self._transactions.add(number)
                self._times = [min([change.at, *self._times]), max([change.at, *self._times])]
            if change.key is None:
                self._untold[change.table] += 1
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
        self, region: str, failover: str, *, until: str, at: datetime, unread: Iterable[str]
    ) -> Unsent:
        """Return the list."""
        return Unsent(
            region=region,
            failover=failover,
            listed_at=at,
            until=until,
            transactions=len(self._transactions),
            oldest=self._times[0] if self._times else None,
            newest=self._times[-1] if self._times else None,
            rows=tuple(self._rows.values()),
            untold=tuple(Untold(table=table.path, changes=n) for table, n in sorted(self._untold.items())),
            unread=tuple(unread),
        )
