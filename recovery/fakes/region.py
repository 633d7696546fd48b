"""One region in memory: its parts, and what they were asked."""

from recovery.estate_in_hand import Region
from recovery.fakes.cache import FakeCache
from recovery.fakes.cache_keys import FakeCacheKeys
from recovery.fakes.conflict_log import FakeConflictLog
from recovery.fakes.copying import FakeCopying
from recovery.fakes.database import FakeDatabase
from recovery.fakes.gateway import FakeGateway
from recovery.fakes.sending import FakeSending
from recovery.fakes.tables import FakeTables
from recovery.fakes.world import Place


class FakeRegion(Region):
    """One region of a `FakeEstate`."""

    database: FakeDatabase
    tables: FakeTables
    sending: FakeSending
    copying: FakeCopying
    conflicts: FakeConflictLog
    cache: FakeCache
    keys: FakeCacheKeys
    gateway: FakeGateway

    def __init__(  # noqa: PLR0913 - as its parent
        self,
        place: Place,
        *,
        database: FakeDatabase,
        tables: FakeTables,
        sending: FakeSending,
        copying: FakeCopying,
        conflicts: FakeConflictLog,
        cache: FakeCache,
        keys: FakeCacheKeys,
        gateway: FakeGateway,
    ) -> None:
        super().__init__(
            place.name,
            database=database,
            tables=tables,
            sending=sending,
            copying=copying,
            conflicts=conflicts,
            cache=cache,
            keys=keys,
            gateway=gateway,
        )
        self._place = place

    @property
    def log(self) -> list[str]:
        """The verbs that its parts were asked, part by part."""
        parts = {"database": self.database, "cache": self.cache, "gateway": self.gateway}
        return [f"{name} {verb}" for name, part in parts.items() for verb in part.log]

    @property
    def accepts_writes(self) -> bool:
        """Whether customers who come here can write."""
        return self._place.takes_writes and not self._place.cache_fenced

    @property
    def follows(self) -> bool:
        """Whether it applies what the other region commits."""
        return self._place.stopped_at is None
