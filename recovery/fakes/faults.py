"""Faults of an estate in memory."""

from collections.abc import Callable, Mapping, Sequence

from recovery.drill.faults import Damage, Fault, Injected
from recovery.errors import Refused
from recovery.fakes.alertmanager import FakeAlertmanager
from recovery.fakes.history import History
from recovery.fakes.world import World
from recovery.signals import SignalClass


class FakeFaults:
    """A `Faults` that breaks a `World`. What happens next, *then* plays: the alerts, or a person."""

    endpoint = "faults in memory"

    def __init__(
        self, world: World, watching: Mapping[str, FakeAlertmanager], histories: Mapping[str, History]
    ) -> None:
        self._world, self.watching, self._histories = world, watching, histories
        self.damaged: list[Damage] = []
        self.then: Callable[[Fault, str], None] = lambda _fault, _region: None
        self.injected: list[tuple[Fault, str]] = []

    def inject(self, fault: Fault, region: str) -> Injected:
        """Break the world where it can be broken so."""
        at, place, details = self._world.clock(), self._world.places[region], dict[str, str]()
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
            case Fault.CORRUPTION:
                details = self._damage(region)
            case _:
                raise Refused(f"An estate in memory can not be broken by {fault}.")
        self._world.changed()
        self.injected.append((fault, region))
        self.then(fault, region)
        return Injected(at, details)

    def heal(self) -> Sequence[Damage]:
        """Have everything back but the rows."""
        self._world.link_cut_at = None
        for one in self.watching.values():
            one.away = False
            one.resolve()
        for place in self._world.places.values():
            place.lost_at, place.failing = None, 0
        self._world.changed()
        return tuple(self.damaged)

    def _damage(self, region: str) -> dict[str, str]:
        """Delete what was written last, in both regions."""
        damaged = [
            row for row, image in self._histories[region].commits[-1].rows.items() if image is not None
        ]
        bad = {name: history.commit(dict.fromkeys(damaged)) for name, history in self._histories.items()}[
            region
        ]
        made = Damage(bad.at, region, str(bad.transaction), damaged[0][0].path)
        self.damaged.append(made)
        return {"transaction": made.transaction, "table": made.table}

    def _alert(self, region: str) -> None:
        """Have all that watches tell of a region's errors."""
        labels = {"alertname": "ErrorRateHigh", "region": region, "dr_signal": SignalClass.ERRORS.value}
        for one in self.watching.values():
            one.take(labels, self._world.clock(), f"errors-{region}")
