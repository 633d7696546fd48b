"""The tally: the last minutes' requests in memory, counted into evidence, rates and metrics."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil

from recovery.evidence import Evidence, GlobalEvidence, RegionEvidence
from recovery.measurement import Request
from recovery.timeline import CLIENT_KINDS

LONGEST_WINDOW_S = 300.0

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass
class Streak:
    """One kind of probe at one region: its last good one, and the failures since."""

    failures: int = 0
    last_good_at: datetime | None = None
    first_failed_at: datetime | None = None

    def add(self, probe: Request) -> None:
        """Count *probe*, which ended after all that were counted before."""
        if probe.succeeded:
            self.failures, self.first_failed_at, self.last_good_at = 0, None, probe.ended_at
            return
        self.failures += 1
        self.first_failed_at = self.first_failed_at or probe.started_at


@dataclass
class Region:
    """What is known of one region whatever the window."""

    streaks: dict[str, Streak] = field(default_factory=lambda: {"health": Streak(), "canary": Streak()})
    writable: bool | None = None
    last_error: str | None = None

    def add(self, probe: Request) -> None:
        """Count *probe*, by its kind."""
        self.streaks[probe.kind].add(probe)
        if not probe.succeeded:
            self.last_error = f"{probe.kind}: {probe.error}"
        if probe.kind == "canary":
            self.writable = probe.succeeded and probe.error is None

    @property
    def worst(self) -> Streak:
        """The kind that has failed the most in a row; in good health, the one that was good last."""
        streaks = self.streaks.values()
        if any(streak.failures for streak in streaks):
            return max(streaks, key=lambda streak: streak.failures)
        return max(streaks, key=lambda streak: streak.last_good_at or _NEVER)


class Tally:
    """Counts every request as it is recorded, and forgets it `LONGEST_WINDOW_S` later."""

    def __init__(self, regions: Iterable[str]) -> None:
        self._regions = {name: Region() for name in regions}
        self._recent: deque[Request] = deque()
        self._answers: deque[tuple[datetime, str | None]] = deque()

    def answered(self, region: str | None, at: datetime) -> None:
        """Count a DNS answer that sends a client to *region* from *at* on."""
        self._answers.append((at, region))
        while self._answers[0][0] < at - timedelta(seconds=LONGEST_WINDOW_S):
            self._answers.popleft()

    def add(self, request: Request) -> None:
        """Count *request*, which ended just now."""
        self._recent.append(request)
        oldest = request.ended_at - timedelta(seconds=LONGEST_WINDOW_S)
        while self._recent[0].ended_at < oldest:
            self._recent.popleft()
        if request.kind not in CLIENT_KINDS and request.region in self._regions:
            self._regions[request.region].add(request)

    def since(self, start: datetime) -> list[Request]:
        """Return the requests that ended after *start*, newest first."""
        found = []
        for request in reversed(self._recent):
            if request.ended_at <= start:
                break
            found.append(request)
        return found

    def evidence(self, at: datetime, window_s: float) -> Evidence:
        """Return what was seen in the window of *window_s* that ends at *at*."""
        start = at - timedelta(seconds=window_s)
        seen = self.since(start)
        sent = Counter(region for told, region in self._answers if start < told <= at)
        clients = [request for request in seen if request.kind in CLIENT_KINDS]
        served = [request for request in clients if request.succeeded]
        return Evidence(
            at=at,
            window_s=window_s,
            global_name=GlobalEvidence(
                requests=len(clients),
                failed=len(clients) - len(served),
                success=_share(len(served), len(clients)),
                by_region=Counter(request.region or "unknown" for request in served),
            ),
            regions={
                name: _region(region, [request for request in seen if request.region == name], sent[name])
                for name, region in self._regions.items()
            },
        )


def _region(region: Region, seen: list[Request], answers: int) -> RegionEvidence:
    clients = [request for request in seen if request.kind in CLIENT_KINDS]
    probes = [request for request in seen if request.kind not in CLIENT_KINDS]
    failed = sum(not probe.succeeded for probe in probes)
    latencies = sorted(request.latency.total_seconds() * 1000 for request in seen if request.succeeded)
    worst = region.worst
    return RegionEvidence(
        probes=len(probes),
        failed=failed,
        consecutive_failures=worst.failures,
        last_good_at=worst.last_good_at,
        first_failed_at=worst.first_failed_at,
        p50_latency_ms=_quantile(0.5, latencies),
        p95_latency_ms=_quantile(0.95, latencies),
        last_error=region.last_error,
        writable=region.writable,
        requests=len(clients),
        error_rate=_share(sum(not request.succeeded for request in clients), len(clients)),
        answers=answers,
    )


def _quantile(share: float, ordered: list[float]) -> float | None:
    """Return the value that *share* of the values reach at most, None without any."""
    return round(ordered[ceil(share * len(ordered)) - 1], 3) if ordered else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
