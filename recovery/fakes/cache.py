"""One region's Redis in memory."""

from datetime import UTC, datetime

from recovery.errors import Refused
from recovery.fakes.citizen import Citizen
from recovery.fakes.world import Place, World, Write
from recovery.ports import CacheState
from recovery.ports import Place as Address

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
BYTES_A_SECOND = 1000
CANARY = "dr:canary"


class FakeCache(Citizen):
    """A `Cache`. Its stream grows with time and with each write: a replica has of it what has arrived."""

    def __init__(self, world: World, place: Place) -> None:
        super().__init__(world, f"redis {place.at}:6379", place)
        self._here = place
        self.master: Address | None = None
        """Whom it was told to follow; None while nobody did."""

    def look(self) -> CacheState:
        """Return its state."""
        self._called("look")
        here, there = self._here.name, self._world.other(self._here.name)
        now = self._world.clock()
        has = self._has(now)
        written = sum(len(write.value) for write in self._writes(has))
        return CacheState(
            role="replica" if self._here.replica else "master",
            offset=int((has - EPOCH).total_seconds()) * BYTES_A_SECOND + written,
            link_up=not self._here.replica or self._world.hears(there, here),
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
        """Follow nobody, with what had arrived, and take a write."""
        self._called("promote")
        was = self._here.replica
        if was:
            self._here.cache_writes = self._writes(self._has(self._world.clock()))
            self._here.replica = False
        if not self._take(CANARY, b"promoted"):
            raise Refused(f"{self.endpoint} refused: NOREPLICAS, as it is fenced; unfence it.")
        return was

    def follow(self, master: Address) -> None:
        """Have the other region's keys, from now on; the world's link leads everywhere."""
        self._called("follow")
        self.master, self._here.replica, self._here.cache_writes = master, True, []

    def write(self, key: str, value: bytes) -> bool:
        """Have a service write here; return whether the write was taken."""
        self._called("write")
        return self._take(key, value)

    def read(self, key: str) -> bytes | None:
        """Have a service read here."""
        self._called("read")
        return {write.key: write.value for write in self._writes(self._has(self._world.clock()))}.get(key)

    def _take(self, key: str, value: bytes) -> bool:
        if self._here.replica or self._here.cache_fenced:
            return False
        self._here.cache_writes.append(Write(self._world.clock(), key, value))
        return True

    def _has(self, now: datetime) -> datetime:
        """Return up to when it has the stream; no later than *now*."""
        here, there = self._here.name, self._world.other(self._here.name)
        if not self._here.replica:
            return now
        if self._world.hears(there, here) and self._world.places[there].cache_fenced:
            return now  # a fenced master writes nothing more, and the last byte has arrived
        return min(now, self._world.arrived(there, here))

    def _writes(self, until: datetime) -> list[Write]:
        """Return the writes of its stream up to *until*, oldest first."""
        place = self._here
        if place.replica:
            place = self._world.places[self._world.other(place.name)]
        return [write for write in place.cache_writes if write.at <= until]
