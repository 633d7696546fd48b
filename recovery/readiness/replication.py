"""Does what either region commits arrive in the other one, and do their clocks agree?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from recovery.findings import exposure
from recovery.ports import Subscription
from recovery.readiness.check import Check, Criterion, Group, Judged, State, checked, holds, listed
from recovery.readiness.facts import Clock
from recovery.readiness.told import Silent, Told, both


@dataclass(frozen=True)
class Arriving:
    """What one region knows of the other one's commits."""

    source: str
    target: str
    beats: Told[Mapping[str, datetime | None]]
    """The newest heartbeat of the source in each node group of the target."""
    subscriptions: Told[Sequence[Subscription]]
    source_clock: Told[Clock]


@dataclass(frozen=True)
class LagLimits:
    """From where on a lag is told, and from where on it is too much."""

    warns: timedelta
    rpo: timedelta


def arriving_checks(arriving: Arriving, limits: LagLimits, *, now: datetime) -> list[Check]:
    """Return the exposure in one direction, and whether it is being made up."""
    lacking = Criterion[Mapping[str, datetime | None]](
        f"it has what {arriving.source} has committed",
        lambda beats: _exposed(beats, arriving.source_clock, limits, now),
        "see that heartbeats are written there, and that the subscriptions are heard",
    )
    applying = Criterion[Sequence[Subscription]](
        f"it applies what {arriving.source} commits",
        _applied,
        "see pglogical.show_subscription_status there; after a failover, reprotect the region that was left",
    )
    return [
        *checked(Group.REPLICATION, arriving.beats, [lacking], region=arriving.target),
        *checked(Group.REPLICATION, arriving.subscriptions, [applying], region=arriving.target),
    ]


def _exposed(
    beats: Mapping[str, datetime | None], clock: Told[Clock], limits: LagLimits, now: datetime
) -> Judged:
    """The heartbeats have the source's time: what it says now is reckoned from ours, unless it is lost."""
    lost = isinstance(clock, Silent)
    there = now + timedelta(seconds=0 if isinstance(clock, Silent) else clock.ahead_s)
    lacking = exposure([*beats.values()], fault_at=there)
    limit = f"RPO {limits.rpo.total_seconds():g} s"
    if lacking is None:
        never = listed([group for group, beat in beats.items() if beat is None])
        return Judged(State.FAILED, f"no heartbeat has ever arrived in {never or 'any node group'}", limit)
    value = (
        f"a failover now would lose up to {lacking.total_seconds():.1f} s{', by our clock' if lost else ''}"
    )
    if lacking > limits.rpo:
        return Judged(State.FAILED, value, limit)
    return holds(value, limit, ok=lacking <= limits.warns, otherwise=State.WARNING)


def _applied(subscriptions: Sequence[Subscription]) -> Judged:
    silent = [one.node_group for one in subscriptions if not (one.enabled and one.replicating)]
    value = f"{listed(silent)} do not" if silent else f"{len(subscriptions)} subscriptions do"
    return holds(value, "all of them", ok=bool(subscriptions) and not silent)


def clock_checks(clocks: Mapping[str, Told[Clock]], *, most_apart: timedelta) -> list[Check]:
    """Return whether each region's clock agrees with ours, and the two with each other."""
    (first, here), (second, there) = clocks.items()
    name, remedy = "its clock agrees with ours", "see what keeps the time on that machine, and on this one"
    own = Criterion[Clock](name, lambda clock: _ours(clock, most_apart), remedy)
    apart = Criterion[tuple[Clock, Clock]](
        "the regions' clocks agree",
        lambda pair: _apart(*pair, most_apart),
        "see what keeps the time on both: the later write wins by it",
    )
    return [
        *checked(Group.CLOCKS, here, [own], region=first),
        *checked(Group.CLOCKS, there, [own], region=second),
        *checked(Group.CLOCKS, both(here, there), [apart]),
    ]


def _ours(clock: Clock, most: timedelta) -> Judged:
    judged = _within(clock.ahead_s, clock.error_s, most)
    return judged._replace(state=State.WARNING) if judged.state is State.FAILED else judged


def _apart(here: Clock, there: Clock, most: timedelta) -> Judged:
    return _within(here.ahead_s - there.ahead_s, here.error_s + there.error_s, most)


def _within(apart_s: float, error_s: float, most: timedelta) -> Judged:
    """Beyond the limit for certain, within it for certain, or not to be told."""
    most_s, value = most.total_seconds(), f"{apart_s:+.3f} s, give or take {error_s:.3f} s"
    limit = f"{most_s:g} s"
    if abs(apart_s) - error_s > most_s:
        return Judged(State.FAILED, value, limit)
    return holds(value, limit, ok=abs(apart_s) + error_s <= most_s, otherwise=State.UNKNOWN)
