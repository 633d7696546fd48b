"""The intake's metrics, for Prometheus. No label's value comes from a payload, but for the two regions' names."""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from deployments.intake.labels import Reading

ANSWER_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15)


class Outcome(StrEnum):
    """What became of an alert, or of a body that was refused whole, which counts as one."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    HEARTBEAT = "heartbeat"
    MALFORMED = "malformed"
    TRUNCATED = "truncated"
    """Cut by Alertmanager: its API has it."""
    UNAUTHORIZED = "unauthorized"
    TOO_LARGE = "too_large"
    ENCODED = "encoded"
    ABORTED = "aborted"
    """The sender hung up before the body was whole."""
    UNAVAILABLE = "unavailable"


class Metrics:
    """Counters and gauges in a registry of their own, to which the evaluation may add."""

    def __init__(self, regions: Iterable[str]) -> None:
        self.registry = CollectorRegistry()
        self._regions = tuple(regions)
        self._received = Counter(
            "dr_alerts_received", "Alerts by what became of them.", ["outcome"], registry=self.registry
        )
        self._read = Counter(
            "dr_alerts_read", "Stored alerts by what they are to us.", ["reading"], registry=self.registry
        )
        self._watchdog_age = Gauge(
            "dr_watchdog_age_seconds",
            "Since a region's monitoring was heard; infinite: never; NaN: the spool can not be read.",
            ["region"],
            registry=self.registry,
        )
        self._oldest = Gauge(
            "dr_intake_oldest_unprocessed_seconds",
            "Age of the oldest news that was not evaluated; NaN: the spool can not be read.",
            registry=self.registry,
        )
        self.answer_seconds = Histogram(
            "dr_intake_answer_seconds",
            "From a delivery's headers to its answer.",
            registry=self.registry,
            buckets=ANSWER_BUCKETS_S,
        )
        for outcome in Outcome:  # a counter that is not there yet can not be seen to grow
            self._received.labels(outcome)
        for reading in Reading:
            self._read.labels(reading)

    def count(self, outcome: Outcome, number: int = 1) -> None:
        """Count alerts, or a refused body."""
        self._received.labels(outcome).inc(number)

    def count_readings(self, readings: Iterable[Reading]) -> None:
        """Count what stored alerts are to us."""
        for reading, number in Tally(readings).items():
            self._read.labels(reading).inc(number)

    def exposition(
        self, heard: Mapping[str, datetime] | None, oldest: datetime | None, now: datetime
    ) -> bytes:
        """Return everything as Prometheus text; *heard* is None where the spool can not be read."""
        for region in self._regions:
            age = float("nan") if heard is None else _age_s(heard.get(region), now, otherwise=float("inf"))
            self._watchdog_age.labels(region).set(age)
        self._oldest.set(float("nan") if heard is None else _age_s(oldest, now, otherwise=0.0))
        return generate_latest(self.registry)


def _age_s(at: datetime | None, now: datetime, *, otherwise: float) -> float:
    return otherwise if at is None else max(0.0, (now - at).total_seconds())
