"""One region, asked for all that readiness needs to know of it. Who has not answered once is not asked again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from recovery.estate_in_hand import EstateInHand, Region
from recovery.ports import CacheState, DatabaseState, GatewayState, Subscription
from recovery.readiness.backups import Copies
from recovery.readiness.facts import CacheSettings, Clock, Progress, Schema, Server
from recovery.readiness.pace import LEAST_APART
from recovery.readiness.ports import CachePreflight, Guarding, Preflight
from recovery.readiness.told import Silent, Told, asked, in_turn
from recovery.region_guard import Answer
from recovery.traffic import Weights
from recovery.waiting import rest

APART_S = LEAST_APART.total_seconds() + 0.05
"""Between two looks, where no earlier run has left one."""
NO_BACKUPS = Silent("the estate file knows of no backups")


@dataclass(frozen=True)
class OfCluster:
    """What the cluster is."""

    server: Told[Server]
    schema: Told[Schema]
    clock: Told[Clock]
    progress: Told[Sequence[Progress]]
    """One look, or two where nothing is known of before."""


@dataclass(frozen=True)
class OfDatabase:
    """What operations see of it."""

    state: Told[DatabaseState]
    beats: Told[Mapping[str, datetime | None]]
    """Of the other region."""
    subscriptions: Told[Sequence[Subscription]]


@dataclass(frozen=True)
class OfCache:
    """What its Redis is."""

    state: Told[CacheState]
    settings: Told[CacheSettings]


@dataclass(frozen=True)
class OfGateway:
    """What its gateway shows, and says of itself."""

    failing: Told[Mapping[str, str]]
    state: Told[GatewayState] | None
    guard: Told[Answer] | None
    """None: the estate file names none."""


@dataclass(frozen=True)
class OfTraffic:
    """What Route 53 has of both regions."""

    weights: Told[Weights]
    forced: Mapping[str, Told[bool]]


def ask_cluster(client: Preflight, *, twice: bool) -> OfCluster:
    """Ask the cluster what it is; *twice*: how far it has come, once more after a moment."""
    began, first = monotonic(), asked(client.progress)
    server = in_turn(first, client.server)
    schema, clock = in_turn(first, client.schema), in_turn(first, client.clock)
    if not twice or isinstance(first, Silent):
        return OfCluster(server, schema, clock, first if isinstance(first, Silent) else [first])
    rest(max(0.0, APART_S - (monotonic() - began)))
    later = asked(client.progress)
    return OfCluster(server, schema, clock, later if isinstance(later, Silent) else [first, later])


def ask_database(region: Region, other: str) -> OfDatabase:
    """Ask as operations do."""
    state = asked(region.database.look)
    return OfDatabase(
        state,
        in_turn(state, lambda: region.database.heartbeats(other)),
        in_turn(state, region.database.subscriptions),
    )


def ask_cache(region: Region, client: CachePreflight) -> OfCache:
    """Ask Redis."""
    state = asked(region.cache.look)
    return OfCache(state, in_turn(state, client.settings))


def ask_gateway(region: Region, services: Sequence[str], guard: Guarding | None) -> OfGateway:
    """Ask the services through the gateway, its runtime API, and whom it asks."""
    failing = asked(lambda: region.gateway.answers(services))
    state = asked(region.gateway.look) if region.gateway.fences else None
    return OfGateway(failing, state, asked(guard.answer) if guard else None)


def ask_traffic(estate: EstateInHand) -> OfTraffic:
    """Ask Route 53."""
    traffic = estate.outside.traffic
    weights = asked(traffic.weights)

    def forced(region: str) -> Callable[[], bool]:
        return lambda: traffic.forced_unhealthy(region)

    return OfTraffic(weights, {name: in_turn(weights, forced(name)) for name in estate.file.regions})


def ask_copies(estate: EstateInHand, region: str) -> Copies:
    """Ask the cluster's host for its backups and its disk, and the cluster for its archive."""
    if estate.file.settings.backups is None:
        return Copies(region, NO_BACKUPS, NO_BACKUPS, NO_BACKUPS)
    clients = estate.restorable(region)
    room = asked(lambda: clients.scratch("readiness").room())
    return Copies(region, in_turn(room, clients.backups.kept), asked(clients.archiving.archiver), room)
