"""What an unplanned failover must not need: the region that is lost, and a control plane that serves every region.

A step may reach out to either, if it says what it does where that does not answer. One that says
nothing could hold the failover up on the very night it is for: its plan is refused.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum

from recovery.errors import NeedsTheLost


class Area(StrEnum):
    """What may be dark."""

    SOURCE = "the source"
    CONTROL_PLANE = "a global control plane"


@dataclass(frozen=True)
class Reach:
    """What one step reaches out to, and what it does where an area does not answer."""

    step: str
    touches: Sequence[str]
    without: Mapping[Area, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Dependence:
    """An endpoint that may be dark, and what the step does then; None where it says nothing."""

    step: str
    endpoint: str
    area: Area
    without: str | None

    def __str__(self) -> str:
        """One line of a plan."""
        return f"where {self.endpoint} does not answer: {self.without or 'NOTHING WOULD DO'}"


def dependences(reach: Reach, areas: Mapping[Area, AbstractSet[str]]) -> list[Dependence]:
    """Return each endpoint of the step that lies in one of *areas*."""
    return [
        Dependence(reach.step, endpoint, area, reach.without.get(area))
        for endpoint in reach.touches
        for area, dark in areas.items()
        if endpoint in dark
    ]


def refuse(
    reaches: Iterable[Reach], areas: Mapping[Area, AbstractSet[str]], *, remedies: Mapping[Area, str]
) -> None:
    """Raise `NeedsTheLost` where a step needs what may be dark; *remedies* say what would do, area by area."""
    found = [one for reach in reaches for one in dependences(reach, areas) if one.without is None]
    if found:
        told = "; ".join(f"{one.step!r} needs {one.endpoint}" for one in found)
        remedy = " ".join(remedies[area] for area in Area if area in {one.area for one in found})
        raise NeedsTheLost(f"An unplanned failover must not need what may be lost: {told}. {remedy}")
