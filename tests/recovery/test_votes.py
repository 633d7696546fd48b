"""What counts as a vote: one for each class and region, borne out by a second observer or by an API."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from time import monotonic
from typing import Any

import pytest

from recovery.signals import Correlation, Signal, SignalClass, Situation
from recovery.votes import Vote, all_votes, standing, votes

EAST, WEST = "us-east-1", "us-west-2"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = Correlation()
TICK = timedelta(microseconds=1)
PROMPT_S = 1.5
"""Far above what one window takes (0.06 s), far below one for each of 5,000 alerts (4 s)."""


def a_signal(kind: SignalClass = SignalClass.SATURATION, **values: Any) -> Signal:
    named = {"region": EAST, "observer": "witness", "active_at": NOW - timedelta(minutes=1)} | values
    key = named.pop("key", f"{kind}/{named['region']}/{named['observer']}/{named['active_at']}")
    return Signal(key=key, signal=kind, **named)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def told(signals: Sequence[Signal], *, probe: bool | None = True) -> Situation:
    return Situation(at=NOW, regions=(EAST, WEST), signals=tuple(signals), probes={EAST: probe, WEST: True})


def the_vote(*signals: Signal, probe: bool | None = True) -> Vote:
    (vote,) = votes(told(signals, probe=probe), RULES, EAST)
    return vote


def classes(of: tuple[Vote, ...]) -> set[SignalClass]:
    return {vote.signal for vote in of}


def test_five_thousand_pod_alerts_are_one_vote() -> None:
    """And they do not keep the verdict waiting, though each began at an instant of its own."""
    storm = [
        a_signal(SignalClass.ERRORS, key=f"pod-{n}", active_at=ago(seconds=n * 0.1), service=f"s{n % 3}")
        for n in range(5000)
    ]

    began = monotonic()

    vote = the_vote(*storm)

    assert monotonic() - began < PROMPT_S
    assert (vote.alerts, vote.since) == (5000, ago(seconds=499.9))
    assert vote.services == ("s0", "s1", "s2")
    assert not vote.counts


def test_copies_of_one_alert_are_one_alert() -> None:
    assert the_vote(*[a_signal(key="same")] * 3).alerts == 1


@pytest.mark.parametrize(
    ("signals", "probe", "counts", "why"),
    [
        ([a_signal()], True, False, "one observer, and its API does not confirm it"),
        ([a_signal(), a_signal(service="cart", key="2")], True, False, "one observer"),
        ([a_signal(), a_signal(observer=EAST)], True, True, "2 observers agree"),
        ([a_signal(confirmed=True)], True, True, "its observer's API says the same"),
        ([a_signal()], False, False, "one observer"),
        ([a_signal(SignalClass.ERRORS)], False, True, "2 observers agree"),
        ([a_signal(SignalClass.ERRORS)], None, False, "one observer"),
        ([a_signal(SignalClass.ERRORS, observer="prober")], False, False, "one observer"),
    ],
)
def test_a_vote_counts_when_it_is_borne_out(
    signals: list[Signal], *, probe: bool | None, counts: bool, why: str
) -> None:
    """By a second observer (the failing probe is one, of what probes see), or by the observer's API."""
    vote = the_vote(*signals, probe=probe)

    assert vote.counts is counts
    assert why in vote.why


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        (SignalClass.HEALTH, True),
        (SignalClass.ERRORS, True),
        (SignalClass.LATENCY, True),
        (SignalClass.REPLICATION, False),
        (SignalClass.SATURATION, False),
        (SignalClass.MONITORING, False),
    ],
)
def test_a_failing_probe_bears_out_what_probes_can_see(kind: SignalClass, *, seen: bool) -> None:
    assert the_vote(a_signal(kind), probe=False).counts is seen


@pytest.mark.parametrize(
    ("active_at", "ended_at", "speaks"),
    [
        (NOW, None, True),
        (NOW + TICK, None, False),
        (ago(days=30), None, True),
        (ago(minutes=1), NOW, True),
        (ago(minutes=1), ago(seconds=30) + TICK, True),
        (ago(minutes=1), ago(seconds=30), False),
        (ago(minutes=1), NOW + timedelta(minutes=5), True),
    ],
)
def test_a_signal_votes_while_it_is_active_and_a_little_longer(
    active_at: datetime, ended_at: datetime | None, *, speaks: bool
) -> None:
    """From the instant it began, until 30 s after it ended: a flapping alert does not flap the verdict."""
    assert bool(votes(told([a_signal(active_at=active_at, ended_at=ended_at)]), RULES, EAST)) is speaks


def test_an_ended_copy_supersedes_an_active_one() -> None:
    """The active one may be a late delivery of before: it would stay for ever."""
    active = a_signal(key="same", confirmed=True)
    ended = a_signal(key="same", ended_at=ago(minutes=5), active_at=active.active_at)

    for copies in permutations([active, ended]):
        assert standing(told(copies), RULES) == []


def test_a_confirmed_copy_supersedes_an_unconfirmed_one() -> None:
    copies = [a_signal(key="same"), a_signal(key="same", confirmed=True)]

    for order in permutations(copies):
        assert the_vote(*order).counts


def test_copies_that_differ_in_anything_give_the_same_votes_in_any_order() -> None:
    """Two Alertmanagers of a pair may each write another end."""
    copies = [
        a_signal(key="same", ended_at=ago(seconds=10)),
        a_signal(key="same", ended_at=ago(seconds=40)),
        a_signal(key="same", ended_at=ago(seconds=10), service="cart"),
        a_signal(key="same", ended_at=ago(seconds=10), observer=WEST),
    ]

    assert len({votes(told(order), RULES, EAST) for order in permutations(copies)}) == 1


def test_a_window_begins_with_any_signal_and_its_end_is_in_it() -> None:
    first = a_signal(SignalClass.LATENCY, active_at=ago(minutes=30))
    at_its_end = a_signal(SignalClass.ERRORS, active_at=ago(minutes=15))
    later = a_signal(SignalClass.HEALTH, active_at=ago(minutes=15) + TICK)

    together = votes(told([first, at_its_end]), RULES, EAST)
    apart = votes(told([first, later]), RULES, EAST)
    rolling = votes(told([first, at_its_end, later]), RULES, EAST)

    assert classes(together) == {SignalClass.LATENCY, SignalClass.ERRORS}
    assert len(apart) == 1
    assert len(rolling) == 2


def test_all_votes_knows_no_window() -> None:
    signals = [a_signal(SignalClass.LATENCY, active_at=ago(hours=9)), a_signal(SignalClass.ERRORS)]

    assert classes(all_votes(told(signals), RULES, EAST)) == {SignalClass.LATENCY, SignalClass.ERRORS}


def test_the_window_with_most_counted_votes_is_taken() -> None:
    """Three rumours weigh less than one word that is borne out."""
    rumours = [SignalClass.LATENCY, SignalClass.SATURATION, SignalClass.REPLICATION]
    signals = [a_signal(kind, active_at=ago(hours=1)) for kind in rumours]

    found = votes(told([*signals, a_signal(SignalClass.MONITORING, confirmed=True)]), RULES, EAST)

    assert classes(found) == {SignalClass.MONITORING}


def test_a_window_that_makes_a_fault_goes_before_a_fuller_one() -> None:
    """Else the end of an alert of the fuller one would make the verdict worse."""
    soft = [SignalClass.LATENCY, SignalClass.SATURATION, SignalClass.REPLICATION, SignalClass.MONITORING]
    hard = [SignalClass.HEALTH, SignalClass.ERRORS, SignalClass.LATENCY]
    signals = [a_signal(kind, active_at=ago(hours=1), confirmed=True) for kind in soft]
    signals += [a_signal(kind, confirmed=True) for kind in hard]

    assert classes(votes(told(signals), RULES, EAST)) == set(hard)


def test_nobody_votes_against_the_other_region() -> None:
    signals = [a_signal(region=WEST), a_signal(region=None), a_signal(region="mars")]

    assert votes(told(signals), RULES, EAST) == ()
    assert all_votes(told(signals), RULES, EAST) == ()
