"""How long each step of a procedure took before, kept in one object beside the journal.

Only attempts count that went through at once, within one process: a step that was repeated or resumed
tells how long the trouble took, not the step.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from recovery.journal import Event, Kind
from recovery.quorum import Quorum

EARLIER = 20
"""So many of the newest operations are remembered."""
FEWEST = 4
"""A quartile of fewer samples is one of them."""


@dataclass(frozen=True)
class Pace:
    """Three of four times a step took no longer than *p75_s*, seconds."""

    p75_s: float
    samples: int


Lengths = Mapping[str, float]
"""How long each step of one operation took, seconds, by its name."""
_KEPT = TypeAdapter(dict[str, dict[str, float]])
"""By operation, `Lengths`."""


def remembered(quorum: Quorum, estate: str, word: str) -> dict[str, dict[str, float]]:
    """Return the lengths of the newest operations whose ids begin with *word*, by their ids.

    Stores that were away know older ones only: what any of them has counts. What is not readable is as if it were
    not there: a pace is told of, and decides nothing. Raises `Unavailable` where too few stores answer.
    """
    known: dict[str, dict[str, float]] = {}
    for store in quorum.read(_key(estate, word)):
        for body in store.values():
            try:
                known |= _KEPT.validate_json(body)
            except ValidationError:
                continue
    return dict(sorted(known.items())[-EARLIER:])


def remember(quorum: Quorum, estate: str, word: str, events: Sequence[Event]) -> None:
    """Add what the steps of an operation that has ended took. Safe to repeat. Raises `Unavailable`."""
    known = remembered(quorum, estate, word) | {events[0].operation: dict(lengths(events))}
    kept = dict(sorted(known.items())[-EARLIER:])
    quorum.put(_key(estate, word), _KEPT.dump_json(kept))


def paces(operations: Iterable[Lengths]) -> dict[str, Pace]:
    """Return the pace of each step that was done often enough."""
    took: dict[str, list[float]] = {}
    for one in operations:
        for step, seconds in one.items():
            took.setdefault(step, []).append(seconds)
    return {step: Pace(p75(of), len(of)) for step, of in took.items() if len(of) >= FEWEST}


def lengths(events: Sequence[Event]) -> Lengths:
    """Return how long each step took that was begun once and is done; in several regions, the longest."""
    begun: dict[tuple[str, str | None], list[Event]] = {}
    found: dict[str, float] = {}
    for event in events:
        which = (event.step or "", event.region)
        if event.kind is Kind.STARTED:
            begun.setdefault(which, []).append(event)
        elif event.kind is Kind.DONE and len(begun.get(which, [])) == 1:
            seconds = (event.time - begun[which][0].time).total_seconds()
            found[which[0]] = max(seconds, found.get(which[0], 0.0))
    return found


def p75(seconds: Sequence[float]) -> float:
    """Return the least of them that three quarters do not exceed (the nearest-rank percentile)."""
    return sorted(seconds)[-(-3 * len(seconds) // 4) - 1]


def _key(estate: str, word: str) -> str:
    return f"estates/{estate}/paces/{word}.json"
