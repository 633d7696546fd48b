"""From facts to checks: every fact held against the estate's limits."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import chain

from recovery.dr_test.opening import interval_days
from recovery.drill.order import allowed_scope
from recovery.drill.scripts import played_in
from recovery.estate import EstateFile
from recovery.readiness import access, parity
from recovery.readiness.backups import backup_checks, no_backups
from recovery.readiness.check import Check, Criterion, Group, Judged, State, checked, holds
from recovery.readiness.estate import estate_checks
from recovery.readiness.looking import Facts
from recovery.readiness.outage import Room, outage_checks
from recovery.readiness.pace import Pace
from recovery.readiness.postgres import server_checks
from recovery.readiness.proving import Now, proof_checks
from recovery.readiness.replication import Arriving, LagLimits, arriving_checks, clock_checks
from recovery.readiness.schema import likeness_checks, schema_checks
from recovery.readiness.serving import Serving, name_checks, room_check, serving_checks
from recovery.readiness.told import Silent, Told

UNSAID_DAYS = 92
"""Between two tests, where the file does not say: a quarter."""
UNMEASURED = Silent("its pace is not measured yet: the next run knows it")


def judge(file: EstateFile, facts: Facts, paces: Mapping[str, Pace], now: Now) -> list[Check]:
    """Return every check; those that make no sense while a region is left are unknown."""
    found = chain(
        estate_checks(facts.history, facts.holder, facts.moved),
        _of_access(file, facts),
        _of_watch(facts),
        *(_of_region(file, facts, name, paces) for name in file.regions),
        _of_both(file, facts),
        proof_checks(
            facts.history, now, interval=proof_interval(file), scenarios=played_in(allowed_scope(file))
        ),
    )
    left = {} if isinstance(facts.history, Silent) else facts.history.left
    return [_set_aside(check, left) for check in found]


def proof_interval(file: EstateFile) -> timedelta:
    """Return how long a proof is whole: as the file says, else the time between two tests."""
    return timedelta(days=file.settings.readiness.proof_days or interval_days(file) or UNSAID_DAYS)


def _of_watch(facts: Facts) -> Iterable[Check]:
    """An alert that nobody would get is as good as none: each place's own watchdog has to be heard there."""
    for place, told in facts.watched.items():

        def alive(heard: frozenset[str], place: str = place) -> Judged:
            return holds(
                f"heard: {', '.join(sorted(heard)) or 'nobody'}", f"{place}'s own", ok=place in heard
            )

        remedy = "start its Prometheus and its Alertmanager: no alert would arrive from there"
        yield from checked(
            Group.WATCHED, told, [Criterion(f"the monitoring of {place} is alive", alive, remedy)]
        )


def _of_access(file: EstateFile, facts: Facts) -> Iterable[Check]:
    soon = timedelta(days=file.settings.readiness.expiry_days)
    stops = {name: one.stopped for name, one in facts.regions.items() if one.stopped is not None}
    places = [store.place for store in file.settings.journal.stores]
    for name, one in facts.regions.items():
        yield access.database_login(name, one.database.state)
        yield access.cache_login(name, one.cache.state)
        yield access.gateway_login(name, one.gateway.state)
        yield from access.role_checks(name, one.cluster.server, soon=soon, now=facts.at)
    yield from access.keys_checks(facts.traffic.weights, stops)
    yield from access.journal_check(places, facts.stores)
    for place, told in facts.certificates.items():
        yield access.certificate_check(place, told, soon=soon, now=facts.at)


def _of_region(file: EstateFile, facts: Facts, name: str, paces: Mapping[str, Pace]) -> Iterable[Check]:
    here, settings, other = facts.regions[name], file.settings.readiness, file.other(name)
    server, schema = here.cluster.server, here.cluster.schema
    lag = LagLimits(timedelta(seconds=file.postgres_multi_region.monitoring.lag_threshold_seconds), file.rpo)
    arriving = Arriving(
        other,
        name,
        here.database.beats,
        here.database.subscriptions,
        facts.regions[other].cluster.clock,
    )
    room = Room(None if isinstance(here.copies.room, Silent) else here.copies.room.free_bytes)
    pace: Told[Pace] = paces.get(name) or (
        here.cluster.progress if isinstance(here.cluster.progress, Silent) else UNMEASURED
    )
    outage = timedelta(minutes=settings.outage_minutes)
    yield from serving_checks(_serving(file, facts, name))
    yield from arriving_checks(arriving, lag, now=facts.at)
    yield from outage_checks(name, server, pace, room=room, outage=outage)
    yield from server_checks(name, server)
    yield from schema_checks(name, schema, exceptions=settings.table_exceptions)
    rates = facts.history if isinstance(facts.history, Silent) else facts.history.rates
    yield from backup_checks(file, here.copies, rates, now=facts.at)


def _serving(file: EstateFile, facts: Facts, name: str) -> Serving:
    here = facts.regions[name]
    return Serving(
        region=name,
        role=file.postgres_in(name).role,
        database=here.database.state,
        cache=here.cache.state,
        failing=here.gateway.failing,
        gateway=here.gateway.state,
        guard=here.gateway.guard,
        forced=facts.traffic.forced[name],
        stopped=here.stopped,
        prober=facts.prober,
    )


def _of_both(file: EstateFile, facts: Facts) -> Iterable[Check]:
    left, right = facts.regions.values()
    yield from no_backups(file)
    yield from clock_checks(
        {name: one.cluster.clock for name, one in facts.regions.items()},
        most_apart=timedelta(seconds=file.settings.reconciliation.most_clock_skew_seconds),
    )
    yield from likeness_checks(left.cluster.schema, right.cluster.schema)
    yield from parity.server_parity(left.cluster.server, right.cluster.server)
    yield from parity.schema_parity(left.cluster.schema, right.cluster.schema)
    yield from parity.cache_parity(left.cache.settings, right.cache.settings)
    gateways = [one.gateway.state for one in (left, right) if one.gateway.state is not None]
    if len(gateways) == len(facts.regions):
        yield from parity.gateway_parity(*gateways)
        yield from room_check(gateways)
    yield from name_checks(facts.answered, facts.traffic.weights)


def _set_aside(check: Check, left: Mapping[str, str]) -> Check:
    """Return a check that makes no sense while a region is left as unknown: replication, and serving there.

    How long the other one's WAL lasts is no such check: until then the region can be brought back.
    """
    gone = check.group is Group.SERVING and check.region in left
    if not left or not (gone or check.group is Group.REPLICATION):
        return check
    region, operation = next(iter(left.items()))
    why = f"{region} was left by {operation}: this says nothing until it is back"
    return check.model_copy(update={"state": State.UNKNOWN, "value": why})
