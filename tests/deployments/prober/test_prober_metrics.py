"""The prober's metrics: what the alert rules read."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from deployments.prober.metrics import Metrics
from deployments.prober.tally import Tally
from recovery.measurement import Outcome, Request

AT = datetime(2026, 1, 1, tzinfo=UTC)
Tell = Callable[..., list[str]]


@pytest.fixture
def told() -> Tell:
    """Return the exposition's lines, after requests that ended one second apart."""

    def lines(*requests: tuple[str, Outcome]) -> list[str]:
        metrics, tally = Metrics(["east", "west"]), Tally(["east", "west"])
        for seq, (kind, outcome) in enumerate(requests):
            request = Request(
                client="c",
                seq=seq,
                kind=kind,
                service="hub-service",
                region="east",
                started_at=AT + timedelta(seconds=seq),
                ended_at=AT + timedelta(seconds=seq, milliseconds=300),
                outcome=outcome,
            )
            metrics.add(request)
            tally.add(request)
        return metrics.exposition(tally.evidence(AT + timedelta(seconds=9), 10)).decode().splitlines()

    return lines


def test_failures_in_a_row_are_told_for_each_region(told: Tell) -> None:
    lines = told(("health", Outcome.ACKNOWLEDGED), *[("health", Outcome.UNKNOWN)] * 3)

    assert 'dr_prober_consecutive_failures{region="east"} 3.0' in lines
    assert 'dr_prober_consecutive_failures{region="west"} 0.0' in lines


def test_latency_is_of_good_answers_only(told: Tell) -> None:
    """A refused connection answers at once: it would make a dead region look quick."""
    lines = told(("write", Outcome.ACKNOWLEDGED), ("write", Outcome.REJECTED))

    assert 'dr_prober_latency_seconds_bucket{le="0.25",region="east"} 0.0' in lines
    assert 'dr_prober_latency_seconds_bucket{le="0.5",region="east"} 1.0' in lines
    assert 'dr_prober_latency_seconds_count{region="east"} 1.0' in lines


def test_every_series_is_there_before_anything_happened(told: Tell) -> None:
    """A rate does not see the first step of a series that is born with it."""
    lines = told()

    assert 'dr_prober_requests_total{kind="write",outcome="unknown",region="west"} 0.0' in lines
    assert 'dr_prober_latency_seconds_count{region="west"} 0.0' in lines
