"""One region's Redis in memory."""

from datetime import UTC, datetime

from recovery.fakes.citizen import Citizen
from recovery.fakes.world import Place, World
from recovery.ports import CacheState

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
BYTES_A_SECOND = 1000


class FakeCache(Citizen):
    """A `Cache`. The replication stream grows with time: a replica has of it what has arrived."""

    def __init__(self, world: World, place: Place) -> None:
        super().__init__(world, f"redis {place.name}:6379", place)
        self._here = place

    def look(self) -> CacheState:
        """Return its state."""
        self._called("look")
        here, there = self._here.name, self._world.other(self._here.name)
        now = self._world.clock()
        has = self._world.arrived(there, here) if self._here.replica else now
        heard = self._world.hears(there, here)
        if heard and self._world.places[there].cache_fenced:
            has = now  # a fenced master writes nothing more, and the last byte has arrived
        return CacheState(
            role="replica" if self._here.replica else "master",
            offset=int((has - EPOCH).total_seconds()) * BYTES_A_SECOND,
            link_up=not self._here.replica or heard,
            lag_s=(now - has).total_seconds() if self._here.replica else None,
            accepts_writes=not self._here.replica and not self._here.cache_fenced,
        )

    def fence(self) -> None:
        """Refuse writes."""
        self._called("fence")
        self._here.cache_fenced = True

    def unfence(self) -> None:
        """Take them again."""
        self._called("unfence")
        self._here.cache_fenced = False

    def promote(self) -> bool:
        """Follow nobody."""
        self._called("promote")
        was, self._here.replica = self._here.replica, False
        return was
