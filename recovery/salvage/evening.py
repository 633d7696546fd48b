"""What becomes of a row that differs still, once what never left is home. Pure: the same answer for the same row."""

from collections.abc import Mapping
from dataclasses import dataclass

from recovery.reconcile.deciding import Deciding
from recovery.reconcile.drift import Drift
from recovery.reconcile.rules import Asked, Decided, Rule
from recovery.reconcile.shapes import Key, TableName, TableShape


@dataclass(frozen=True)
class Evening:
    """What the decisions need beside the rows."""

    deciding: Deciding
    waiting: Mapping[tuple[TableName, Key], str]
    """Rows that the salvage left to a person, and why: it knew what the returned region had done to them."""

    def decide(self, row: Drift, shape: TableShape, rule: Rule) -> Decided | Asked:
        """Return what becomes of *row*, or why a person must say."""
        if why := self.waiting.get(row.place):
            return Asked(why=why)
        return self.deciding.decide(row, shape, rule)
