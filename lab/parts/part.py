"""What every part of the lab is."""

from typing import Protocol

from lab.place import Lab


class Part(Protocol):
    """A server of the lab, or a few that make sense only together."""

    @property
    def name(self) -> str:
        """Its name, also of its log and its folder."""

    @property
    def region(self) -> str | None:
        """The region it is lost with; None outside both."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The parts that must have proved themselves before this one starts."""

    def start(self, lab: Lab) -> None:
        """Start it; safe to repeat on a part that was killed: it comes back with its data."""

    def prove(self, lab: Lab) -> str:
        """Return what shows that it works, in a few words; raises `DeadlinePassed` otherwise."""
