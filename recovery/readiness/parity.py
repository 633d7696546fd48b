"""Could either region carry what both carry now? Where they are not alike, one of them is smaller, or another."""

from collections.abc import Iterator, Mapping

from recovery.ports import GatewayState
from recovery.readiness.amounts import size
from recovery.readiness.check import Check, Criterion, Group, Judged, State, checked, holds, listed
from recovery.readiness.facts import CacheSettings, Schema, Server
from recovery.readiness.postgres import SESSIONS_SHARE, setting
from recovery.readiness.told import Told, both

LIMITS = ("max_connections", "max_replication_slots", "max_wal_senders", "max_worker_processes")
SAME = ("wal_level", "shared_preload_libraries", "pglogical.conflict_resolution", "max_slot_wal_keep_size")
Servers = tuple[Server, Server]


def server_parity(left: Told[Server], right: Told[Server]) -> list[Check]:
    """Return whether the clusters have the same release, settings, locales, and room for everybody."""
    criteria: tuple[Criterion[Servers], ...] = (
        Criterion("PostgreSQL is the same release", _versions, "bring both to the same one"),
        Criterion(
            "PostgreSQL's limits are the same",
            lambda pair: _settings(pair, LIMITS),
            "give both the greater: after a failover one carries everything",
        ),
        Criterion("PostgreSQL's settings are the same", lambda pair: _settings(pair, SAME), "set both alike"),
        Criterion(
            "the databases' encodings and collations are the same",
            _locales,
            "text that is sorted differently can be compared by hash only: make the database anew, with one locale",
        ),
        Criterion(
            "PostgreSQL has room for the sessions of both regions",
            _sessions,
            "raise max_connections, or lower the services' pools",
        ),
    )
    return checked(Group.PARITY, both(left, right), criteria)


def schema_parity(left: Told[Schema], right: Told[Schema]) -> list[Check]:
    """Return whether the databases have the same extensions."""
    remedy = "install the same version of each in both regions"
    return checked(
        Group.PARITY, both(left, right), [Criterion("the extensions are the same", _extensions, remedy)]
    )


def cache_parity(left: Told[CacheSettings], right: Told[CacheSettings]) -> list[Check]:
    """Return whether the Redis are of one release and size."""
    criteria = (
        Criterion("Redis is the same release", _cache_versions, "bring both to the same one"),
        Criterion(
            "Redis has the same room, and drops keys by the same policy",
            _cache_room,
            "give both the same maxmemory and maxmemory-policy",
        ),
    )
    return checked(Group.PARITY, both(left, right), criteria)


def gateway_parity(left: Told[GatewayState], right: Told[GatewayState]) -> list[Check]:
    """Return whether the gateways take as many sessions, for the same services."""
    criteria = (
        Criterion("the gateways take as many sessions", _session_limits, "give both the greater maxconn"),
        Criterion("the gateways have the same services", _services, "run it behind both"),
    )
    return checked(Group.PARITY, both(left, right), criteria)


def _versions(pair: Servers) -> Judged:
    here, there = (server.version.split()[0] for server in pair)
    same_major = here.split(".")[0] == there.split(".")[0]
    return holds(
        _pair(here, there), ok=here == there, otherwise=State.WARNING if same_major else State.FAILED
    )


def _settings(pair: Servers, names: tuple[str, ...]) -> Judged:
    found = {name: tuple(setting(server, name) or "not set" for server in pair) for name in names}
    unlike = [f"{name}: {here} and {there}" for name, (here, there) in found.items() if here != there]
    value = ", ".join(unlike) or ", ".join(f"{name} {here}" for name, (here, _) in found.items())
    return holds(value, ok=not unlike, otherwise=State.WARNING)


def _locales(pair: Servers) -> Judged:
    here, there = ({one.database: one for one in server.databases} for server in pair)
    unlike = [
        f"{name}: {here[name].encoding} {here[name].collation} {here[name].version or ''} and "
        f"{there[name].encoding} {there[name].collation} {there[name].version or ''}"
        for name in sorted(here.keys() & there.keys())
        if here[name] != there[name]
    ]
    alone = sorted(here.keys() ^ there.keys())
    told = [*unlike, *(f"{name} is in one region alone" for name in alone)]
    return holds(listed(told, most=2) if told else f"{len(here)} databases", ok=not told)


def _sessions(pair: Servers) -> Judged:
    expected = sum(server.sessions for server in pair)
    least = min(int(server.settings.get("max_connections", 0)) for server in pair)
    room = round(SESSIONS_SHARE * least)
    return holds(f"{expected} in both regions", f"{room} in either", ok=expected <= room)


def _extensions(pair: tuple[Schema, Schema]) -> Judged:
    here, there = (schema.extensions for schema in pair)
    alone = [f"{'.'.join(name)} is in one region alone" for name in sorted(here.keys() ^ there.keys())]
    unlike = [*_other_versions(here, there)]
    state = State.FAILED if alone else State.WARNING if unlike else State.OK
    told = [*alone, *unlike]
    return Judged(state, listed(told, most=3) if told else f"{len({name for _, name in here})} extensions")


def _other_versions(
    here: Mapping[tuple[str, str], str], there: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    for name in sorted(here.keys() & there.keys()):
        if here[name] != there[name]:
            yield f"{'.'.join(name)}: {here[name]} and {there[name]}"


def _cache_versions(pair: tuple[CacheSettings, CacheSettings]) -> Judged:
    here, there = (one.version for one in pair)
    return holds(_pair(here, there), ok=here == there, otherwise=State.WARNING)


def _cache_room(pair: tuple[CacheSettings, CacheSettings]) -> Judged:
    here, there = (f"{size(one.max_bytes) if one.max_bytes else 'no limit'}, {one.policy}" for one in pair)
    return holds(_pair(here, there), ok=here == there, otherwise=State.WARNING)


def _session_limits(pair: tuple[GatewayState, GatewayState]) -> Judged:
    here, there = (one.sessions_limit for one in pair)
    return holds(_pair(str(here), str(there)), ok=here == there, otherwise=State.WARNING)


def _services(pair: tuple[GatewayState, GatewayState]) -> Judged:
    here, there = ({*one.services_up, *one.services_down} for one in pair)
    alone = sorted(here ^ there)
    return holds(f"one alone has {listed(alone)}" if alone else f"{len(here)} services", ok=not alone)


def _pair(here: str, there: str) -> str:
    return here if here == there else f"{here} and {there}"
