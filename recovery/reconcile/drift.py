"""Rows that differ between two clusters that are written to: those that stand still, apart from those under way.

While replication runs, a row that was just written differs too, until it has crossed. So each row that differs is
looked at on both sides, then everything that was committed by then is waited for, both ways, and it is looked at again.
One that nobody has written meanwhile, on either side, and that differs still, will not be mended by replication: it has
drifted. One that either side has since taken from the other, in a version as new as any that was seen, is under way.
All others are looked at again.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from recovery.reconcile.blocks import Hashing
from recovery.reconcile.changed import Since, changed_since, differing_since
from recovery.reconcile.comparison import both, differing, fingerprinted
from recovery.reconcile.locating import located, located_keys
from recovery.reconcile.plan import Row
from recovery.reconcile.ports import Sighting, Tables
from recovery.reconcile.shapes import Key, TableName, TableShape

IMAGES_AT_ONCE = 10_000
"""So many rows are looked at, and waited for, together: both sides' images are in memory meanwhile."""
LOOKS = 5
"""A row that is written to between every two looks, so often in a row, is told as restless."""


@dataclass(frozen=True)
class Pair:
    """Two clusters that each apply what the other one writes."""

    left: Tables
    right: Tables
    fence: Callable[[], object]
    """Returns once all that either side had committed before has arrived on the other one."""
    thin_link: bool = False
    """Every byte that is read of them is dear: whole tables are compared by cells where that sends less."""


Sides = tuple[Sighting | None, Sighting | None]


class Kind(StrEnum):
    """How two copies of a row differ."""

    DIFFERENT = "different on both sides"
    LEFT = "on the left side only"
    RIGHT = "on the right side only"


class Drift(Row):
    """A row that differs, and stands still: as each side has it, and who wrote it there last."""

    left: Sighting | None
    right: Sighting | None

    @property
    def kind(self) -> Kind:
        """How its copies differ."""
        if self.left is None:
            return Kind.RIGHT
        return Kind.LEFT if self.right is None else Kind.DIFFERENT


@dataclass
class Seen:
    """What a comparison of one table under load has come to."""

    shape: TableShape
    rows: tuple[int, int] = (0, 0)
    """How many rows were compared: the left side's, the right side's."""
    blocks: int = 0
    differing_blocks: int = 0
    by_cells: bool = False
    """The blocks are cells."""
    kinds: Counter[Kind] = field(default_factory=Counter)
    """How many rows have drifted, by how they differ."""
    in_flight: int = 0
    """Rows that differed at first, and were under way."""
    restless: int = 0
    """Rows that were written to between all looks: whether they have drifted is not known."""


def drifted(
    pair: Pair,
    table: TableName,
    *,
    tell: Callable[[Drift], object],
    hashing: Hashing = Hashing.VALUES,
    since: Since | None = None,
) -> Seen:
    """Compare two copies of a table under load, and *tell* every row that has drifted, some blocks at a time.

    *since*: only what was written since, of copies that were alike then: it costs what changed, not what there is.

    Rows of some blocks are held in memory at a time, however many differ. A table without a key is a number of rows
    that are counted by their images: one differs of which a side has more. Raises `Refused`, with the table, where it
    has another shape on the other side.
    """
    seen, suspects = _suspects(pair, table, hashing=hashing, since=since)
    for keys in suspects:
        for start in range(0, len(keys), IMAGES_AT_ONCE):
            some = keys[start : start + IMAGES_AT_ONCE]
            before = _look(pair, table, some)
            seen.in_flight += len(some) - len(before)
            _tell_standing(pair, seen, before, tell)
    return seen


def drifted_among(
    pair: Pair, shape: TableShape, keys: Collection[Key], *, tell: Callable[[Drift], object]
) -> Seen:
    """Compare these rows of a table alone, under load, and *tell* those that have drifted."""
    seen = Seen(shape, (len(keys), len(keys)))
    _tell_standing(pair, seen, _look(pair, shape.name, keys), tell)
    return seen


def _suspects(
    pair: Pair, table: TableName, *, hashing: Hashing, since: Since | None
) -> tuple[Seen, Iterator[list[Key]]]:
    """Return what one scan a side has come to, and the rows that differed then, some at a time."""
    sides = pair.left, pair.right
    if since:
        changed = changed_since(*sides, table, since=since, hashing=hashing)
        found, looked_into = changed.found, len(changed.found.suspects) + len(changed.written)
        return Seen(found.shape, found.rows, found.blocks, looked_into), differing_since(*sides, changed)
    if pair.thin_link and (told := located(*sides, table, hashing=hashing)):
        seen = Seen(told.shape, told.rows, told.cells, told.differing_cells, by_cells=True)
        return seen, located_keys(*sides, told)
    found = fingerprinted(*sides, table, hashing=hashing)
    return Seen(found.shape, found.rows, found.blocks, len(found.suspects)), differing(*sides, found)


def _tell_standing(
    pair: Pair, seen: Seen, before: Mapping[Key, Sides], tell: Callable[[Drift], object]
) -> None:
    """Tell the rows that stand still across a fence, and differ; count the others."""
    table = seen.shape.name
    for _ in range(LOOKS):
        if not before:
            break
        pair.fence()
        after = _look(pair, table, before)
        for key, (here, there) in after.items():
            if before[key] == (here, there):
                drift = Drift(table=table, key=key, left=here, right=there)
                seen.kinds[drift.kind] += 1
                tell(drift)
        moved = {key: sides for key, sides in after.items() if before[key] != sides}
        again = {key: sides for key, sides in moved.items() if not _crosses(before[key], sides)}
        seen.in_flight += len(before) - len(after) + len(moved) - len(again)
        before = again
    seen.restless += len(before)


def _crosses(before: Sides, after: Sides) -> bool:
    """Whether a side has taken the row from the other one since, no older than either side had it *before*.

    So a row that is written without a rest is known to be carried over. A column that is stored apart, and that no
    write touches, is not carried with it; what differs there is found once the row rests.
    """
    newest = max((side.at for side in before if side and side.at), default=None)
    taken = (side for number, side in enumerate(after) if side and side.foreign and side != before[number])
    return any(side.at is not None and (newest is None or side.at >= newest) for side in taken)


def _look(pair: Pair, table: TableName, keys: Collection[Key]) -> Mapping[Key, Sides]:
    """Return those of the rows that differ now, as both sides have them."""
    here, there = both(pair.left, pair.right, lambda side: side.sightings(table, keys))
    sides = {key: (here.get(key), there.get(key)) for key in keys}
    return {key: found for key, found in sides.items() if _image(found[0]) != _image(found[1])}


def _image(side: Sighting | None) -> str | None:
    return side and side.image
