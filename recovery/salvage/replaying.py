"""What becomes of each row that never left. Pure: the same answer for the same row.

One that the other region has not written since it took over is replayed there. One that it has is decided by the
estate's rule for its table, or by a person; its deletion there is never undone by a guess.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from recovery.reconcile.deciding import Deciding
from recovery.reconcile.drift import Drift
from recovery.reconcile.ports import Sighting
from recovery.reconcile.rules import Absent, Asked, Decided, Rule, Strategy, Why
from recovery.reconcile.shapes import TableShape
from recovery.salvage.ports import Did
from recovery.salvage.unsent import UnsentRow

DELETED_THERE = "{there} has deleted it since it took over, and {here} had written it before"
GONE_HERE = "{here} had written it, and has it no more"


class Fate(StrEnum):
    """What became of a row that never left, as it is counted."""

    REPLAYED = "replayed"
    """The other region had not written it: it gets what never left."""
    ARRIVED = "alike"
    """Both have it alike: it had arrived, or was brought home before."""
    SUPERSEDED = "superseded"
    """The other region wrote it later, and that has come back already."""
    RULED = "by rule"
    """Both wrote it: the table's rule decides."""
    ASKED = "asked"
    """A person decides."""


@dataclass(frozen=True)
class Replaying:
    """What the decisions need beside the rows."""

    deciding: Deciding
    region: str
    """The one that is back."""
    left_at: datetime
    """When it was left: what the other one wrote later, it wrote without knowing of the lost rows."""

    def decide(
        self, row: UnsentRow, drift: Drift, shape: TableShape, rule: Rule
    ) -> tuple[Fate, Decided | Asked | None]:
        """Return what becomes of a row, as both regions have it now; None where nothing is to be done."""
        here, there = self._sides(drift)
        touched = self._touched(row, there)
        if (here and here.image) == (there and there.image):
            return (Fate.SUPERSEDED if touched else Fate.ARRIVED), None
        if why := self.deciding.unwritten:
            return Fate.ASKED, Asked(why=why)
        if touched:
            return self._contested(row, drift, shape, rule)
        if here:
            return Fate.REPLAYED, Decided(image=here.image, at=here.at, why=Why.NEVER_LEFT)
        if row.last is Did.DELETE:
            return Fate.REPLAYED, Decided(image=None, at=row.at, why=Why.DELETION_NEVER_LEFT)
        return Fate.ASKED, self._asked(GONE_HERE)

    def _contested(
        self, row: UnsentRow, drift: Drift, shape: TableShape, rule: Rule
    ) -> tuple[Fate, Decided | Asked]:
        here, there = self._sides(drift)
        by_evidence = rule.absent is Absent.EVIDENCE and rule.strategy is not Strategy.RESOLVER
        if here and there is None and by_evidence:
            return Fate.ASKED, self._asked(DELETED_THERE)
        deciding = self.deciding
        if row.last is Did.DELETE:
            known = {**deciding.deletions.get(row.place, {}), self.region: row.at}
            deciding = replace(deciding, deletions={**deciding.deletions, row.place: known})
        decision = deciding.decide(drift, shape, rule)
        return (Fate.ASKED if isinstance(decision, Asked) else Fate.RULED), decision

    def _touched(self, row: UnsentRow, there: Sighting | None) -> bool:
        """Whether the other region wrote it by itself since it took over, or as far as it can be told, later.

        Both served before the loss: what crossed then may be later than what never left.
        """
        if there is None:
            return row.first is not Did.INSERT
        if there.at is None:
            return False
        since = there.at > self.left_at or self.deciding.untimed is not None
        return there.at > row.at or (since and not there.foreign)

    def _sides(self, drift: Drift) -> tuple[Sighting | None, Sighting | None]:
        """Return how the region that is back has it, and how the other one has."""
        is_left = self.region == self.deciding.regions[0]
        return (drift.left, drift.right) if is_left else (drift.right, drift.left)

    def _asked(self, why: str) -> Asked:
        first, second = self.deciding.regions
        other = second if self.region == first else first
        return Asked(why=why.format(here=self.region, there=other))
