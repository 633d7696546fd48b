"""Whether a region has been left, by the journal: from the point of no return of leaving it until a failback opens it.

It is asked every second for years, so it is asked cheaply: an operation takes an epoch before it records anything,
and as long as the estate's keys are the same and no epoch is held, no journal can have changed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from recovery import epoch
from recovery.errors import BadInput
from recovery.estate import EstateFile
from recovery.journal import Event, Kind, find
from recovery.left_hosts import refuse_left_hosts
from recovery.operation_journal import MOVES, newest_first, read
from recovery.quorum import Quorum
from recovery.shift import Phase

FENCES, OPENS = "keep_fenced", "open_region"
"""The steps of a failback before which the region is as it came back, and from which on it is let in."""
LEAVES = "failover"
"""What the ids of operations begin with that leave a region."""


@dataclass(frozen=True)
class Standing:
    """What the journal says of one region."""

    may_serve: bool
    why: str
    left_by: str | None = None
    """The operation that left it; None where it was not left, or is open again."""
    back_from: str | None = None
    """The operation that had left it, where a failback has opened it again."""
    leaving: str | None = None
    """The operation that holds the estate, and may leave it yet: its point of no return is ahead."""


@dataclass(frozen=True)
class ByHand:
    """What people have done to the region by a runbook: the operations by which it was left, and opened again."""

    left: frozenset[str]
    opened: frozenset[str]

    @classmethod
    def of(cls, keys: Collection[str], estate: str, region: str) -> "ByHand":
        """Read it off the estate's keys: an operation by hand writes an object of its name, and no journal."""

        def named(how: str) -> frozenset[str]:
            folder = f"estates/{estate}/{how}/{region}/"
            return frozenset(key.removeprefix(folder) for key in keys if key.startswith(folder))

        return cls(left=named("left"), opened=named("opened"))


class Asking:
    """The journal's stores, asked about one region again and again."""

    def __init__(self, file: EstateFile, quorum: Quorum, region: str) -> None:
        """Ask nothing yet."""
        self._file, self._quorum, self._region = file, quorum, region
        self._keys: Collection[str] = ()
        self._names: Sequence[str] | None = None
        self._moving: frozenset[str] = frozenset()
        """Who holds the estate, or may, to move its traffic."""
        self._told: Standing | None = None

    def ask(self) -> Standing:
        """Return what a majority of the stores says now; raises `Unavailable` where none answers in time."""
        estate = self._file.settings.estate
        keys = self._quorum.keys(f"estates/{estate}/")
        if self._told is None or keys != self._keys or epoch.may_be_held(keys, estate):
            names = self._operations(keys)
            # Who holds it was asked before the journals are: one that ends in between is not taken for nobody.
            leaving = self._leaving(keys)
            found = self._read(ByHand.of(keys, estate, self._region), names)
            self._told = replace(found, leaving=leaving) if found.may_serve else found
            self._keys = keys
        return self._told

    def _operations(self, keys: Collection[str]) -> Sequence[str]:
        """Return the operations that may have left the region or brought it back, the newest first.

        To list them costs the most: the keys of every journal there is. One takes an epoch before it records anything,
        so that a list which has all who may hold the estate stays whole while the estate's keys are the same.
        """
        if self._names is None or keys != self._keys:
            names = newest_first(self._quorum, *MOVES)
            claims = epoch.claims_of(self._quorum, self._file.settings.estate)
            moving = {claim.operation for claim in claims if claim.operation.split("-")[0] in MOVES}
            self._names = names if moving <= set(names) else None
            self._moving = frozenset(moving)
            return names
        return self._names

    def _leaving(self, keys: Collection[str]) -> str | None:
        """Return who holds the estate to leave the region, whatever end its journal tells of; None where nobody does.

        One store may tell of an end that the operation's next process does not find: it counts once the estate is
        free. One that has recorded nothing yet may be about to leave it, too.
        """
        estate, other = self._file.settings.estate, self._file.other(self._region)
        for name in sorted(self._moving):
            if name.split("-")[0] != LEAVES or f"estates/{estate}/left/{other}/{name}" in keys:
                continue
            opened = find(read(self._quorum, name), Kind.OPENED)
            if opened is None or opened.data.get("source") == self._region:
                return name
        return None

    def _read(self, by_hand: ByHand, names: Sequence[str]) -> Standing:
        try:
            refuse_left_hosts(self._file, self._quorum, but=None)
        except BadInput as error:
            return Standing(may_serve=False, why=str(error))
        found = standing(self._quorum, names, self._region)
        if still_left := by_hand.left - by_hand.opened - {found.back_from}:
            name = max(still_left)
            return Standing(may_serve=False, why=f"left by hand, by {name}", left_by=name)
        if found.left_by in by_hand.opened:
            why = f"a person has opened it again after {found.left_by}"
            return Standing(may_serve=True, why=why)
        return found


def standing(quorum: Quorum, names: Sequence[str], region: str) -> Standing:
    """Return what the newest of the operations that says something of *region* says.

    Unlike `left_by`, an operation under way counts from its point of no return on, and so does one that was given up
    after it: the other region has taken over, however that ended.
    """
    for name in names:
        if (found := _told(read(quorum, name), region)) is not None:
            return found
    return Standing(may_serve=True, why="no operation has left it")


def _told(events: Sequence[Event], region: str) -> Standing | None:
    """Return what one operation says of the region; None where it has changed nothing there, or put it back."""
    opened = find(events, Kind.OPENED)
    if opened is None:
        return None
    if opened.data.get("returned") == region:
        return _of_failback(events, opened)
    if "source" not in opened.data or find(events, Kind.POINT_OF_NO_RETURN) is None:
        return None
    if opened.data["source"] == region:
        why = f"left by {opened.operation}, and no failback has opened it since"
        return Standing(may_serve=False, why=why, left_by=opened.operation)
    return Standing(may_serve=True, why=f"it took over in {opened.operation}")


def _of_failback(events: Sequence[Event], opened: Event) -> Standing | None:
    begun = {event.step for event in events if event.kind is Kind.STARTED}
    if FENCES not in begun:
        return None
    held = any(event.kind is Kind.NOTED and event.data.get("ended") == Phase.HELD for event in events)
    put_back = any(event.kind in {Kind.BACKING_OUT, Kind.BACKED_OUT} for event in events)
    left_by = str(opened.data["failover"])
    if OPENS in begun and (held or not put_back):
        return Standing(may_serve=True, why=f"opened by {opened.operation}", back_from=left_by)
    how = "was backed out" if put_back else "has not opened it yet"
    return Standing(may_serve=False, why=f"left by {left_by}, and {opened.operation} {how}", left_by=left_by)
