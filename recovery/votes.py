"""One vote for each class of signals and region, however many alerts, copies and pods there are."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import timedelta

from pydantic import AwareDatetime, Field

from recovery.measurement import Frozen
from recovery.signals import Correlation, Signal, SignalClass, Situation

PROBER = "prober"
"""The observer behind the probes of a situation; alerts made from its metrics are its word too."""
SEEN_BY_PROBES = frozenset({SignalClass.HEALTH, SignalClass.ERRORS, SignalClass.LATENCY})
HARD = frozenset({SignalClass.HEALTH, SignalClass.ERRORS})
"""Classes that customers feel at once: without one of them no region is at fault."""


class Vote(Frozen):
    """That a region is bad in one way, by whose word; it counts only where that word is borne out."""

    region: str
    signal: SignalClass
    observers: tuple[str, ...]
    services: tuple[str | None, ...] = Field(description="Those that are named; None: the region whole")
    since: AwareDatetime
    alerts: int
    counts: bool
    why: str


def votes(
    situation: Situation, correlation: Correlation, region: str, *, among: Iterable[Signal] | None = None
) -> tuple[Vote, ...]:
    """Return the votes that *region* is bad, those of the window of event time that has the most of them.

    *among* are the `standing` signals, where they are known already: of a storm they take a while to find.

    A window begins with any signal: with one partition into episodes, the end of an old signal could
    bring two others together, and good news would make it worse. For the same reason a window that makes
    a fault goes before one that has more votes.
    """

    def weight(window: tuple[Vote, ...]) -> tuple[bool, int, int]:
        counted = [vote for vote in window if vote.counts]
        return _makes_a_fault(counted, correlation, region), len(counted), len(window)

    found = standing(situation, correlation) if among is None else among
    windows = _windows(_of(region, found), correlation.window)
    return max((_counted(situation, region, window) for window in windows), key=weight, default=())


def all_votes(
    situation: Situation, correlation: Correlation, region: str, *, among: Iterable[Signal] | None = None
) -> tuple[Vote, ...]:
    """Return the votes that *region* is bad, however far apart they began: for calling it well."""
    found = standing(situation, correlation) if among is None else among
    return _counted(situation, region, _of(region, found))


def standing(situation: Situation, correlation: Correlation) -> list[Signal]:
    """Return the signals that vote now, each once; an ended copy of one supersedes the others."""
    known = {signal.key: signal for signal in sorted(situation.signals, key=_precedence)}
    return [s for s in known.values() if s.votes_at(situation.at, hysteresis=correlation.hysteresis)]


def _precedence(signal: Signal) -> tuple[bool, float, bool, float, tuple[str, ...]]:
    """Return what orders the copies of a signal: all that they may differ in, or their order would decide."""
    ended = signal.ended_at
    named = (signal.region or "", signal.observer, signal.signal, signal.service or "")
    return (
        ended is not None,
        ended.timestamp() if ended else 0,
        signal.confirmed,
        signal.active_at.timestamp(),
        named,
    )


def _of(region: str, signals: Iterable[Signal]) -> list[Signal]:
    return [signal for signal in signals if signal.region == region]


def _windows(signals: Iterable[Signal], length: timedelta) -> Iterator[list[Signal]]:
    """Yield the windows that no other one holds: of a storm within *length*, one instead of one per alert."""
    ordered = sorted(signals, key=lambda signal: signal.active_at)
    end = 0
    for start, first in enumerate(ordered):
        reach = bisect_right(ordered, first.active_at + length, key=lambda signal: signal.active_at)
        if reach > end:
            end = reach
            yield ordered[start:end]


def _makes_a_fault(counted: list[Vote], correlation: Correlation, region: str) -> bool:
    """Whether these votes, with a failing probe, make a fault: classes enough, one hard, a word from outside."""
    classes = {vote.signal for vote in counted}
    outside = {observer for vote in counted for observer in vote.observers} - {region, PROBER}
    return len(classes) >= correlation.classes and bool(classes & HARD) and bool(outside)


def _counted(situation: Situation, region: str, signals: Iterable[Signal]) -> tuple[Vote, ...]:
    of_class: dict[SignalClass, list[Signal]] = {}
    for signal in signals:
        of_class.setdefault(signal.signal, []).append(signal)
    probed_bad = situation.probes.get(region) is False
    return tuple(
        _vote(region, kind, of_class[kind], probed_bad=probed_bad) for kind in SignalClass if kind in of_class
    )


def _vote(region: str, kind: SignalClass, signals: list[Signal], *, probed_bad: bool) -> Vote:
    observers = {signal.observer for signal in signals}
    if probed_bad and kind in SEEN_BY_PROBES:
        observers.add(PROBER)
    confirmed = any(signal.confirmed for signal in signals)
    return Vote(
        region=region,
        signal=kind,
        observers=tuple(sorted(observers)),
        services=tuple(
            sorted({signal.service for signal in signals}, key=lambda name: (name is not None, name or ""))
        ),
        since=min(signal.active_at for signal in signals),
        alerts=len(signals),
        counts=len(observers) > 1 or confirmed,
        why=_why(len(observers), confirmed=confirmed),
    )


def _why(observers: int, *, confirmed: bool) -> str:
    if confirmed:
        return "its observer's API says the same"
    return (
        f"{observers} observers agree" if observers > 1 else "one observer, and its API does not confirm it"
    )
