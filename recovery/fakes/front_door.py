"""The global name in memory: answered by weight and by health, as Route 53 does."""

from collections.abc import Collection

from recovery.fakes.citizen import Citizen
from recovery.fakes.world import World, drawn
from recovery.ports import Served


class FakeFrontDoor(Citizen):
    """A `FrontDoor`: each question is a new draw."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self.name, self._lots = name, 0

    def regions_answered(self) -> tuple[str, ...]:
        """Return the one region that this answer points to."""
        self._called("regions_answered")
        return (self._draw(),)

    def check(self, services: Collection[str], row_services: Collection[str]) -> list[Served]:
        """Ask each service at the region that it is drawn for."""
        self._called("check")
        return [self._served(service, keeps_rows=service in row_services) for service in services]

    def _served(self, service: str, *, keeps_rows: bool) -> Served:
        region = self._draw()
        place = self._world.places[region]
        ok = place.takes_writes if keeps_rows else place.serves
        good = "row written and read" if keeps_rows else "healthy"
        return Served(service, region, ok=ok, detail=good if ok else "HTTP 503")

    def _draw(self) -> str:
        self._lots += 1
        return drawn(self._world.routing(), self._lots)
