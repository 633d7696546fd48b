"""Faults of an estate in memory."""

from collections.abc import Callable, Mapping

from recovery.drill.faults import Fault, Injected
from recovery.errors import Refused
from recovery.fakes.preflight import FakeWatching
from recovery.fakes.world import World


class FakeFaults:
    """A `Faults` that breaks a `World`. What happens next, *then* plays: the alerts, or a person."""

    endpoint = "faults in memory"

    def __init__(self, world: World, watching: Mapping[str, FakeWatching]) -> None:
        self._world, self.watching = world, watching
        self.then: Callable[[Fault, str], None] = lambda _fault, _region: None
        self.injected: list[tuple[Fault, str]] = []

    def inject(self, fault: Fault, region: str) -> Injected:
        """Break the world where it can be broken so."""
        at, place = self._world.clock(), self._world.places[region]
        match fault:
            case Fault.REGION | Fault.POSTGRES | Fault.REDIS:
                place.lost_at = at
            case Fault.GRAY:
                place.sick = True
            case Fault.LINK:
                self._world.link_cut_at = at
            case Fault.ALERTING:
                for one in self.watching.values():
                    one.dead = True
            case Fault.ORCHESTRATOR:
                pass
            case _:
                raise Refused(f"An estate in memory can not be broken by {fault}.")
        self._world.changed()
        self.injected.append((fault, region))
        self.then(fault, region)
        return Injected(at)

    def heal(self) -> None:
        """Have everything back."""
        self._world.link_cut_at = None
        for one in self.watching.values():
            one.dead = False
        for place in self._world.places.values():
            place.lost_at, place.sick = None, False
        self._world.changed()
