"""One region's PostgreSQL: is it set up so that replication, a failover and a return can work?"""

from recovery.readiness.check import Check, Criterion, Group, Judged, State, checked, holds, listed
from recovery.readiness.facts import Server
from recovery.readiness.told import Told

PLUGIN_LIST, PLUGIN = "output_plugin_libraries", "pglogical_output"
LATEST_WINS = "last_update_wins"
SESSIONS_SHARE = 0.8
"""Of max_connections: the rest is for people, and for what comes at once."""
MOST_AGE = 1_000_000_000
"""Transactions: half of the 2^31 at which a database stops to take writes."""
HIDDEN = "hidden from the role"


def server_checks(region: str, told: Told[Server]) -> list[Check]:
    """Return whether the settings, the slots and the collations are as they should be."""
    return checked(Group.POSTGRES, told, _SETTINGS, region=region) + checked(
        Group.POSTGRES, told, _STATE, region=region
    )


def setting(server: Server, name: str) -> str | None:
    """Return a setting, or that it is hidden; None where the server has none of that name."""
    return server.settings.get(name, None if server.reads_all_settings else HIDDEN)


def names_in(setting: str | None) -> set[str]:
    """Return the names in a setting that is a list."""
    return {name.strip().strip('"') for name in (setting or "").split(",") if name.strip()}


def _plugin(server: Server) -> Judged:
    found = setting(server, PLUGIN_LIST)
    if found is None:
        return Judged(State.OK, "the server keeps no list of allowed plugins")
    if found == HIDDEN:
        return Judged(State.UNKNOWN, f"{PLUGIN_LIST} is {HIDDEN}, or not there")
    return holds(found, PLUGIN, ok=PLUGIN in names_in(found))


def _is(name: str, wanted: str) -> Criterion[Server]:
    def judge(server: Server) -> Judged:
        found = setting(server, name)
        if found == HIDDEN:
            return Judged(State.UNKNOWN, f"{name} is {HIDDEN}")
        return holds(found or "not set", wanted, ok=found == wanted)

    return Criterion(f"{name} is {wanted}", judge, f"set {name} = {wanted} in postgresql.conf")


def _preloaded(server: Server) -> Judged:
    found = setting(server, "shared_preload_libraries")
    if found == HIDDEN:
        return Judged(State.UNKNOWN, f"shared_preload_libraries is {HIDDEN}")
    return holds(found or "nothing", "pglogical", ok="pglogical" in names_in(found))


def _slots(server: Server) -> Judged:
    lost = [slot.name for slot in server.slots if slot.wal_status == "lost"]
    near = [slot.name for slot in server.slots if slot.wal_status == "unreserved"]
    if lost:
        return Judged(State.FAILED, f"lost: {listed(lost)}", "none lost")
    if near:
        return Judged(State.WARNING, f"about to be lost: {listed(near)}", "none lost")
    return Judged(State.OK, f"{len(server.slots)} slots have all that they need", "none lost")


def _slot_room(server: Server) -> Judged:
    most = int(server.settings.get("max_replication_slots", 0))
    free = most - len(server.slots)
    return holds(
        f"{len(server.slots)} of {most} are in use", "one free", ok=free > 0, otherwise=State.WARNING
    )


def _collations(server: Server) -> Judged:
    changed = [one.database for one in server.databases if one.built_with != one.version]
    value = f"changed under {listed(changed)}" if changed else "none has changed"
    return holds(value, "as their indexes were built", ok=not changed)


def _age(server: Server) -> Judged:
    usual = int(server.settings.get("autovacuum_freeze_max_age", 200_000_000))
    value, limit = f"{server.oldest_age:,} transactions".replace(",", " "), f"{2 * usual:,}".replace(",", " ")
    if server.oldest_age >= MOST_AGE:
        return Judged(State.FAILED, value, limit)
    return holds(value, limit, ok=server.oldest_age <= 2 * usual, otherwise=State.WARNING)


_SETTINGS = (
    Criterion(
        "pglogical's output plugin may be loaded",
        _plugin,
        f"add {PLUGIN} to {PLUGIN_LIST}, an unquoted list: without it no slot can be made",
    ),
    Criterion("pglogical is preloaded", _preloaded, "add pglogical to shared_preload_libraries, and restart"),
    _is("wal_level", "logical"),
    _is("track_commit_timestamp", "on"),
    _is("pglogical.conflict_resolution", LATEST_WINS),
)
_STATE = (
    Criterion(
        "no slot has lost WAL",
        _slots,
        "a lost slot's subscriber lacks rows: make the subscription anew, and compare the regions",
    ),
    Criterion("a slot is free", _slot_room, "raise max_replication_slots, or drop a slot that nobody uses"),
    Criterion(
        "no collation has changed under an index",
        _collations,
        "REINDEX the database, then ALTER DATABASE ... REFRESH COLLATION VERSION",
    ),
    Criterion(
        "transaction numbers are far from running out",
        _age,
        "see what keeps VACUUM from freezing rows: an old transaction, or a slot that nobody reads",
    ),
)
