"""What becomes of a row that differs still, once what never left is home. Pure: the same answer for the same row."""

from collections.abc import Mapping
from dataclasses import dataclass

from recovery.reconcile.deciding import Deciding
from recovery.reconcile.drift import Drift
from recovery.reconcile.rules import Asked, Decided, Rule, Why
from recovery.reconcile.shapes import Key, TableName, TableShape

NOT_KNOWN = (
    "{there} has it not, and {here} missed what was deleted there: whether it never left, nobody knows"
)


@dataclass(frozen=True)
class Evening:
    """What the decisions need beside the rows."""

    deciding: Deciding
    region: str
    """The one that is back."""
    waiting: Mapping[tuple[TableName, Key], str]
    """Rows that the salvage left to a person, and why: it knew what the returned region had done to them."""
    whole: frozenset[str] = frozenset()
    """Node groups of which the returned region missed what the other one wrote, and all that never left is home."""
    torn: frozenset[str] = frozenset()
    """Node groups of which it missed that, and not all that never left is known."""

    def decide(self, row: Drift, shape: TableShape, rule: Rule) -> Decided | Asked:
        """Return what becomes of *row*, or why a person must say.

        In a node group that is whole, it becomes as the serving region has it, and is deleted where that has it not:
        all that the returned region wrote itself is home. In one that is torn, a row that only the returned region has
        may be one of those, or may have been deleted by the other one.
        """
        if why := self.waiting.get(row.place):
            return Asked(why=why)
        group = row.table.database
        if group in self.whole:
            return self.deciding.as_in(row, shape, self._serving, Why.SERVED)
        if group in self.torn and self._alone_here(row):
            return Asked(why=NOT_KNOWN.format(here=self.region, there=self._serving))
        return self.deciding.decide(row, shape, rule)

    @property
    def _serving(self) -> str:
        first, second = self.deciding.regions
        return second if self.region == first else first

    def _alone_here(self, row: Drift) -> bool:
        """Whether the returned region alone has it."""
        return (row.right if self.region == self.deciding.regions[0] else row.left) is None
