"""One Redis made like another, key by key, where they have drifted; and that taken back."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import TypeVar

from pydantic import Field

from recovery.errors import BadInput
from recovery.measurement import Frozen
from recovery.reconcile.cache_drift import CachePair, KeyDrift
from recovery.reconcile.cache_keys import CacheKeys, Change, Copy, Key, KeyState

T = TypeVar("T")
AT_ONCE = 100
"""Keys whose values are in memory at a time."""


class Winner(StrEnum):
    """Whose copy of a key is right."""

    LEFT = "left"
    RIGHT = "right"
    ASK = "ask"
    """A person's to say: nothing is repaired."""


@dataclass(frozen=True)
class Rule:
    """How keys that have drifted are repaired."""

    winner: Winner
    delete_absent: bool = False
    """Whether keys that only the losing side has are deleted there: nothing proves that they are not new."""


class Undo(Frozen):
    """A key that was going to be repaired, as the losing side had it until then; bytes are in base64."""

    database: int = Field(description="The logical database")
    key: str
    payload: str | None = Field(description="Its value, as DUMP has it; null: it was not there")
    expires_at_ms: int | None = Field(description="Its absolute expiry, ms since 1970; null: it had none")
    became: KeyState | None = Field(description="What the repair made of it; null: it was deleted")

    @property
    def change(self) -> Change:
        """What takes the repair back."""
        copy = None if self.payload is None else Copy(b64decode(self.payload), self.expires_at_ms)
        return Change(b64decode(self.key), self.became, copy)


@dataclass
class CacheRepaired:
    """What a repair did, in keys. Those that it left are as they were."""

    written: int = 0
    """Keys that have the winner's value and expiry, as a look afterwards saw."""
    deleted: int = 0
    already: int = 0
    """Changed since they were compared, and the same on both sides now: by an attempt before this one, or a service."""
    moved: int = 0
    """Left, as either side has changed them since they were compared; compare again."""
    moved_after: int = 0
    """Written or deleted, and not so any more by the look afterwards."""
    absent: int = 0
    """Left: the losing side alone has them, and the rule does not say to delete them."""
    not_comparable: int = 0
    """Left: a value has no digest, so it cannot be told whether it has changed since."""
    asked: int = 0
    """Left: the rule leaves them to a person."""


def repair(
    pair: CachePair,
    drifts: Iterable[KeyDrift],
    *,
    rule: Rule,
    keep_undo: Callable[[Sequence[Undo]], object],
) -> CacheRepaired:
    """Give the losing side the winner's copies of keys that have drifted, and look at them again.

    A key is written only if both sides still have what the comparison saw. *keep_undo* gets the former values, some
    keys at a time, before those are written: what it does not keep cannot be taken back. Safe to repeat: a key
    that was repaired counts as already the same. Raises `Refused` where the losing side is a replica: it is its
    master that writes there, and a full resync mends what differs from that one.
    """
    done = CacheRepaired()
    if rule.winner is Winner.ASK:
        done.asked = sum(1 for _ in drifts)
        return done
    sides = (pair.left, pair.right) if rule.winner is Winner.LEFT else (pair.right, pair.left)
    for some in _portions(_wanted(drifts, rule, done)):
        _repair(sides, some, done, keep_undo)
    return done


def take_back(undos: Iterable[Undo], side: CacheKeys) -> CacheRepaired:
    """Give keys the values and expiries that they had before a repair, if they still are what the repair made of them.

    Raises `BadInput` where the repair was of another logical database, and `Refused` on a replica.
    """
    done = CacheRepaired()
    for some in _portions(iter(undos)):
        if elsewhere := {undo.database for undo in some} - {side.database}:
            raise BadInput(
                f"The undo is of logical database {min(elsewhere)}, and {side.endpoint} was opened at "
                f"{side.database}: open it at {min(elsewhere)}."
            )
        changes = [undo.change for undo in some]
        for change, put in zip(changes, side.put(changes), strict=True):
            done.moved += not put
            done.deleted += put and change.wanted is None
            done.written += put and change.wanted is not None
    return done


Repairing = tuple[Key, KeyState | None, KeyState | None]
"""A key, as the winner has it, and as the losing side has it."""


def _wanted(drifts: Iterable[KeyDrift], rule: Rule, done: CacheRepaired) -> Iterator[Repairing]:
    """Yield the keys that the rule repairs, and count the others."""
    for drift in drifts:
        left_wins = rule.winner is Winner.LEFT
        winner, loser = (drift.left, drift.right) if left_wins else (drift.right, drift.left)
        if winner is None and not rule.delete_absent:
            done.absent += 1
        elif any(state is not None and state.digest is None for state in (winner, loser)):
            done.not_comparable += 1
        else:
            yield drift.key, winner, loser


def _repair(
    sides: tuple[CacheKeys, CacheKeys],
    some: Sequence[Repairing],
    done: CacheRepaired,
    keep_undo: Callable[[Sequence[Undo]], object],
) -> None:
    source, losing = sides
    winners = {key: winner for key, winner, _ in some}
    copies = source.copies(winners)
    former = losing.copies({key: loser for key, _, loser in some if key in copies})
    changes = [Change(key, loser, copies[key]) for key, _, loser in some if key in former]
    if changes:
        keep_undo([_undo(losing.database, key, copy, winners[key]) for key, copy in former.items()])
    put = [change for change, was in zip(changes, losing.put(changes), strict=True) if was]
    unwritten = [key for key in winners if key not in {change.key for change in put}]
    already = sum(map(_same, source.look(unwritten), losing.look(unwritten)))
    done.already, done.moved = done.already + already, done.moved + len(unwritten) - already
    again = losing.look([change.key for change in put])
    for change, state in zip(put, again, strict=True):
        if state != winners[change.key]:
            done.moved_after += 1
        elif state is None:
            done.deleted += 1
        else:
            done.written += 1


def _same(here: KeyState | None, there: KeyState | None) -> bool:
    """Whether two copies are known to be the same."""
    return here == there and not (here and here.digest is None)


def _undo(database: int, key: Key, copy: Copy | None, became: KeyState | None) -> Undo:
    return Undo(
        database=database,
        key=b64encode(key).decode(),
        payload=None if copy is None else b64encode(copy.payload).decode(),
        expires_at_ms=copy and copy.expires_at_ms,
        became=became,
    )


def _portions(items: Iterator[T]) -> Iterator[list[T]]:
    while some := list(islice(items, AT_ONCE)):
        yield some
