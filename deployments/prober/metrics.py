"""The prober's metrics, for Prometheus."""

from collections.abc import Iterable
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from recovery.evidence import Evidence
from recovery.measurement import Outcome, Request

KINDS = ("write", "read", "canary", "health")
LATENCIES_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 10)


class Metrics:
    """Counts requests by kind, region and outcome, and tells how the regions answer.

    Every series is there from the start: a rate does not see the first step of a new one.
    """

    def __init__(self, regions: Iterable[str]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "dr_prober_requests",
            "Requests that ended, by kind, by the region that was asked, and by outcome.",
            ["kind", "region", "outcome"],
            registry=self._registry,
        )
        self._success_ratio = Gauge(
            "dr_prober_success_ratio",
            "Share of requests through the global name that were answered with success in the last 10 s; "
            "NaN where none ended.",
            registry=self._registry,
        )
        self._failures = Gauge(
            "dr_prober_consecutive_failures",
            "Direct probes of the region that failed since the last good one.",
            ["region"],
            registry=self._registry,
        )
        self._latency = Histogram(
            "dr_prober_latency_seconds",
            "How long the region took for what it answered with success.",
            ["region"],
            buckets=LATENCIES_S,
            registry=self._registry,
        )
        for region, kind, outcome in product(regions, KINDS, Outcome):
            self._requests.labels(kind, region, outcome.value)
            self._latency.labels(region)

    def add(self, request: Request) -> None:
        """Count *request*."""
        region = request.region or "none"
        self._requests.labels(request.kind, region, request.outcome.value).inc()
        if request.succeeded:
            self._latency.labels(region).observe(request.latency.total_seconds())

    def exposition(self, seen: Evidence) -> bytes:
        """Return everything as Prometheus text, with what the tally has *seen* by now."""
        success = seen.global_name.success
        self._success_ratio.set(float("nan") if success is None else success)
        for name, region in seen.regions.items():
            self._failures.labels(name).set(region.consecutive_failures)
        return generate_latest(self._registry)
