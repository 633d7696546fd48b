"""An estate whose every call is a turn: whoever asks may die, or be overtaken, before it is carried out."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from scheduling import Scheduler

from recovery.errors import RecoveryError, Unavailable
from recovery.estate import EstateFile
from recovery.estate_in_hand import EstateInHand, Outside, Region
from recovery.fakes.approvers import FakeApprovers
from recovery.fakes.cache import FakeCache
from recovery.fakes.cache_keys import FakeCacheKeys
from recovery.fakes.citizen import Citizen
from recovery.fakes.conflict_log import FakeConflictLog
from recovery.fakes.copying import FakeCopying
from recovery.fakes.database import FakeDatabase
from recovery.fakes.front_door import FakeFrontDoor
from recovery.fakes.gateway import FakeGateway
from recovery.fakes.preflight import FakeCertificates
from recovery.fakes.prober import FakeProber
from recovery.fakes.sending import FakeSending
from recovery.fakes.stores import FakeStore
from recovery.fakes.switches import WorldRoute53, WorldStop
from recovery.fakes.tables import FakeTables
from recovery.fakes.world import Place, World
from recovery.journal import Event
from recovery.measurement import Request
from recovery.quorum import Quorum
from recovery.readiness.ports import Preflights
from recovery.region_guard import Answer, Guard
from recovery.region_standing import Standing
from recovery.traffic import Door

T = TypeVar("T")
WITNESS = "witness"
STRAGGLES_S = 0.5
"""A store that nobody waited for has its write within so long, if at all."""
NEVER = 0.1
"""How often it never has it."""
RIVAL_S = 0.2
"""How long an epoch waits for a rival to withdraw."""
ENDS = (b'"kind":"closed"', b'"kind":"backed out"')
"""The last event of an operation."""
NO_RETURN = b'"kind":"point of no return"'
SERVICES, NODE_GROUPS = ("api-gateway", "vault-service"), ("eden_vault",)


@dataclass
class GuardedPlace(Place):
    """A region with a guard of its own: one that comes back stays closed until that opens it."""

    closed: bool = False

    @property
    def serves(self) -> bool:
        """Whether a customer who comes here is served."""
        return super().serves and not self.closed

    @property
    def is_fenced_whole(self) -> bool:
        """Whether each of its parts refuses writes; a Redis that is a replica does so anyway."""
        return self.fenced and self.shut_out and (self.cache_fenced or self.replica)


class Ways(World):
    """A world whose parts are reached from some place, if at all."""

    def __init__(self, regions: Sequence[str], scheduler: Scheduler) -> None:
        """Have every way open."""
        super().__init__(regions, clock=scheduler.now)
        self.scheduler = scheduler
        self.places: dict[str, Place] = {name: GuardedPlace(name) for name in regions}
        self.guest_at = WITNESS
        """Where whoever is no process asks from."""
        self.touched = True
        """Something may have changed since somebody looked."""
        self.ends: Callable[[], None] = lambda: None
        """Called before an operation's end is written."""
        self.passes: Callable[[Event], None] = lambda _event: None
        """Called before a point of no return is written, or written again."""

    def here(self) -> str:
        """Return where the running process is."""
        return self.scheduler.current.place if self.scheduler.current else self.guest_at

    def reaches(self, there: str) -> bool:
        """Whether the running process reaches what is at *there*."""
        here, places = self.here(), self.places
        for name in (here, there):
            if name != WITNESS and places[name].lost_at is not None:
                return False
        return self.link_cut_at is None or here == there or WITNESS in {here, there}


class Turns(Citizen):
    """Each call is a turn of the process that makes it, and needs a way from where that is."""

    _world: Ways

    def _called(self, verb: str) -> None:
        self._world.scheduler.point()
        if self._place is not None and not self._world.reaches(self._place.name):
            raise Unavailable(f"{self._endpoint} did not answer: no way leads there.")
        self._world.touched = True
        self._world.scheduler.tell(f"{self._endpoint}: {verb}")
        super()._called(verb)


class Database(Turns, FakeDatabase): ...


class Cache(Turns, FakeCache): ...


class Gateway(Turns, FakeGateway): ...


class FrontDoor(Turns, FakeFrontDoor): ...


class Route53(Turns, WorldRoute53): ...


class Stop(Turns, WorldStop): ...


class GuardView(Turns):
    """A region's guard, as an operation asks it; `says`: what it knows."""

    def __init__(self, world: Ways, place: Place) -> None:
        """Know that nobody has left the region."""
        super().__init__(world, f"region guard {place.name}", place)
        served = Standing(may_serve=True, why="it has always served")
        guard = Guard(place.name, started_at=world.clock()).answered(served, world.clock())
        self.says: Callable[[], Guard] = lambda: guard

    def answer(self) -> Answer:
        """Return what it says."""
        self._called("answer")
        return self.says().answer(self._world.clock())


class Prober(Turns, FakeProber):
    """A prober that keeps no ledger. `down`: it tells nothing."""

    def requests(self, since: object, until: object = None, kind: str | None = None) -> list[Request]:  # noqa: ARG002
        """Have none to tell of: what was achieved is measured elsewhere."""
        raise Unavailable("No ledger is kept here.")


class TurnsQuorum(Quorum):
    """A quorum that asks its stores one after the other, in a drawn order, and waits for no thread.

    Stores beyond those that were enough have the write a little later, or never.
    """

    def __init__(self, stores: Sequence[FakeStore], world: Ways, *, deadline_s: float) -> None:
        self._stores, self.deadline_s = tuple(stores), deadline_s
        self.majority = len(stores) // 2 + 1
        self._world, self._writes = world, False

    def put_new(self, key: str, body: bytes) -> None:
        """Have *body* under a new key at a majority."""
        if any(end in body for end in ENDS):
            self._world.ends()
        if NO_RETURN in body:
            self._world.passes(Event.model_validate_json(body))
        self._writes = True
        super().put_new(key, body)

    def put(self, key: str, body: bytes) -> None:
        """Have *body* under *key* at a majority."""
        self._writes = True
        super().put(key, body)

    def _ask(
        self, ask: Callable[[FakeStore], T], *, enough: Callable[[list[T]], bool]
    ) -> tuple[list[T], list[str]]:
        writes, self._writes = self._writes, False
        waiting, answers, silent = self._in_some_order(), list[T](), list[str]()
        while waiting and not enough(answers):
            store = waiting.pop()
            try:
                answers.append(ask(store))
            except RecoveryError as error:
                silent.append(f"{store.place}: {error}")
        for store in waiting if writes else []:
            self._straggles(ask, store)
        return answers, silent

    def _in_some_order(self) -> list[FakeStore]:
        stores = list(self._stores)
        self._world.scheduler.chance.shuffle(stores)
        return stores

    def _straggles(self, ask: Callable[[FakeStore], T], store: FakeStore) -> None:
        world, sent_from = self._world, self._world.here()

        def arrives() -> None:
            world.guest_at = sent_from
            with suppress(RecoveryError):
                ask(store)
            world.guest_at = WITNESS

        chance = world.scheduler.chance
        if chance.random() >= NEVER:
            world.scheduler.after(chance.random() * STRAGGLES_S, arrives)


def a_store(place: str, world: Ways) -> FakeStore:
    """Return the journal's store at *place*."""

    def asked(_verb: str) -> None:
        world.scheduler.point()
        if not world.reaches(place):
            raise Unavailable(f"{place} did not answer: no way leads there.")

    return FakeStore(place, before=asked)


class SimulatedEstate(EstateInHand):
    """Two regions, the journal's three stores, and what stands in front, as `FakeEstate` has them."""

    def __init__(self, file: EstateFile, scheduler: Scheduler, weights: Mapping[str, int]) -> None:
        """Have both regions sound, and customers shared out by *weights*."""
        self.world = world = Ways(file.regions, scheduler)
        self.stores = {place: a_store(place, world) for place in (*file.regions, WITNESS)}
        self.prober = Prober(world, row_services=["rows"])
        self.route53 = Route53(world, {name: Door("127.0.0.1", 443) for name in file.regions})
        self.stops = {name: Stop(world, name) for name in file.regions}
        self.route53.records = [replace(one, weight=weights[one.region]) for one in self.route53.records]
        world.places[file.regions[1]].replica = True
        world.routing = self._shares
        world.changed()
        outside = Outside(
            traffic=self.route53,
            stops=self.stops,
            front_door=FrontDoor(world, "eden.example"),
            prober=self.prober,
            journal=TurnsQuorum([*self.stores.values()], world, deadline_s=RIVAL_S),
            approvers=FakeApprovers(),
            reports=file.settings.reports_directory,
        )
        self.guards = {name: GuardView(world, world.places[name]) for name in file.regions}
        certificates = FakeCertificates(world)
        preflights = Preflights({}, {}, certificates, {}, self.guards)
        regions = {name: self._made(name) for name in file.regions}
        super().__init__(file, regions, outside, preflights=preflights)

    def place(self, region: str) -> GuardedPlace:
        """Return a region as it is."""
        place = self.world.places[region]
        assert isinstance(place, GuardedPlace)
        return place

    def _made(self, name: str) -> Region:
        world, place = self.world, self.world.places[name]
        return Region(
            name,
            database=Database(world, place, node_groups=NODE_GROUPS, rows=lambda _region: {}),
            tables=FakeTables(world, name, []),
            sending=FakeSending(world, place),
            copying=FakeCopying(world, place, FakeTables(world, name, []), FakeTables(world, name, [])),
            conflicts=FakeConflictLog(world, place),
            cache=Cache(world, place),
            keys=FakeCacheKeys(world, name),
            gateway=Gateway(world, place, services=SERVICES),
        )

    def _shares(self) -> Mapping[str, float]:
        return self.route53.shares(name for name, stop in self.stops.items() if stop.is_there)
