"""What Route 53 answers, as a pure function of the zone, the health of its checks, and chance.

The rules are Route 53's own:
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-complex-configs.html
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-weighted.html
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-choosing-alias-non-alias.html

Left out: wildcard names; and every policy that rests on where the resolver is. Latency
routing uses AWS's own measurements between resolvers and regions, which nobody else has:
an invented answer would make a drill prove nothing, so it is SERVFAIL, with the reason.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from lab.dns.records import Policy, Record, Zone

DEEPEST = 8
"""Aliases and CNAMEs followed before a loop is assumed."""


class Code(IntEnum):
    """A DNS response code; the numbers are the protocol's."""

    NOERROR = 0
    SERVFAIL = 2
    NXDOMAIN = 3
    REFUSED = 5


@dataclass(frozen=True)
class Answered:
    """Records of one name and type, as they go out."""

    name: str
    type: str
    ttl_s: int
    values: tuple[str, ...]


@dataclass(frozen=True)
class Reply:
    """What a question gets; no records with NOERROR says that the name has none of that type."""

    code: Code
    records: tuple[Answered, ...] = ()
    problem: str = ""
    """Why it is SERVFAIL, for the log."""


class UnanswerableError(Exception):
    """The zone says something that this server does not do, or that has no end."""


Health = Mapping[str, bool]
"""Health check id to healthy; an id that is not there was deleted, and counts as healthy."""
Chance = Callable[[], float]
"""Returns the next number from 0 up to and without 1."""


def answer(zone: Zone, health: Health, chance: Chance, name: str, kind: str) -> Reply:
    """Answer the question for *name* (lower case, ending in a dot) and record type *kind*."""
    if not zone.covers(name):
        return Reply(Code.REFUSED)
    if name not in zone.names:
        return Reply(Code.NXDOMAIN)
    try:
        return Reply(Code.NOERROR, tuple(_answered(_View(zone, health), chance, name, kind)))
    except UnanswerableError as error:
        return Reply(Code.SERVFAIL, problem=f"{name} {kind}: {error}")


@dataclass(frozen=True)
class _View:
    """The zone together with the health of its checks."""

    zone: Zone
    health: Health

    def healthy(self, record: Record, depth: int = 0) -> bool:
        """Whether *record* may be chosen.

        Without a health check it may. An alias that evaluates its target's health is
        healthy when any record of the target is; with a check as well, both must be.
        """
        _go_on(depth)
        if record.health_check is not None and not self.health.get(record.health_check, True):
            return False
        if record.alias is None or not record.alias.evaluate_health:
            return True
        target = self.zone.records.get((record.alias.name, record.type), ())
        return not target or any(self.healthy(each, depth + 1) for each in target)


def choose(group: Sequence[Record], healthy: Callable[[Record], bool], chance: Chance) -> Record:
    """Return the record of *group*, which has one name and type, that answers this time."""
    match group[0].policy:
        case Policy.SIMPLE:
            return group[0]
        case Policy.WEIGHTED:
            return _by_weight(_candidates(group, healthy), chance())
        case Policy.FAILOVER:
            in_order = sorted(group, key=lambda record: not record.primary)
            return next((record for record in in_order if healthy(record)), in_order[0])
        case policy:
            raise UnanswerableError(
                f"{policy} routing is not answered here; use weighted, failover or simple records in a lab"
            )


def _candidates(group: Sequence[Record], healthy: Callable[[Record], bool]) -> list[Record]:
    """Return healthy records with a weight; else healthy ones of weight zero; else, none being healthy, all.

    So zero is not "off", and unhealthy is not either.
    """
    weighted = [record for record in group if record.weight] or list(group)
    return (
        [record for record in weighted if healthy(record)]
        or [record for record in group if healthy(record)]
        or weighted
    )


def _by_weight(group: Sequence[Record], drawn: float) -> Record:
    """Return one record with probability weight / sum of weights; all alike where all are zero."""
    weights = [record.weight for record in group]
    if not any(weights):
        weights = [1] * len(group)
    mark = drawn * sum(weights)
    for record, weight in zip(group, weights, strict=True):
        mark -= weight
        if mark < 0:
            return record
    return group[-1]


def _answered(view: _View, chance: Chance, name: str, kind: str, depth: int = 0) -> Iterator[Answered]:
    """Yield the records that answer; a CNAME is followed as far as the zone goes."""
    _go_on(depth)
    if group := view.zone.records.get((name, kind)):
        yield from _values(view, chance, group, name)
    elif kind != "CNAME" and (group := view.zone.records.get((name, "CNAME"))):
        for cname in _values(view, chance, group, name):
            yield cname
            target = cname.values[0].rstrip(".").lower() + "."
            yield from _answered(view, chance, target, kind, depth + 1)


def _values(
    view: _View, chance: Chance, group: Sequence[Record], name: str, depth: int = 0
) -> Iterator[Answered]:
    """Yield the chosen record's values under *name*; an alias has its target's values and TTL."""
    _go_on(depth)
    record = choose(group, view.healthy, chance)
    if record.alias is None:
        yield Answered(name, record.type, record.ttl_s, record.values)
        return
    if record.alias.zone_id != view.zone.id:
        raise UnanswerableError(
            f"alias to {record.alias.name} of zone {record.alias.zone_id}, not {view.zone.id}"
        )
    if target := view.zone.records.get((record.alias.name, record.type)):
        yield from _values(view, chance, target, name, depth + 1)


def _go_on(depth: int) -> None:
    if depth > DEEPEST:
        raise UnanswerableError(f"more than {DEEPEST} aliases or CNAMEs in a row; break the loop")
