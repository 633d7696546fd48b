"""An estate in memory: what a flow holds in place of the one that `Estate.load` opens."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from recovery.estate import EstateFile
from recovery.estate_in_hand import EstateInHand, Outside
from recovery.fakes.alertmanager import FakeAlertmanager
from recovery.fakes.approvers import FakeApprovers
from recovery.fakes.cache import FakeCache
from recovery.fakes.cache_keys import FakeCacheKeys
from recovery.fakes.conflict_log import FakeConflictLog
from recovery.fakes.copies import FakeCopies
from recovery.fakes.copying import FakeCopying
from recovery.fakes.database import FakeDatabase
from recovery.fakes.faults import FakeFaults
from recovery.fakes.front_door import FakeFrontDoor
from recovery.fakes.gateway import FakeGateway
from recovery.fakes.preflight import (
    FakeCachePreflight,
    FakeCertificates,
    FakeGuarding,
    FakePreflight,
)
from recovery.fakes.prober import FakeProber
from recovery.fakes.region import FakeRegion
from recovery.fakes.sending import FakeSending
from recovery.fakes.switches import WorldRoute53, WorldStop
from recovery.fakes.third_place import FakeThirdPlace
from recovery.fakes.world import Clock, Place, World, wall_clock
from recovery.ports import JournalStore
from recovery.quorum import Quorum
from recovery.readiness.ports import Preflights
from recovery.traffic import Door


class FakeEstate(EstateInHand):
    """Two sound regions that share the customers, until a switch is thrown.

    The first region's Redis is the master. The journal is in the *stores* given.
    """

    def __init__(
        self, file: EstateFile, stores: Sequence[JournalStore], *, clock: Clock = wall_clock
    ) -> None:
        self.world = world = World(file.regions, clock=clock)
        groups = {group.rsplit("_", 1)[-1] for group in file.node_groups}
        row_services = [name for name in file.services if name.removesuffix("-service") in groups]
        self.prober = FakeProber(world, row_services=row_services)
        doors = {name: Door(str(at.address), int(at.port)) for name, at in file.settings.gateways.items()}
        self.route53 = WorldRoute53(world, doors)
        self.stops = {name: WorldStop(world, name) for name in file.settings.route53.stop_objects or {}}
        self.front_door = FakeFrontDoor(world, file.api_gateway_multi_region.global_endpoint)
        self.copies = {name: FakeCopies(world, file, name) for name in file.regions}
        self.fake_regions = {name: self._made(file, world.places[name]) for name in file.regions}
        world.places[file.regions[1]].replica = True
        world.routing = self._shares
        world.changed()
        self.watching = {place: FakeAlertmanager(watchdog=place) for place in (*file.regions, "witness")}
        histories = {name: copies.history for name, copies in self.copies.items()}
        self.approvers, self.faults = FakeApprovers(), FakeFaults(world, self.watching, histories)
        restorable = {name: copies.restorable() for name, copies in self.copies.items()}
        outside = self._outside(file, stores)
        third = FakeThirdPlace(self, file, outside) if file.settings.stand_ins else None
        self.third_place = third
        super().__init__(
            file,
            self.fake_regions,
            outside,
            restorable if file.settings.backups else {},
            (lambda: third) if third else None,
            preflights=self._fake_preflights(file),
        )

    def _outside(self, file: EstateFile, stores: Sequence[JournalStore]) -> Outside:
        return Outside(
            traffic=self.route53,
            stops=self.stops,
            front_door=self.front_door,
            prober=self.prober,
            journal=Quorum(stores),
            approvers=self.approvers,
            reports=file.settings.reports_directory,
            faults=self.faults,
        )

    def _fake_preflights(self, file: EstateFile) -> Preflights:
        world, places = self.world, self.world.places.items()
        self.certificates = FakeCertificates(world)
        self.clusters = {name: FakePreflight(world, place, file.node_groups) for name, place in places}
        self.cache_settings = {name: FakeCachePreflight(world, place) for name, place in places}
        guarded = [name for name, gateway in file.settings.gateways.items() if gateway.guard]
        self.guards = {name: FakeGuarding(world, world.places[name]) for name in guarded}
        return Preflights(self.clusters, self.cache_settings, self.certificates, self.watching, self.guards)

    def region(self, name: str) -> FakeRegion:
        """Return a region; `BadInput` names the two that there are."""
        self.file.other(name)
        return self.fake_regions[name]

    def other(self, name: str) -> FakeRegion:
        """Return the region that takes over from *name*."""
        return self.fake_regions[self.file.other(name)]

    @property
    def shares(self) -> Mapping[str, float]:
        """How customers are shared out now; a region that gets none may be missing."""
        return self._shares()

    @property
    def log(self) -> list[str]:
        """Every verb that was called, as `citizen: verb`, in order."""
        return self.world.log

    @property
    def link_cut(self) -> bool:
        """Whether the regions do not hear each other; set it to cut or to mend the link."""
        return self.world.link_cut_at is not None

    @link_cut.setter
    def link_cut(self, is_cut: bool) -> None:
        self.world.link_cut_at = self.world.clock() if is_cut else None

    def loses(self, region: str) -> None:
        """Have no part of *region* answer any more; what had not arrived is lost with it."""
        self.world.places[region].lost_at = self.world.clock()
        self.world.changed()

    def finds(self, region: str) -> None:
        """Have a lost region back, as it was."""
        self.world.places[region].lost_at = None
        self.world.changed()

    def replication_lags(self, region: str, *, by: timedelta) -> None:
        """Have what *region* commits arrive in the other one only *by* later."""
        self.world.places[region].lag = by

    def state(self) -> object:
        """Return all that verbs can change, to compare with: equal while nothing was changed."""
        places = {name: repr(place) for name, place in self.world.places.items()}
        stops = {name: stop.is_there for name, stop in self.stops.items()}
        return places, tuple(self.route53.records), dict(self.route53.checks), stops

    def _made(self, file: EstateFile, place: Place) -> FakeRegion:
        return FakeRegion(
            place,
            database=FakeDatabase(self.world, place, node_groups=file.node_groups, rows=self.prober.rows),
            tables=self.copies[place.name].live,
            sending=FakeSending(self.world, place),
            copying=FakeCopying(
                self.world, place, self.copies[place.name].live, self.copies[file.other(place.name)].live
            ),
            conflicts=FakeConflictLog(self.world, place),
            cache=FakeCache(self.world, place),
            keys=FakeCacheKeys(self.world, place.name),
            gateway=FakeGateway(self.world, place, services=file.services_in(place.name)),
        )

    def _shares(self) -> Mapping[str, float]:
        return self.route53.shares(name for name, stop in self.stops.items() if stop.is_there)
