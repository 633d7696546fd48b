"""A prober that asks nobody: what its clients met is reckoned from the world's history."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from recovery.evidence import Evidence, GlobalEvidence, RegionEvidence
from recovery.fakes.citizen import Citizen
from recovery.fakes.world import Moment, World, drawn
from recovery.measurement import Outcome, Request
from recovery.ports import RowKey

TICK = timedelta(milliseconds=20)
LATENCY = timedelta(milliseconds=4)
COMMITS = LATENCY / 2
"""So long after it began a request meets the world, and a write commits: both or neither."""
BEFORE = timedelta(seconds=2)
"""So long it had been asking when the world began."""
PROBE_EVERY = 5
SEEN_A_WINDOW = 1000
"""Requests that evidence reports, however short its window: enough to judge by."""
CLIENT = "fake-1"


class FakeProber(Citizen):
    """A `ProberView`. `accuses` names regions that it calls failing, whatever customers met there."""

    def __init__(self, world: World, *, row_services: Sequence[str]) -> None:
        super().__init__(world, "prober fake")
        self._row_services, self.accuses = tuple(row_services), set[str]()
        self._origin = world.clock() - BEFORE

    def evidence(self, window: timedelta) -> Evidence:
        """Return what it would see now."""
        self._called("evidence")
        now = self._world.clock()
        regions = {name: self._of(name, now) for name in self._world.places}
        good = {name: seen.requests for name, seen in regions.items() if not seen.error_rate}
        asked = sum(seen.requests for seen in regions.values())
        return Evidence(
            at=now,
            window_s=window.total_seconds(),
            global_name=GlobalEvidence(
                requests=asked,
                failed=asked - sum(good.values()),
                success=sum(good.values()) / asked,
                by_region=good,
            ),
            regions=regions,
        )

    def requests(
        self, since: datetime, until: datetime | None = None, kind: str | None = None
    ) -> list[Request]:
        """Return the requests that ended after *since*, oldest first."""
        self._called("requests")
        end = until or self._world.clock()
        return [r for r in self._all(since, kind) if since <= r.ended_at < end]

    def rows(self, region: str) -> dict[RowKey, datetime]:
        """Return the promised rows that *region* has, each with its commit time."""
        there = self._world.other(region)
        arrived = self._world.arrived(there, region)
        return {
            (r.service, r.client, r.seq): r.committed_at
            for r in self._all(kind="write")
            if r.committed_at is not None and (r.region == region or r.committed_at <= arrived)
        }

    def _of(self, region: str, now: datetime) -> RegionEvidence:
        since = self._failing_since(region)
        failing = since is not None
        asked = round(SEEN_A_WINDOW * self._world.moment(now).shares.get(region, 0.0))
        return RegionEvidence(
            probes=50,
            failed=50 if failing else 0,
            consecutive_failures=max(1, (now - since) // TICK) if since else 0,
            last_good_at=since or now,
            first_failed_at=since,
            p50_latency_ms=None if failing else LATENCY / timedelta(milliseconds=1),
            p95_latency_ms=None if failing else LATENCY / timedelta(milliseconds=1),
            last_error="connection refused" if failing else None,
            writable=region in self._world.moment(now).writing,
            requests=asked,
            error_rate=(1.0 if failing else 0.0) if asked else None,
            answers=asked,
        )

    def _failing_since(self, region: str) -> datetime | None:
        """Return since when the region has not served, None where it does."""
        if region in self.accuses:
            return self._origin
        since = None
        for moment in reversed(self._world.moments):
            if region in moment.serving:
                break
            since = moment.at
        return since

    def _all(self, since: datetime | None = None, kind: str | None = None) -> Iterator[Request]:
        """Yield the requests of *kind*, None for all, but for those that ended well before *since*."""
        now = self._world.clock()
        first = max(0, (since - LATENCY - self._origin) // TICK) if since else 0
        for number in range(first, (now - self._origin) // TICK):
            at = self._origin + number * TICK
            moment = self._world.moment(at + COMMITS)
            asked = drawn(moment.shares, number)
            made = [(one, asked) for one in ("write", "read")]
            if number % PROBE_EVERY == 0:
                made += [(one, region) for region in self._world.places for one in ("health", "canary")]
            for one, region in made:
                if kind in {None, one}:
                    yield self._request(moment, at, kind=one, region=region, seq=number)

    def _request(self, moment: Moment, at: datetime, *, kind: str, region: str, seq: int) -> Request:
        good = region in (moment.writing if kind in {"write", "canary"} else moment.serving)
        return Request(
            client=CLIENT if kind in {"write", "read"} else f"{kind}-{region}",
            seq=seq,
            kind=kind,
            service=self._row_services[seq % len(self._row_services)],
            region=region,
            started_at=at,
            ended_at=at + LATENCY,
            outcome=Outcome.ACKNOWLEDGED if good else Outcome.REJECTED,
            error=None if good else "connection refused",
            committed_at=at + COMMITS if good and kind == "write" else None,
        )
