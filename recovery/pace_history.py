"""How long each step of a procedure took before, by the journals of earlier operations.

Only attempts count that went through at once, within one process: a step that was repeated or resumed
tells how long the trouble took, not the step.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from recovery.journal import Event, Kind

EARLIER = 20
"""So many of the newest operations are looked at."""
FEWEST = 4
"""A quartile of fewer samples is one of them."""


@dataclass(frozen=True)
class Pace:
    """Three of four times a step took no longer than *p75_s*, seconds."""

    p75_s: float
    samples: int


def paces(journals: Iterable[Sequence[Event]]) -> dict[str, Pace]:
    """Return the pace of each step that was done often enough."""
    took: dict[str, list[float]] = {}
    for events in journals:
        for step, seconds in lengths(events).items():
            took.setdefault(step, []).append(seconds)
    return {step: Pace(p75(of), len(of)) for step, of in took.items() if len(of) >= FEWEST}


def lengths(events: Sequence[Event]) -> Mapping[str, float]:
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
