"""Does each region serve, and may customers be sent there?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recovery.evidence import Evidence
from recovery.ports import CacheState, DatabaseState, GatewayState
from recovery.readiness.check import Check, Criterion, Group, Judged, State, checked, holds, listed
from recovery.readiness.told import Told, both
from recovery.region_guard import Answer
from recovery.traffic import Weights

SESSIONS_SHARE = 0.8
"""Of a gateway's limit: above it, new sessions begin to queue."""
MOST_SILENT_S = 60


@dataclass(frozen=True)
class Serving:
    """What one region's parts say."""

    region: str
    role: str
    """The role of its PostgreSQL by the estate file."""
    database: Told[DatabaseState]
    cache: Told[CacheState]
    failing: Told[Mapping[str, str]]
    """The services that do not answer through the gateway, and how."""
    gateway: Told[GatewayState] | None
    """None: it has no runtime API."""
    guard: Told[Answer] | None
    """None: the estate file names none."""
    forced: Told[bool]
    stopped: Told[bool] | None
    """None: it has no stop object."""
    prober: Told[Evidence]


def serving_checks(serving: Serving) -> list[Check]:
    """Return whether one region serves, and may be answered by the global name."""
    answering = Criterion(
        "the global name may answer with it", _answerable, "fail back first: it was left before"
    )
    group, region = Group.SERVING, serving.region
    stopped = serving.stopped if serving.stopped is not None else False
    return [
        *checked(group, serving.database, [_in_role(serving.role)], region=region),
        *checked(group, serving.cache, [_CACHE], region=region),
        *checked(group, serving.failing, [_SERVICES], region=region),
        *(checked(group, serving.gateway, _GATEWAY, region=region) if serving.gateway is not None else ()),
        *(checked(group, serving.guard, [_GUARD], region=region) if serving.guard is not None else ()),
        *checked(group, both(serving.forced, stopped), [answering], region=region),
        *checked(group, serving.prober, [_seen(region)], region=region),
    ]


def room_check(gateways: Sequence[Told[GatewayState]]) -> list[Check]:
    """Return whether either gateway has room for everybody."""
    criterion = Criterion("a gateway has room for both regions' customers", _room, "raise maxconn in both")
    left, right = gateways
    return checked(Group.SERVING, both(left, right), [criterion])


def name_checks(answered: Told[Sequence[str]], weights: Told[Weights]) -> list[Check]:
    """Return whether the global name is answered, and has records that can be shifted."""
    return [
        *checked(Group.SERVING, answered, [_ANSWERED]),
        *checked(Group.SERVING, weights, [_WEIGHTED]),
    ]


def _in_role(role: str) -> Criterion[DatabaseState]:
    def judge(state: DatabaseState) -> Judged:
        shut = [name for name, may in state.logins.items() if not may]
        told = "standby" if state.in_recovery else "primary"
        value = f"{told}, {listed(shut)} shut out" if shut else told
        wanted = "standby" if role == "standby" else "primary"
        return holds(value, f"{wanted}, none shut out", ok=told == wanted and not shut)

    remedy = "a region that was left stays fenced until it has failed back; otherwise unfence it"
    return Criterion("PostgreSQL is in its role, and lets the services in", judge, remedy)


def _cache(state: CacheState) -> Judged:
    if state.role == "master":
        return holds("master", ok=state.accepts_writes)
    heard = f", heard its master {state.lag_s:g} s ago" if state.lag_s is not None else ""
    return holds(f"replica{heard}" if state.link_up else "replica without its master", ok=state.link_up)


def _services(failing: Mapping[str, str]) -> Judged:
    told = [f"{service}: {how}" for service, how in failing.items()]
    return holds(listed(told) if told else "all of them", "all of them", ok=not told)


def _open(state: GatewayState) -> Judged:
    down = f"down: {listed(state.services_down)}" if state.services_down else "all services up"
    value = f"fenced, {down}" if state.fenced else f"open, {down}"
    return holds(value, "open, all services up", ok=not state.fenced and not state.services_down)


def _guarded(answer: Answer) -> Judged:
    """One that can not ask lets the region serve on, and closes it as soon as it is started again."""
    limit = f"open, heard a majority within {MOST_SILENT_S} s"
    if not answer.may_serve:
        return holds(f"closed: {answer.why}", limit, ok=False)
    if answer.age_s is None or answer.age_s > MOST_SILENT_S:
        return holds(f"open, but deaf: {answer.trouble}", limit, ok=False, otherwise=State.WARNING)
    return holds("open", limit, ok=True)


def _room(pair: tuple[GatewayState, GatewayState]) -> Judged:
    expected = sum(one.sessions for one in pair)
    room = round(SESSIONS_SHARE * min(one.sessions_limit for one in pair))
    return holds(f"{expected} sessions in both regions", f"{room} in either", ok=expected <= room)


def _answerable(switches: tuple[bool, bool]) -> Judged:
    forced, stopped = switches
    value = "forced unhealthy" if forced else "stopped by its stop object" if stopped else "yes"
    return holds(value, ok=not forced and not stopped)


def _seen(region: str) -> Criterion[Evidence]:
    def judge(evidence: Evidence) -> Judged:
        seen = evidence.regions.get(region)
        if seen is None or not (seen.probes or seen.consecutive_failures):
            return Judged(State.UNKNOWN, f"it has not asked within {evidence.window_s:g} s", "answers")
        failed = seen.consecutive_failures
        return holds(f"{failed} probes in a row failed" if failed else "answers", "answers", ok=not failed)

    return Criterion(
        "the prober is answered there", judge, "see what the prober says: nothing is measured without it"
    )


def _answered(regions: Sequence[str]) -> Judged:
    return holds(f"now by {listed(sorted({*regions}))}" if regions else "by nobody", ok=bool(regions))


def _weighted(weights: Weights) -> Judged:
    told = ", ".join(f"{region} {weight}" for region, weight in sorted(weights.items()))
    idle = [region for region, weight in weights.items() if not weight]
    return holds(told, ok=not idle, otherwise=State.WARNING)


_CACHE = Criterion("Redis takes writes, or follows the one that does", _cache, "see INFO replication there")
_SERVICES = Criterion(
    "its services answer through its gateway", _services, "mend the gateway and its services"
)
_GATEWAY = (
    Criterion("the gateway is open, with every service up", _open, "start what is down, or unfence it"),
)
_GUARD = Criterion(
    "its region guard lets it serve, and hears the journal",
    _guarded,
    "mend its way to the journal's stores, and do not restart it before (docs/region-guard.md)",
)
_ANSWERED = Criterion[Sequence[str]](
    "the global name is answered", _answered, "see `recovery.route53.authoritative_servers`"
)
_WEIGHTED = Criterion[Weights](
    "both regions have a share of the answers",
    _weighted,
    "a region without customers is not known to serve them",
)
