"""The whole estate, asked at once: what a run of the readiness check knows."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

from recovery.epoch import Claim, holder_of
from recovery.errors import BadInput
from recovery.estate_in_hand import EstateInHand
from recovery.evidence import Evidence
from recovery.left_hosts import refuse_left_hosts
from recovery.readiness import asking
from recovery.readiness.backups import Copies
from recovery.readiness.facts import Certificate, TlsPlace
from recovery.readiness.kept import Memory
from recovery.readiness.proofs import History, read_on
from recovery.readiness.tls_places import tls_places
from recovery.readiness.told import Told, asked

AT_ONCE = 32
PROBED = timedelta(seconds=10)


@dataclass(frozen=True)
class RegionFacts:
    """What is known of one region."""

    cluster: asking.OfCluster
    database: asking.OfDatabase
    cache: asking.OfCache
    gateway: asking.OfGateway
    stopped: Told[bool] | None
    """None: it has no stop object."""
    copies: Copies


@dataclass(frozen=True)
class Facts:
    """What is known of an estate at one moment."""

    at: datetime
    regions: Mapping[str, RegionFacts]
    traffic: asking.OfTraffic
    answered: Told[Sequence[str]]
    prober: Told[Evidence]
    stores: Told[Sequence[str]]
    """The journal's stores that do not answer."""
    holder: Told[Claim | None]
    moved: Told[str | None]
    """Why the estate file is the one of hosts that were left."""
    history: Told[History]
    certificates: Mapping[TlsPlace, Told[Certificate | None]]
    watched: Mapping[str, Told[frozenset[str]]]
    """By place: whose watchdog its Alertmanager holds."""
    took_s: float


def look(estate: EstateInHand, memory: Memory, now: datetime) -> Facts:
    """Return what every part says now. All are asked at once, and none keeps another one waiting; raises nothing."""
    began, quorum, outside = monotonic(), estate.outside.journal, estate.outside
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="readiness") as pool:
        regions = {name: _begun_region(pool, estate, name, memory) for name in estate.file.regions}
        history = pool.submit(asked, lambda: read_on(quorum, memory.history, estate.file.regions))
        stores = pool.submit(asked, quorum.silent)
        holder = pool.submit(asked, lambda: holder_of(quorum, estate.name))
        moved = pool.submit(asked, lambda: _moved(estate))
        traffic = pool.submit(asking.ask_traffic, estate)
        answered = pool.submit(asked, outside.front_door.regions_answered)
        prober = pool.submit(asked, lambda: outside.prober.evidence(PROBED))
        certificates = {
            place: pool.submit(asked, partial(estate.preflights.certificates.look, place))
            for place in tls_places(estate.file)
        }
        watched = {
            place: pool.submit(asked, watching.heard)
            for place, watching in estate.preflights.watching.items()
        }
        answers = {name: region() for name, region in regions.items()}
        return Facts(
            at=now,
            regions=answers,
            traffic=traffic.result(),
            answered=answered.result(),
            prober=prober.result(),
            stores=stores.result(),
            holder=holder.result(),
            moved=moved.result(),
            history=history.result(),
            certificates={place: told.result() for place, told in certificates.items()},
            watched={place: told.result() for place, told in watched.items()},
            took_s=monotonic() - began,
        )


def _begun_region(
    pool: Executor, estate: EstateInHand, name: str, memory: Memory
) -> Callable[[], RegionFacts]:
    """Begin to ask one region; what is returned waits for its answers."""
    region, other, clients = estate.region(name), estate.file.other(name), estate.preflights
    stop = estate.outside.stops.get(name)
    twice = name not in memory.readings
    cluster = pool.submit(asking.ask_cluster, clients.databases[name], twice=twice)
    database = pool.submit(asking.ask_database, region, other)
    cache = pool.submit(asking.ask_cache, region, clients.caches[name])
    gateway = pool.submit(asking.ask_gateway, region, estate.file.services_in(name), clients.guards.get(name))
    stopped = pool.submit(asked, stop.present) if stop else None
    copies = pool.submit(asking.ask_copies, estate, name)
    return lambda: RegionFacts(
        cluster.result(),
        database.result(),
        cache.result(),
        gateway.result(),
        stopped.result() if stopped else None,
        copies.result(),
    )


def _moved(estate: EstateInHand) -> str | None:
    """Return why the file names hosts that were left; None where it does not."""
    try:
        refuse_left_hosts(estate.file, estate.outside.journal, but=None)
    except BadInput as error:
        return str(error)
    return None
