"""What a row that has drifted becomes, by its rule. Pure: the same answer for the same row.

A row is never deleted by a guess. That one region does not have it may mean that it deleted the row, or that it never
got it: only a deletion on record, a rule that says so, or a person tells which.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from recovery.reconcile.drift import Drift
from recovery.reconcile.ports import Sighting
from recovery.reconcile.resolving import Ask, Conflicting, Merge, Take, Version
from recovery.reconcile.row_text import image_of, values_of
from recovery.reconcile.rules import Absent, Asked, Decided, Rule, Strategy, Why
from recovery.reconcile.shapes import Key, TableName, TableShape

Deletions = Mapping[tuple[TableName, Key], Mapping[str, datetime]]
"""Deletions on record: of a row, by which region, when it was committed there."""

TWO_WAYS = (
    "its key is written in two ways, as 1.0 and 1.00, and is one to the servers: it is repaired by hand"
)
MANUAL = "the rule leaves it to a person"
KEYLESS = "its table has no key: rows that are alike can not be told apart, and are repaired by hand"


@dataclass(frozen=True)
class Deciding:
    """What decisions need beside the row and its rule."""

    regions: tuple[str, str]
    """The left side's, and the right side's; the first one has priority."""
    deletions: Deletions = field(default_factory=dict)
    alike_at: Mapping[TableName, datetime] = field(default_factory=dict)
    """Before then, each table was alike in both regions: what has not been written since, both had."""
    untimed: str | None = None
    """Why commit times of the two regions can not be set beside each other, such as clocks that are apart."""
    unwritten: str | None = None
    """Why it can not be told who wrote a row, or when."""

    def decide(self, row: Drift, shape: TableShape, rule: Rule) -> Decided | Asked:
        """Return what becomes of *row*, or why a person must say."""
        if why := _by_hand(row, shape):
            return Asked(why=why)
        if rule.strategy is Strategy.RESOLVER:
            return self._resolved(row, shape, rule)
        if row.left is None or row.right is None:
            has = row.left or row.right
            return self._alone(row, has, rule) if has else Asked(why="neither region has it")
        match rule.strategy:
            case Strategy.LAST_WRITE_WINS:
                return self._later(row.left, row.right)
            case Strategy.PREFER:
                return self._taken(row, rule.region or self.regions[0], Why.PREFERRED)
            case Strategy.MANUAL:
                return Asked(why=MANUAL)
            case never:
                assert_never(never)

    def chosen(self, row: Drift, region: str) -> Decided:
        """Return what a person chose: as *region* has it, deleted where that does not."""
        return self._taken(row, region, Why.PERSON)

    def as_in(self, row: Drift, shape: TableShape, region: str, why: Why) -> Decided | Asked:
        """Return *row* as a region has it, deleted where that does not; a person repairs what no rule can."""
        told = _by_hand(row, shape)
        return Asked(why=told) if told else self._taken(row, region, why)

    def _later(self, left: Sighting, right: Sighting) -> Decided | Asked:
        """Take the later write. The left one where none is known to be later."""
        if why := self.unwritten or self.untimed:
            return Asked(why=why)
        if left.at == right.at:
            return Decided(image=left.image, at=left.at, why=Why.PRIORITY)
        later = max(left, right, key=_recency)
        return Decided(image=later.image, at=later.at, why=Why.LATER)

    def _alone(self, row: Drift, has: Sighting, rule: Rule) -> Decided | Asked:
        """Decide about a row that one region alone *has*."""
        match rule.absent:
            case Absent.KEEP:
                return Decided(image=has.image, at=has.at, why=Why.KEPT)
            case Absent.DELETE:
                return Decided(image=None, at=None, why=Why.DELETED)
            case Absent.EVIDENCE if rule.strategy is not Strategy.MANUAL:
                return self._by_evidence(row, has)
            case Absent.EVIDENCE:
                return Asked(why=MANUAL)
            case never:
                assert_never(never)

    def _by_evidence(self, row: Drift, has: Sighting) -> Decided | Asked:
        if self.unwritten:
            return Asked(why=self.unwritten)
        here, there = self.regions if row.left else self.regions[::-1]
        deleted_at = self.deletions.get(row.place, {}).get(there)
        if deleted_at and (has.at is None or deleted_at > has.at):
            if self.untimed:
                return Asked(why=self.untimed)
            if has.at is None:
                return Asked(why=f"{there} deleted it, and when {here}'s version was written is forgotten")
            return Decided(image=None, at=deleted_at, why=Why.ON_RECORD)
        if not deleted_at and (why := self._had(row, has)):
            return Asked(
                why=f"{there} {why}, and has it no more: no record tells whether it was deleted there"
            )
        return Decided(image=has.image, at=has.at, why=Why.OWN)

    def _had(self, row: Drift, has: Sighting) -> str | None:
        """Why a region must have had the row that the other one *has*; None where it may never have come there."""
        if has.foreign:
            return "wrote it"
        alike_at = self.alike_at.get(row.table)
        both_had = alike_at is not None and (has.at is None or has.at < alike_at)
        return "had it when the table was last alike" if both_had else None

    def _resolved(self, row: Drift, shape: TableShape, rule: Rule) -> Decided | Asked:
        if rule.resolver is None:
            return Asked(why="the rule's resolver is not loaded")
        sides = dict(zip(self.regions, (row.left, row.right), strict=True))
        versions = {region: self._version(region, seen, shape) for region, seen in sides.items()}
        try:
            answer = rule.resolver(Conflicting(row.table, row.key, versions))
            return self._answered(row, shape, answer)
        except Exception as error:  # noqa: BLE001 - somebody else's code: its row is asked about, the others go on
            return Asked(why=f"the resolver failed: {type(error).__name__}")

    def _answered(self, row: Drift, shape: TableShape, answer: object) -> Decided | Asked:
        settable = {column.name for column in shape.columns if not column.generated} - {*shape.key}
        match answer:
            case Take(region) if region in self.regions:
                return self._taken(row, region, Why.RESOLVED)
            case Merge(values) if values.keys() <= settable and all(
                value is None or isinstance(value, str) for value in values.values()
            ):
                return self._merged(row, shape, values)
            case Ask(why):
                return Asked(why=str(why))
            case _:
                return Asked(
                    why="the resolver answered with a region, a column or a value that can not be taken"
                )

    def _merged(self, row: Drift, shape: TableShape, values: Mapping[str, str | None]) -> Decided:
        sides = [side for side in (row.left, row.right) if side]
        later = max(sides, key=_recency)
        before = dict(zip([c.name for c in shape.columns], values_of(later.image), strict=True))
        image = image_of([{**before, **values}[column.name] for column in shape.columns])
        return Decided(image=image, at=later.at, why=Why.MERGED)

    def _taken(self, row: Drift, region: str, why: Why) -> Decided:
        side = row.left if region == self.regions[0] else row.right
        return Decided(image=side and side.image, at=side and side.at, why=why)

    def _version(self, region: str, seen: Sighting | None, shape: TableShape) -> Version | None:
        if seen is None:
            return None
        names = [column.name for column in shape.columns]
        other = self.regions[0] if region == self.regions[1] else self.regions[1]
        return Version(
            values=dict(zip(names, values_of(seen.image), strict=True)),
            written_by=other if seen.foreign else region,
            written_at=seen.at,
        )


def _recency(side: Sighting) -> float:
    """When it was written; one whose time the server has forgotten is older than any that it knows."""
    return side.at.timestamp() if side.at else float("-inf")


def _by_hand(row: Drift, shape: TableShape) -> str | None:
    """Why a row can not be repaired by any rule; None where it can."""
    if not shape.key:
        return KEYLESS
    if row.left is None or row.right is None:
        return None
    places = [number for number, column in enumerate(shape.columns) if column.name in shape.key]
    left, right = values_of(row.left.image), values_of(row.right.image)
    return TWO_WAYS if [left[at] for at in places] != [right[at] for at in places] else None
