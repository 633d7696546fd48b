"""Stand-ins in memory: the regions of a `FakeEstate` in a third place, empty until clusters are put in."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from recovery.estate import EstateFile
from recovery.estate_in_hand import EstateInHand, Outside
from recovery.fakes.cache import FakeCache
from recovery.fakes.cache_keys import FakeCacheKeys
from recovery.fakes.conflict_log import FakeConflictLog
from recovery.fakes.copies import FakeCopies
from recovery.fakes.copying import FakeCopying
from recovery.fakes.database import FakeDatabase
from recovery.fakes.gateway import FakeGateway
from recovery.fakes.history import FakeArchiving, History
from recovery.fakes.region import FakeRegion
from recovery.fakes.restored import FakeReplacement, FakeScratch
from recovery.fakes.sending import FakeSending
from recovery.fakes.tables import FakeTables
from recovery.fakes.world import World
from recovery.ports import RowKey

if TYPE_CHECKING:
    from recovery.fakes.estate import FakeEstate


class FakeStandIn(FakeCopies):
    """A fresh host for one region's cluster: it restores from what the region's own backups hold."""

    def __init__(self, lost: FakeCopies, world: World, name: str) -> None:
        shapes = list(lost.live.shapes.values())
        self.live = FakeTables(world, f"stand-in-{name}", shapes)
        self.beside = FakeTables(world, f"beside-stand-in-{name}", shapes)
        self.history, self.backups = History(world, self.live), lost.backups
        self.archiving = FakeArchiving(self.history)
        self.scratch = FakeScratch(lost.history, self.beside)
        self.replacement = FakeReplacement(self.history, self.scratch, self.beside)
        self.replacement.swap = self.replacement.swap.model_copy(update={"occupied": False})


class FakeThirdPlace(EstateInHand):
    """The stand-ins of both regions. Their gateways are open; behind them nothing serves before a cluster runs."""

    def __init__(self, estate: "FakeEstate", file: EstateFile, outside: Outside) -> None:
        there = file.at_stand_ins()
        self.world = World(file.regions, clock=estate.world.clock)
        self.world.log = estate.world.log
        self._prober, self._lost = estate.prober, list(estate.world.places.values())
        self.archive_lag = timedelta(0)
        """How long before a region was lost its last commits were archived."""
        self.copies = {name: FakeStandIn(lost, self.world, name) for name, lost in estate.copies.items()}
        self.fake_regions = {name: self._made(there, name) for name in file.regions}
        for name in file.regions:
            estate.route53.elsewhere[str(there.settings.gateways[name].address)] = self.world.places[name]
            self.copies[name].replacement.runs = partial(self._runs, name)
            self._runs(name, there=False)
        restorable = {name: copies.restorable() for name, copies in self.copies.items()}
        super().__init__(there, self.fake_regions, outside, restorable)

    def region(self, name: str) -> FakeRegion:
        """Return a stand-in; `BadInput` names the two that there are."""
        self.file.other(name)
        return self.fake_regions[name]

    def _made(self, file: EstateFile, name: str) -> FakeRegion:
        place = self.world.places[name]
        place.host, place.shut_out, place.replica = f"stand-in-{name}", True, name == file.regions[1]
        return FakeRegion(
            place,
            database=FakeDatabase(self.world, place, node_groups=file.node_groups, rows=self._rows),
            tables=self.copies[name].live,
            sending=FakeSending(self.world, place),
            copying=FakeCopying(
                self.world, place, self.copies[name].live, self.copies[file.other(name)].live
            ),
            conflicts=FakeConflictLog(self.world, place),
            cache=FakeCache(self.world, place),
            keys=FakeCacheKeys(self.world, name),
            gateway=FakeGateway(self.world, place, services=file.services_in(name)),
        )

    def _runs(self, name: str, *, there: bool) -> None:
        """Have a cluster run on a stand-in, or none: then its services are sick, and nobody may ask it."""
        copies, region = self.copies[name], self.fake_regions[name]
        self.world.places[name].sick = not there
        for citizen in (region.database, region.conflicts, copies.archiving, copies.live):
            citizen.down = not there

    def _rows(self, _region: str) -> Mapping[RowKey, datetime]:
        """Return the promised rows that were archived before the region was lost, and those written here since."""
        last_lost = max((place.lost_at for place in self._lost if place.lost_at), default=None)
        rows = {key: at for name in self.file.regions for key, at in self._prober.rows(name).items()}
        if last_lost is None:
            return rows
        return {key: at for key, at in rows.items() if at <= last_lost - self.archive_lag or at > last_lost}
