"""The prober's metrics, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from recovery.measurement import Request


class Metrics:
    """Counts requests by kind, region and outcome, and tells the share of successes."""

    def __init__(self) -> None:
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

    def add(self, request: Request) -> None:
        """Count *request*."""
        self._requests.labels(request.kind, request.region or "none", request.outcome.value).inc()

    def exposition(self, success: float | None) -> bytes:
        """Return everything as Prometheus text, with *success* as the ratio now."""
        self._success_ratio.set(float("nan") if success is None else success)
        return generate_latest(self._registry)
