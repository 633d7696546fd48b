"""What a verdict never does, whatever is said; and the whole table, against a naive reading of it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, combinations, product
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from recovery.signals import Correlation, Signal, SignalClass, Situation
from recovery.verdict import Row, Verdict, judge

EAST, WEST = "us-east-1", "us-west-2"
OBSERVERS = (EAST, WEST, "witness", "prober")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = Correlation()
LONG_AGO = NOW - timedelta(hours=1)
ANYBODY = st.sampled_from(OBSERVERS)
MINUTES = st.sampled_from([-1, 0, 1, 10, 20, 40, 80, 90])
HEARD = st.sampled_from([NOW, NOW, NOW - timedelta(minutes=3), LONG_AGO, None])


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def a_word(about: st.SearchStrategy[str | None], by: st.SearchStrategy[str]) -> st.SearchStrategy[Signal]:
    """Return one episode of one alert; no two of them have the same key."""
    return st.builds(
        Signal,
        key=st.uuids().map(str),
        region=about,
        observer=by,
        signal=st.sampled_from(SignalClass),
        service=st.sampled_from([None, None, "cart", "till"]),
        active_at=MINUTES.map(ago),
        ended_at=st.sampled_from([None, None, None, NOW, ago(0.4), ago(5)]),
        confirmed=st.sampled_from([True, True, False]),
    )


def worlds(
    by: st.SearchStrategy[str] = ANYBODY,
    probes: Iterable[bool | None] = (True, False, None),
) -> st.SearchStrategy[Situation]:
    """Anything at all, and east in trouble beside a good west: there a failover is near."""
    signals = st.lists(a_word(st.sampled_from([EAST, WEST, None, "mars"]), by), max_size=12)
    probe = st.sampled_from(list(probes))
    anything = st.tuples(signals, st.tuples(probe, probe), st.tuples(HEARD, HEARD))
    mostly_east = st.lists(a_word(st.sampled_from([EAST] * 9 + [WEST]), by), min_size=1, max_size=12)
    worst = st.just((False if False in probes else None, True))
    near = st.tuples(mostly_east, worst, st.tuples(HEARD, st.just(NOW)))
    return st.one_of(anything, near).map(lambda known: a_situation(*known))


def a_situation(
    signals: Iterable[Signal],
    probes: tuple[bool | None, bool | None],
    heard: tuple[datetime | None, datetime | None],
) -> Situation:
    """Return it unchecked: of valid parts, many thousand times."""
    return Situation.model_construct(
        at=NOW,
        regions=(EAST, WEST),
        signals=tuple(signals),
        probes=dict(zip((EAST, WEST), probes, strict=True)),
        watchdogs=dict(zip((EAST, WEST), heard, strict=True)),
    )


def leaves(situation: Situation, region: str) -> bool:
    verdict = judge(situation, RULES)
    return verdict.calls_for_failover and verdict.region == region


@pytest.mark.parametrize("row", [Row.REGION_FAULT, Row.REGION_LOST])
def test_the_worlds_below_reach_a_failover(row: Row) -> None:
    """Else the promises would be kept by never being put to the test."""
    few = settings(max_examples=500, phases=[Phase.generate], database=None)
    seed = Random(1)  # noqa: S311 - the same worlds each time

    assert find(worlds(), lambda world: judge(world, RULES).row is row, settings=few, random=seed)


@given(worlds())
def test_no_region_is_left_for_one_that_is_not_known_to_be_well(world: Situation) -> None:
    verdict = judge(world, RULES)
    if not verdict.calls_for_failover:
        return
    other = EAST if verdict.region == WEST else WEST
    certain = [s for s in world.signals if s.region == other and s.confirmed and not s.ended_at]
    kinds = {signal.signal for signal in certain if signal.active_at <= NOW}

    assert world.probes[verdict.region or ""] is False
    assert world.probes[other] is True
    assert (world.watchdogs[other] or LONG_AGO) >= ago(3)
    assert len(kinds) <= 1
    assert not kinds & {SignalClass.HEALTH, SignalClass.ERRORS}


@given(worlds(), st.booleans(), st.data())
def test_the_order_of_signals_and_copies_of_them_change_nothing(
    world: Situation,
    at_odds: bool,  # noqa: FBT001 - hypothesis gives by position
    data: st.DataObject,
) -> None:
    """Not even of copies that are *at odds* with each other."""
    key = {"key": "same"} if at_odds else {}
    signals = [signal.model_copy(update=key) for signal in world.signals]
    twice = [signal for signal in signals if data.draw(st.booleans())]
    shuffled = data.draw(st.permutations([*signals, *twice]))
    orders = [world.model_copy(update={"signals": tuple(order)}) for order in (signals, shuffled)]

    assert judge(orders[0], RULES) == judge(orders[1], RULES)


CHANGES = [{}, {}, {}, None, {"confirmed": False}, *({"ended_at": ago(minutes)} for minutes in (0, 0.4, 60))]
"""A bad word stays, is taken away (None), is no longer confirmed, or ends."""


@given(worlds(), st.sampled_from([EAST, WEST]), st.sets(st.sampled_from(["answers", "heard"])), st.data())
def test_good_news_of_a_region_never_leads_to_leaving_it(
    world: Situation, region: str, news: set[str], data: st.DataObject
) -> None:
    """What is left of the bad words would have led to it before, too."""
    changes = [data.draw(st.sampled_from(CHANGES)) if s.region == region else {} for s in world.signals]
    pairs = zip(world.signals, changes, strict=True)
    left = [_better(signal, change) for signal, change in pairs if change is not None]
    better = world.model_copy(
        update={
            "signals": tuple(left),
            "probes": world.probes | ({region: True} if "answers" in news else {}),
            "watchdogs": world.watchdogs | ({region: NOW} if "heard" in news else {}),
        }
    )

    assert leaves(world, region) or not leaves(better, region)


def _better(signal: Signal, change: dict[str, Any]) -> Signal:
    """Return the word after the change; none ends later than it has ended, which would be worse news."""
    ends = [end for end in (signal.ended_at, change.get("ended_at")) if end]
    return signal.model_copy(update=change | ({"ended_at": min(ends)} if ends else {}))


@pytest.mark.parametrize("heard", [NOW, LONG_AGO])
def test_no_end_of_an_episode_brings_another_one_to_light(heard: datetime) -> None:
    """Of each class one alert or none, of two episodes, by two observers: no one less is worse."""
    words = [None, (ago(1), "witness"), (ago(80), "witness"), (ago(80), EAST)]
    calls = {}
    for told in product(words, repeat=len(SignalClass)):
        signals = [
            SAID[EAST, kind].model_copy(update={"active_at": word[0], "observer": word[1]})
            for kind, word in zip(SignalClass, told, strict=True)
            if word
        ]
        calls[told] = leaves(a_situation(signals, (False, True), (heard, NOW)), EAST)
    fewer = {told: [(*told[:n], None, *told[n + 1 :]) for n in range(len(told))] for told in calls}

    assert any(calls.values())
    assert [told for told in calls if not calls[told] and any(calls[less] for less in fewer[told])] == []


@given(st.one_of(worlds(st.just(one), (True, None)) for one in OBSERVERS))
def test_one_observer_alone_never_leads_to_a_failover(world: Situation) -> None:
    assert not judge(world, RULES).calls_for_failover


@given(worlds(st.sampled_from([EAST, "prober"])))
def test_neither_a_regions_own_word_nor_the_probers_alerts_are_a_second_one(world: Situation) -> None:
    assert not leaves(world, EAST)


# The oracle: the table of the facts, B.3, read by somebody in no hurry


class Known(NamedTuple):
    name: str
    classes: frozenset[str]
    probe: bool | None
    heard: bool


OF_ONE_REGION = [Row.REGION_LOST, Row.REGION_FAULT, Row.MONITORING_FAULT, Row.SUSPECT]
LOST_TO_SUSPECT = [*OF_ONE_REGION[:2], Row.PARTITION, Row.MONITORING_FAULT, Row.SUSPECT]
SEVEREST_FIRST = [Row.GLOBAL_FAULT, *LOST_TO_SUSPECT, Row.HEALTHY]


PARTED = ({"replication"}, {"replication", "monitoring"})
"""What regions that do not reach each other say; a region that a third place hears is monitored."""


def felt(region: Known) -> bool:
    """Customers may feel it: the prober does, or health or errors are bad."""
    return region.probe is False or "health" in region.classes or "errors" in region.classes


def fit(region: Known) -> bool:
    """Known to be well: 0-1 classes, none that customers feel, its watchdog present, its probe good."""
    return region.probe is True and region.heard and not felt(region) and len(region.classes) in {0, 1}


def row_of(a: Known, b: Known) -> Row:
    """Return the row for *a* in the table's first column and *b* in its second one."""
    either = a.classes | b.classes
    if felt(a) and felt(b):
        return Row.GLOBAL_FAULT
    if a.probe is False and fit(b):
        if not a.heard and "replication" in either:
            return Row.REGION_LOST
        if len(a.classes) >= 3 and ("health" in a.classes or "errors" in a.classes):
            return Row.REGION_FAULT
    if a.probe is True and not felt(b):
        if b.probe is True and a.heard and b.heard and either in PARTED:
            return Row.PARTITION
        if a.classes == {"monitoring"} or (not a.heard and not a.classes):
            return Row.MONITORING_FAULT
    return Row.SUSPECT if a.classes or a.probe is not True or not a.heard else Row.HEALTHY


def expected(east: Known, west: Known) -> tuple[Row, str | None]:
    """Return the severest row, and of the regions it fits the one with more against it, east in a tie."""
    rows = {east: row_of(east, west), west: row_of(west, east)}
    row = min(rows.values(), key=SEVEREST_FIRST.index)
    of = [region for region in (east, west) if rows[region] is row]
    worst = min(of, key=lambda region: (region.probe is not False, -len(region.classes)))
    return row, worst.name if row in OF_ONE_REGION else None


def subsets(*kinds: str) -> list[frozenset[str]]:
    return [frozenset(some) for n in range(len(kinds) + 1) for some in combinations(kinds, n)]


FIVE = ("health", "errors", "latency", "replication", "monitoring")


def vectors(probe: bool | None) -> Iterator[tuple[Known, Known]]:  # noqa: FBT001 - one of three
    """Yield all of five classes against each region; saturation against east where west has 0-1 classes."""
    sixth = [some | {"saturation"} for some in subsets(*FIVE)]
    few = [some for some in subsets(*FIVE) if len(some) <= 1]
    said = chain(product(subsets(*FIVE), repeat=2), product(sixth, few))
    for (east, west), heard in product(said, (True, False)):
        for other in product((True, False, None), (True, False)):
            yield Known(EAST, east, probe, heard), Known(WEST, west, *other)


SAID = {
    (region, kind): Signal(
        key=f"{region}/{kind}",
        region=region,
        observer="witness",
        signal=kind,
        active_at=ago(1),
        confirmed=True,
    )
    for region, kind in product((EAST, WEST), SignalClass)
}


def verdict_on(east: Known, west: Known) -> Verdict:
    signals = [SAID[region.name, SignalClass(kind)] for region in (east, west) for kind in region.classes]
    heard = (NOW if east.heard else LONG_AGO, NOW if west.heard else None)
    return judge(a_situation(signals, (east.probe, west.probe), heard), RULES)


@pytest.mark.parametrize("probe", [True, False, None])
def test_every_vector_gets_the_verdict_of_a_naive_reading(*, probe: bool | None) -> None:
    """And what would have to change for a failover is nothing exactly when it is called for."""
    wrong = []
    for east, west in vectors(probe):
        verdict = verdict_on(east, west)
        nothing_lacks = bool(verdict.conditions) and all(c.holds for c in verdict.conditions)
        same = (verdict.row, verdict.region) == expected(east, west)
        if not same or verdict.calls_for_failover is not nothing_lacks:
            wrong.append((east, west, verdict, expected(east, west)))

    assert wrong[:3] == []


CLAIMS = ("health errors saturation", "health latency monitoring", "replication", "errors replication")


@pytest.mark.parametrize("claim", [frozenset(claim.split()) for claim in CLAIMS], ids=CLAIMS)
def test_who_says_it_decides_as_in_a_naive_reading(claim: frozenset[str]) -> None:
    """Every set of observers says *claim* of east, confirmed or not, with each probe and watchdog."""
    for who, sure, probe, heard in product(
        subsets(*OBSERVERS), (True, False), (True, False, None), (True, False)
    ):
        prober = {"prober"} if probe is False else set()
        seen = {kind: who | prober if kind in {"health", "errors", "latency"} else who for kind in claim}
        counted = {kind for kind in claim if who and (sure or len(seen[kind]) >= 2)}
        outside = set().union(prober, *(seen[kind] for kind in counted)) - {EAST}
        bad = len(counted) == 3 and bool(counted & {"health", "errors"})
        lost = not heard and "replication" in counted
        signals = [
            SAID[EAST, SignalClass(kind)].model_copy(
                update={"key": f"{kind}/{observer}", "observer": observer, "confirmed": sure}
            )
            for kind, observer in product(claim, who)
        ]
        world = a_situation(signals, (probe, True), (NOW if heard else None, NOW))

        assert leaves(world, EAST) is (probe is False and len(outside) >= 2 and (bad or lost))
