"""Keys of Redis that have drifted, kept for a repair: as each region had them, and whose copies are right."""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import ClassVar, Self

from pydantic import Field

from recovery.measurement import Frozen
from recovery.reconcile.cache_drift import KeyDrift
from recovery.reconcile.cache_keys import KeyState
from recovery.reconcile.cache_repair import Rule, Undo, Winner
from recovery.reconcile.lines import Lined


class DriftedKey(Frozen):
    """A key, as both sides had it; it may be any bytes, and is written in base64."""

    key: str
    left: KeyState | None
    right: KeyState | None

    @classmethod
    def of(cls, drift: KeyDrift) -> Self:
        """Return the key that a comparison told."""
        return cls(key=b64encode(drift.key).decode(), left=drift.left, right=drift.right)

    @property
    def drift(self) -> KeyDrift:
        """What the comparison told."""
        return KeyDrift(b64decode(self.key), self.left, self.right)


class CachePlan(Lined):
    """The keys that a repair gives the losing side, as the winner has them."""

    what: ClassVar[str] = "plan of keys"
    listed: ClassVar[frozenset[str]] = frozenset({"drifted"})

    name: str = Field(description="The comparison's name")
    regions: tuple[str, str] = Field(description="The first one is the left side")
    winner: str = Field(description="The region whose copies are right")
    delete_absent: bool = Field(description="Whether keys that the other region alone has are deleted there")
    drifted: tuple[DriftedKey, ...]

    @property
    def rule(self) -> Rule:
        """How the keys are repaired."""
        winner = Winner.LEFT if self.winner == self.regions[0] else Winner.RIGHT
        return Rule(winner, delete_absent=self.delete_absent)

    @property
    def loser(self) -> str:
        """The region that is written to."""
        return next(region for region in self.regions if region != self.winner)

    @property
    def changes(self) -> int:
        """How many keys it writes or deletes, at most."""
        left_wins = self.winner == self.regions[0]
        there = [key.left if left_wins else key.right for key in self.drifted]
        return len(there) if self.delete_absent else sum(1 for state in there if state)


class UndoOfKeys(Lined):
    """What takes some keys' repair back."""

    what: ClassVar[str] = "undo of keys"
    listed: ClassVar[frozenset[str]] = frozenset({"undos"})

    region: str
    undos: tuple[Undo, ...]

    @classmethod
    def of(cls, region: str, undos: Iterable[Undo]) -> Self:
        """Return it."""
        return cls(region=region, undos=tuple(undos))
