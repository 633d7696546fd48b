"""The points at which a process is killed: before, during and after each step, as an undisturbed run had them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Self

from recovery.journal import Event, Kind


class When(StrEnum):
    """Where in a step."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


@dataclass(frozen=True)
class Point:
    """One instant of a procedure, by the journal: a step in a region, and where in it."""

    when: When
    step: str
    region: str
    wait_s: float = 0.0
    """During: so long after the step began."""

    def __str__(self) -> str:
        """As the list prints it."""
        late = f" ({self.wait_s:.2f} s into it)" if self.when is When.DURING else ""
        return f"{self.when:6} {self.step} {self.region}{late}".rstrip()

    def told(self) -> str:
        """As a process is told it."""
        return f"{self.when}:{self.step}:{self.region}:{self.wait_s:.3f}"

    @classmethod
    def parsed(cls, told: str) -> Self:
        """Return the point of `told`."""
        when, step, region, wait_s = told.split(":")
        return cls(When(when), step, region, float(wait_s))


def points_of(events: Sequence[Event], *, seed: int) -> list[Point]:
    """Return three points for each step that the undisturbed run did, in its order; *seed* says how far into a step."""
    lots, points = Random(seed), list[Point]()  # noqa: S311 - it is to be repeated, not to be secret
    for event in events:
        if event.kind is Kind.DONE and event.step:
            step, region = event.step, event.region or ""
            length_s = lots.random() * _length_s(events, event)
            points += [Point(When.BEFORE, step, region), Point(When.DURING, step, region, length_s)]
            points.append(Point(When.AFTER, step, region))
    return points


def _length_s(events: Sequence[Event], done: Event) -> float:
    begun = [e.time for e in events if (e.kind, e.step, e.region) == (Kind.STARTED, done.step, done.region)]
    return (done.time - begun[-1]).total_seconds()
