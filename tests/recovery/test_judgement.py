"""What one window says of a step: evidence for, evidence against, or too little of either."""

from datetime import UTC, datetime, timedelta

import pytest

from recovery.evidence import Evidence
from recovery.judgement import Limits, Outcome, judge
from recovery.observation import Observation, Seen, observed, wilson

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW = timedelta(seconds=10)
MS = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("share", "routed", "to_target", "failed", "outcome"),
    [
        (20, 1000, 200, 0, Outcome.SUCCESSFUL),
        (20, 1000, 260, 0, Outcome.SUCCESSFUL),  # 6 points off, and chance alone makes 2.5
        (20, 1000, 300, 0, Outcome.INCONCLUSIVE),  # 10 points off
        (20, 1000, 100, 0, Outcome.INCONCLUSIVE),
        (20, 60, 12, 0, Outcome.INCONCLUSIVE),  # too few to tell the share: chance makes 10.1 points
        (100, 100, 100, 0, Outcome.SUCCESSFUL),
        (100, 100, 94, 0, Outcome.INCONCLUSIVE),
        (100, 40, 40, 0, Outcome.INCONCLUSIVE),  # up to 8.8 % may be failing
        (100, 100, 100, 5, Outcome.INCONCLUSIVE),  # 2.2 % to 11.2 %
        (100, 400, 400, 20, Outcome.SUCCESSFUL),  # 5.0 %, and enough to believe it
        (100, 400, 400, 21, Outcome.INCONCLUSIVE),
        (100, 400, 400, 40, Outcome.FAILED),  # at least 7.4 %
        (100, 1, 1, 1, Outcome.INCONCLUSIVE),  # one unlucky request
        (100, 5, 5, 3, Outcome.FAILED),
        (20, 1000, 0, 0, Outcome.INCONCLUSIVE),
        (100, 0, 0, 0, Outcome.INCONCLUSIVE),
    ],
)
def test_a_window_is_judged_by_evidence(
    share: int, routed: int, to_target: int, failed: int, outcome: Outcome
) -> None:
    target = Seen(requests=to_target, failed=failed, p95=timedelta(milliseconds=80))
    window = Observation(start=T0 - WINDOW, end=T0, routed=routed, to_target=to_target, target=target)

    assert judge(Limits(), share, window).outcome is outcome


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(5, 100, 0.0215, 0.1118), (20, 400, 0.0326, 0.0760), (0, 10, 0.0, 0.2775), (0, 0, 0.0, 1.0)],
)
def test_wilson_gives_the_published_intervals(part: int, whole: int, low: float, high: float) -> None:
    assert wilson(part, whole) == pytest.approx((low, high), abs=5e-5)


def test_what_the_prober_saw_becomes_an_observation() -> None:
    probes = {"consecutive_failures": 0, "last_good_at": T0, "first_failed_at": None, "last_error": None}
    regions = {
        "east": {"probes": 20, "failed": 1, "p50_latency_ms": 20, "p95_latency_ms": 90, "writable": True}
        | {"requests": 60, "error_rate": 0.05, "answers": 7}
        | probes,
        "west": {"probes": 20, "failed": 0, "p50_latency_ms": 700, "p95_latency_ms": 800, "writable": None}
        | {"requests": 20, "error_rate": 0.0, "answers": 18}
        | probes,
    }
    clients = {"requests": 80, "failed": 4, "success": 0.95, "by_region": {"east": 76}}
    evidence = Evidence.model_validate({"at": T0, "window_s": 10, "global": clients, "regions": regions})

    seen = observed(evidence, source="east", target="west")

    assert (seen.start, seen.end, seen.routed) == (T0 - WINDOW, T0, 80)
    assert seen.drawn == 25, "DNS answers, which are what chance draws"
    assert seen.to_target == 18, "a slow region answers fewer requests, and its clients stay for longer"
    assert seen.source == Seen(requests=80, failed=4, p50=20 * MS, p95=90 * MS)
    assert seen.target == Seen(requests=40, failed=0, p50=700 * MS, p95=800 * MS)


def test_a_slow_median_needs_few_requests() -> None:
    """Where half of the requests are slower than the p95 may be, a hundred of them need not be awaited."""
    slow = Seen(requests=6, failed=0, p50=800 * MS, p95=900 * MS)
    window = Observation(start=T0 - WINDOW, end=T0, routed=60, to_target=24, target=slow)

    told = judge(Limits(p95=500 * MS), 40, window)

    assert told.outcome is Outcome.FAILED
    assert told.reason == "the target's median is 800 ms, and 500 ms is allowed"


@pytest.mark.parametrize(
    ("before", "outcome"),
    [
        (Seen(requests=40, p50=20 * MS, p95=600 * MS), Outcome.FAILED),
        (Seen(requests=40, p50=550 * MS, p95=600 * MS), Outcome.SUCCESSFUL),
    ],
    ids=["a few were late", "half were late"],
)
def test_a_slow_median_is_excused_by_a_slow_median_before(before: Seen, outcome: Outcome) -> None:
    """Seen in a lab that had just started: its late answers of then let a target pass whose answers were all late."""
    slow = Seen(requests=400, failed=0, p50=800 * MS, p95=850 * MS)
    window = Observation(start=T0 - WINDOW, end=T0, routed=1000, to_target=400, target=slow)

    assert judge(Limits(p95=500 * MS), 40, window, before).outcome is outcome


def test_windows_add_up() -> None:
    """A window without requests adds no time with data; p95 is the mean by requests."""
    target = Seen(requests=10, failed=1, p95=timedelta(milliseconds=100))
    first = Observation(start=T0, end=T0 + WINDOW, routed=20, to_target=10, target=target)
    empty = Observation(start=T0 + WINDOW, end=T0 + 2 * WINDOW)
    slower = target.model_copy(update={"requests": 30, "p95": timedelta(milliseconds=200)})
    last = Observation(start=T0 + 2 * WINDOW, end=T0 + 3 * WINDOW, routed=60, to_target=30, target=slower)

    both = first + empty + last

    assert (both.start, both.end, both.length) == (T0, T0 + 3 * WINDOW, 2 * WINDOW)
    assert (both.routed, both.to_target) == (80, 40)
    assert both.target == Seen(requests=40, failed=2, p95=timedelta(milliseconds=175))


@pytest.mark.parametrize("changes", [{"to_target": 1}, {"end": T0 - WINDOW}])
def test_a_window_that_does_not_add_up_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="count all answers"):
        Observation.model_validate({"start": T0, "end": T0 + WINDOW} | changes)


def test_more_failures_than_requests_are_refused() -> None:
    with pytest.raises(ValueError, match="2 of 1 requests failed"):
        Seen(requests=1, failed=2)


@pytest.mark.parametrize(
    ("failed", "outcome"), [(0, Outcome.INCONCLUSIVE), (40, Outcome.FAILED)], ids=["well", "failing"]
)
def test_before_the_caches_have_expired_a_target_can_only_be_found_bad(failed: int, outcome: Outcome) -> None:
    """DNS caches still send clients where the step before did: the share is not what was set, whatever is seen."""
    target = Seen(requests=200, failed=failed, p95=80 * MS)
    window = Observation(start=T0 - WINDOW, end=T0, routed=1000, to_target=200, target=target)

    assert judge(Limits(), 20, window).outcome is (Outcome.FAILED if failed else Outcome.SUCCESSFUL)
    assert judge(Limits(), 20, window, expired=False).outcome is outcome
