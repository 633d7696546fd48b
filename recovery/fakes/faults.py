"""Faults of an estate in memory."""

from collections.abc import Callable, Mapping

from recovery.drill.faults import Fault, Injected
from recovery.errors import Refused
from recovery.fakes.alertmanager import FakeAlertmanager
from recovery.fakes.world import World
from recovery.signals import SignalClass


class FakeFaults:
    """A `Faults` that breaks a `World`. What happens next, *then* plays: the alerts, or a person."""

    endpoint = "faults in memory"

    def __init__(self, world: World, watching: Mapping[str, FakeAlertmanager]) -> None:
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
                place.failing = 1
                self._alert(region)
            case Fault.LINK:
                self._world.link_cut_at = at
            case Fault.ALERTING:
                for one in self.watching.values():
                    one.away = True
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
            one.away = False
            one.resolve()
        for place in self._world.places.values():
            place.lost_at, place.failing = None, 0
        self._world.changed()

    def _alert(self, region: str) -> None:
        """Have all that watches tell of a region's errors."""
        labels = {"alertname": "ErrorRateHigh", "region": region, "dr_signal": SignalClass.ERRORS.value}
        for one in self.watching.values():
            one.take(labels, self._world.clock(), f"errors-{region}")
