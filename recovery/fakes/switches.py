"""The two switches of the global name, in a world: what they change, customers meet."""

from collections.abc import Iterable, Mapping

from recovery.fakes.citizen import Citizen
from recovery.fakes.traffic import FakeCheck, FakeRecord, FakeRoute53, FakeStop
from recovery.fakes.world import Place, World
from recovery.traffic import CONTROL_PLANE, ChangeRef, Door, Redirection, Weights, stop_object_of


class WorldRoute53(Citizen, FakeRoute53):
    """A `FakeRoute53` whose changes are answered at once."""

    def __init__(self, world: World, doors: Mapping[str, Door]) -> None:
        """Give each region the same weight, and a health check of its own, which asks at its door."""
        FakeRoute53.__init__(
            self,
            [
                FakeRecord(region=name, weight=50, health_check=f"check-{name}", address=door.address)
                for name, door in doors.items()
            ],
            {f"check-{name}": FakeCheck(door=door) for name, door in doors.items()},
        )
        Citizen.__init__(self, world, CONTROL_PLANE)
        self.elsewhere: dict[str, Place] = {}
        """What customers meet at other addresses than the regions'."""

    def redirected(self, moves: Redirection) -> list[str]:
        """Return what names a lost gateway."""
        self._called("redirected")
        return FakeRoute53.redirected(self, moves)

    def redirect(self, moves: Redirection) -> ChangeRef:
        """Name the others: customers meet what is there."""
        self._called("redirect")
        change = FakeRoute53.redirect(self, moves)
        for record in self.records:
            if place := self.elsewhere.get(record.address):
                self._world.places[record.region] = place
        self._world.changed()
        return change

    def weights(self) -> Weights:
        """Return each region's weight."""
        self._called("weights")
        return FakeRoute53.weights(self)

    def set_weights(self, weights: Weights) -> ChangeRef:
        """Set all weights or none."""
        self._called("set_weights")
        change = FakeRoute53.set_weights(self, weights)
        self._world.changed()
        return change

    def mark_unhealthy(self, region: str) -> None:
        """Force the region's check."""
        self._called("mark_unhealthy")
        FakeRoute53.mark_unhealthy(self, region)
        self._world.changed()

    def mark_healthy(self, region: str) -> None:
        """Let the check decide again."""
        self._called("mark_healthy")
        FakeRoute53.mark_healthy(self, region)
        self._world.changed()

    def forced_unhealthy(self, region: str) -> bool:
        """Whether the region's check is forced."""
        self._called("forced_unhealthy")
        return FakeRoute53.forced_unhealthy(self, region)

    def shares(self, stopped: Iterable[str]) -> Mapping[str, float]:
        """Return how Route 53 shares its answers out while *stopped* have their stop object.

        Healthy records with a weight, else healthy ones, else all: the rules in recovery.traffic.
        """
        out = set(stopped)
        healthy = [r for r in self.records if r.region not in out and not self._forced(r)]
        pool = [r for r in healthy if r.weight] or healthy or self.records
        total = sum(record.weight for record in pool)
        return {r.region: r.weight / total if total else 1 / len(pool) for r in pool}

    def _forced(self, record: FakeRecord) -> bool:
        return self.checks[str(record.health_check)].forced


class WorldStop(Citizen, FakeStop):
    """A `FakeStop` whose region leaves the answers as soon as the object is there."""

    def __init__(self, world: World, region: str) -> None:
        FakeStop.__init__(self)
        Citizen.__init__(self, world, stop_object_of(region))

    @property
    def is_there(self) -> bool:
        """Whether the object is there, for the world: asked without a call."""
        return self._present

    def put(self) -> None:
        """Have the object there."""
        self._called("put")
        FakeStop.put(self)
        self._world.changed()

    def remove(self) -> None:
        """Have the object gone."""
        self._called("remove")
        FakeStop.remove(self)
        self._world.changed()

    def present(self) -> bool:
        """Whether the object is there."""
        self._called("present")
        return FakeStop.present(self)
