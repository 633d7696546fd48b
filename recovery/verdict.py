"""Which region is at fault, and why: the verdict table over everything that is known. No clock, no network.

A pure function of a situation: the same signals in any order, any number of copies, give the
same verdict. In doubt it names no region that anything would be done to.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import AwareDatetime, Field

from recovery.measurement import Frozen
from recovery.signals import Correlation, Signal, SignalClass, Situation
from recovery.votes import HARD, PROBER, Vote, all_votes, standing, votes


class Row(StrEnum):
    """The verdict table's rows."""

    REGION_LOST = "region lost"
    REGION_FAULT = "region fault"
    GLOBAL_FAULT = "global fault"
    MONITORING_FAULT = "monitoring fault"
    PARTITION = "partition"
    SERVICE_FAULT = "service fault"
    SUSPECT = "suspect"
    UNATTRIBUTED = "unattributed"
    HEALTHY = "healthy"


class Condition(Frozen):
    """One thing that must hold before a region is called lost or at fault."""

    what: str
    holds: bool
    value: str


class Verdict(Frozen):
    """The row that matched, the region it names, and what would have to change for a failover from it."""

    row: Row
    region: str | None
    since: AwareDatetime | None
    reason: str
    votes: tuple[Vote, ...]
    conditions: tuple[Condition, ...] = ()
    failing: bool = Field(default=False, description="The prober finds the named region bad")

    @property
    def calls_for_failover(self) -> bool:
        """Whether a region should be left, if the guards allow it."""
        return self.row in {Row.REGION_LOST, Row.REGION_FAULT}


@dataclass(frozen=True)
class View:
    """One region, as everything that is known shows it."""

    region: str
    votes: tuple[Vote, ...]
    """Of the window that has the most."""
    ever: tuple[Vote, ...]
    """Of all windows."""
    probe: bool | None
    unwatched: bool

    @property
    def classes(self) -> frozenset[SignalClass]:
        """The classes whose votes count."""
        return frozenset(vote.signal for vote in self.votes if vote.counts)

    @property
    def sick(self) -> bool:
        """Whether customers may feel it: asked of the other region, it is enough to hold."""
        return self.probe is False or any(vote.signal in HARD and vote.counts for vote in self.ever)

    @property
    def well(self) -> bool:
        """Whether it is known to be fit to take over, as far as monitoring can tell."""
        counted = {vote.signal for vote in self.ever if vote.counts}
        return self.probe is True and not self.unwatched and not self.sick and len(counted) <= 1

    @property
    def witnesses(self) -> frozenset[str]:
        """Who outside the region says that it is bad, the prober among them where its probes fail."""
        return self.outside(self.votes)

    def outside(self, told: tuple[Vote, ...]) -> frozenset[str]:
        """Return who outside the region stands behind the votes *told* that count, and the failing prober."""
        heard = {observer for vote in told if vote.counts for observer in vote.observers}
        return frozenset((heard | ({PROBER} if self.probe is False else set())) - {self.region})

    @property
    def one_service(self) -> str | None:
        """The only service that all counted votes name, None where they tell of more."""
        named = {service for vote in self.votes if vote.counts for service in vote.services}
        return next(iter(named)) if len(named) == 1 else None


Rule = Callable[[View, View, Correlation], bool]


def _lost(a: View, b: View, _rules: Correlation) -> bool:
    return _silent(a, b) and a.probe is False and b.well and len(_witnesses(a, b)) > 1


def _at_fault(a: View, b: View, rules: Correlation) -> bool:
    many = len(a.classes) >= rules.classes and bool(a.classes & HARD)
    return many and a.probe is False and b.well and len(a.witnesses) > 1


def _silent(a: View, b: View) -> bool:
    """Whether *a* is not heard and its rows do not arrive, whenever that began: old words still stand."""
    return a.unwatched and any(
        vote.counts and vote.signal is SignalClass.REPLICATION for vote in a.ever + b.ever
    )


def _witnesses(a: View, b: View) -> frozenset[str]:
    """Return who outside a silent *a* tells of it; broken replication is also the other region's word."""
    return a.outside(a.ever + tuple(vote for vote in b.ever if vote.signal is SignalClass.REPLICATION))


def _both(a: View, b: View, _rules: Correlation) -> bool:
    return a.sick and b.sick


def _unmonitored(a: View, b: View, _rules: Correlation) -> bool:
    alone = a.classes <= {SignalClass.MONITORING} and not b.sick
    return (a.unwatched or a.classes == {SignalClass.MONITORING}) and a.probe is True and alone


def _parted(a: View, b: View, _rules: Correlation) -> bool:
    """Between regions that serve, and are heard, rows do not arrive: nor do the looks of one at the other."""
    bad = a.classes | b.classes
    only = SignalClass.REPLICATION in bad and bad <= {SignalClass.REPLICATION, SignalClass.MONITORING}
    return only and a.probe is True and b.probe is True and not (a.unwatched or b.unwatched)


def _one_service(a: View, b: View, _rules: Correlation) -> bool:
    alone = a.probe is not False and not a.unwatched and not b.classes and not b.sick
    return a.one_service is not None and alone


def _suspect(a: View, _b: View, _rules: Correlation) -> bool:
    """A prober that does not tell is no good news: without it no region is ever left."""
    return bool(a.votes) or a.probe is not True or a.unwatched


TABLE: tuple[tuple[Row, Rule], ...] = (
    (Row.GLOBAL_FAULT, _both),
    (Row.REGION_LOST, _lost),
    (Row.REGION_FAULT, _at_fault),
    (Row.PARTITION, _parted),
    (Row.MONITORING_FAULT, _unmonitored),
    (Row.SERVICE_FAULT, _one_service),
    (Row.SUSPECT, _suspect),
)
"""In this order: the first row that matches for either region is the verdict."""
OF_NO_REGION = frozenset({Row.GLOBAL_FAULT, Row.PARTITION})


def judge(situation: Situation, rules: Correlation) -> Verdict:
    """Return the verdict: the table's first row that matches, for the region with more against it."""
    signals = standing(situation, rules)
    first, second = (_view(situation, rules, region, signals) for region in situation.regions)
    ordered = [(first, second), (second, first)]
    ordered.sort(key=lambda pair: (pair[0].probe is not False, -len(pair[0].classes), -len(pair[0].votes)))
    for row, matches in TABLE:
        for a, b in ordered:
            if matches(a, b, rules):
                return _verdict(row, a, b, rules)
    stray = any(signal.region not in situation.regions for signal in signals)
    return _verdict(Row.UNATTRIBUTED if stray else Row.HEALTHY, *ordered[0], rules)


def _view(situation: Situation, rules: Correlation, region: str, signals: Sequence[Signal]) -> View:
    heard = situation.watchdogs.get(region)
    return View(
        region=region,
        votes=votes(situation, rules, region, among=signals),
        ever=all_votes(situation, rules, region, among=signals),
        probe=situation.probes.get(region),
        unwatched=heard is None or situation.at - heard > rules.watchdog_silence,
    )


def _verdict(row: Row, a: View, b: View, rules: Correlation) -> Verdict:
    named = row not in OF_NO_REGION | {Row.UNATTRIBUTED, Row.HEALTHY}
    cast = a.votes + b.votes
    return Verdict(
        row=row,
        region=a.region if named else None,
        since=min((vote.since for vote in a.votes or b.votes), default=None),
        reason=_reason(a, b),
        votes=cast,
        conditions=_conditions(a, b, rules) if cast or a.probe is not True or a.unwatched else (),
        failing=named and a.probe is False,
    )


def _conditions(a: View, b: View, rules: Correlation) -> tuple[Condition, ...]:
    """Return what must hold for a failover from *a*, each with what is there now."""
    classes = ", ".join(sorted(a.classes)) or "none"
    enough = len(a.classes) >= rules.classes and bool(a.classes & HARD)
    silent = _silent(a, b)
    witnesses = _witnesses(a, b) if silent else a.witnesses
    wanted = (
        f"{rules.classes} classes against {a.region}, health or errors among them; "
        "or it is not heard, and replication is broken"
    )
    return (
        Condition(what=wanted, holds=enough or silent, value=classes),
        Condition(what=f"the prober finds {a.region} bad", holds=a.probe is False, value=_probed(a)),
        Condition(
            what=f"two witnesses outside {a.region}",
            holds=len(witnesses) > 1,
            value=", ".join(sorted(witnesses)) or "none",
        ),
        Condition(what=f"{b.region} is well", holds=b.well, value=_reason_of(b)),
    )


def _reason(a: View, b: View) -> str:
    return "; ".join(f"{view.region}: {_reason_of(view)}" for view in (a, b))


def _reason_of(view: View) -> str:
    told = [f"{vote.signal}{'' if vote.counts else ' (not borne out)'}" for vote in view.ever]
    told += [_probed(view)] + (["its monitoring is not heard"] if view.unwatched else [])
    return ", ".join(told)


def _probed(view: View) -> str:
    match view.probe:
        case True:
            return "answers the prober"
        case False:
            return "fails the prober"
        case None:
            return "not probed"
