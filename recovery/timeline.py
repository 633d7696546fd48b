"""The clock points that the prober measures, and windows of traffic: values in, values out, no clock.

T0 fault, T4 target writable, T6 clients restored. The rules lean one way: where the prober can not tell,
T0 is earlier and T6 later, so that an achieved RTO is never flattered.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pydantic import Field

from recovery.measurement import Frozen, Point, PointName, Request, Window

CLIENT_KINDS = frozenset({"write", "read"})
"""Requests through the global name; the others ask a region at its own address."""


class Serving(Frozen):
    """What counts as serving: so many windows in a row, each with such a share of successes."""

    window: timedelta = Field(default=timedelta(seconds=1), gt=timedelta(0))
    success_target: float = Field(default=0.99, gt=0, le=1)
    windows_needed: int = Field(default=5, ge=1)

    def good(self, window: Window) -> bool:
        """Whether clients were served; a window in which no request ended is not good."""
        return window.requests > 0 and window.succeeded >= self.success_target * window.requests


def windows(
    requests: Iterable[Request], *, origin: datetime, length: timedelta, until: datetime | None = None
) -> list[Window]:
    """Return the windows of *length* from *origin* on, empty ones too, of requests through the global name.

    A request belongs to the window it ended in. With *until*, only windows that were over by then; without,
    up to the one in which the last request ended.
    """
    ended = [r for r in requests if r.kind in CLIENT_KINDS and r.ended_at >= origin]
    count = max(((r.ended_at - origin) // length + 1 for r in ended), default=0)
    if until is not None:
        count = max((until - origin) // length, 0)
    totals, regions = Counter[int](), [Counter[str]() for _ in range(count)]
    for request in ended:
        index = (request.ended_at - origin) // length
        totals[index] += 1
        if request.succeeded and index < count:
            regions[index][request.region or "unknown"] += 1
    return [
        Window(
            start=origin + index * length,
            length_s=length.total_seconds(),
            requests=totals[index],
            succeeded=by_region.total(),
            by_region=dict(by_region),
        )
        for index, by_region in enumerate(regions)
    ]


def unmeasured(requests: Iterable[Request], windows: Sequence[Window]) -> list[Window]:
    """Return the windows in which no client's request ended or was under way: the prober was off."""
    if not windows:
        return []
    origin, length = windows[0].start, timedelta(seconds=windows[0].length_s)
    seen = set[int]()
    for request in requests:
        if request.kind in CLIENT_KINDS:
            first, last = ((at - origin) // length for at in (request.started_at, request.ended_at))
            seen.update(range(first, last + 1))
    return [window for index, window in enumerate(windows) if index not in seen]


def unavailability(windows: Iterable[Window], *, since: datetime, until: datetime) -> timedelta:
    """Return the sum of (1 - success) dt over the windows' parts in [since, until).

    A window in which no request ended counts as failed in full: clients ask without pause, so either all of
    them were waiting, or the prober was off (see `unmeasured`), and then this is an upper bound.
    """
    total = timedelta(0)
    for window in windows:
        overlap = min(_end(window), until) - max(window.start, since)
        failed = 1 - window.succeeded / window.requests if window.requests else 1.0
        total += max(overlap, timedelta(0)) * failed
    return total


def fault(
    requests: Iterable[Request],
    *,
    source: str,
    noticed_at: datetime,
    serving: Serving,
    injected_at: datetime | None = None,
) -> Point:
    """Return T0: the last good probe of *source* before the failures known of at *noticed_at*.

    *noticed_at* is T1 where there was an alert, else T3. In a drill T0 is *injected_at*. Else probes are all
    requests to the source, the clients' too, and requests that got no address. Going back from *noticed_at*,
    the failures begin after the newest run of good windows (*serving*); T0 is the end of the last success
    before the first of them was started; `error_s` is half the time from there to that failure's end. A
    source that served well to the end did not fail: then nothing but the operation can have interrupted the
    service, and T0 is *noticed_at*.
    """
    if injected_at is not None:
        return _point(PointName.FAULT, injected_at, error_s=0.0, measured_by="drill")
    seen = [r for r in requests if r.region in {source, None} and r.ended_at <= noticed_at]
    if not seen:
        return _unmeasured(PointName.FAULT, f"the ledger has no request to {source} before {noticed_at}")
    begun = _failing_since(seen, noticed_at, serving)
    if begun == noticed_at:
        return _point(PointName.FAULT, noticed_at, error_s=0.0, measured_by="journal")
    failures = [r for r in seen if not r.succeeded and r.ended_at >= begun]
    first = min(failures, key=lambda r: r.started_at, default=None)
    last_good = max(
        (r.ended_at for r in seen if r.succeeded and r.ended_at <= (first.started_at if first else begun)),
        default=None,
    )
    if last_good is None:
        return _unmeasured(PointName.FAULT, f"the ledger has no good probe of {source} before it failed")
    certain = first.ended_at if first else begun + serving.window
    return _point(PointName.FAULT, last_good, error_s=(certain - last_good).total_seconds() / 2)


def writable(requests: Iterable[Request], *, target: str, mutating_at: datetime) -> Point:
    """Return T4: when the first canary that started at or after T3 was written and read back at *target*.

    A canary whose cache was not written has an `error` and does not count. The target became writable after
    the canary before it began: `error_s` is half the time since then, None for the first canary after T3.
    """
    began = mutating_at
    canaries = (r for r in requests if r.kind == "canary" and r.region == target)
    for canary in sorted(canaries, key=lambda r: r.started_at):
        if canary.started_at < mutating_at:
            continue
        if canary.succeeded and canary.error is None:
            error_s = (canary.ended_at - began).total_seconds() / 2
            return _point(PointName.WRITABLE, canary.ended_at, error_s=error_s)
        began = canary.started_at
    return _unmeasured(PointName.WRITABLE, f"no canary was written and read back at {target} after T3")


def restored(
    windows: Sequence[Window], *, fault_at: datetime, serving: Serving, settles_at: datetime | None = None
) -> Point:
    """Return T6: the start of the first `windows_needed` good windows in a row after clients were disturbed.

    Clients were disturbed by the first window after T0 that is not good, and, if the service came and went,
    by the last such window that began before *settles_at*: the instant by which the move of traffic should
    be over (T5 + TTL). What fails after that is this outage only while it has not ended yet. Where clients
    were never disturbed, T6 is T0: the service was not interrupted.
    """
    after = [window for window in windows if _end(window) > fault_at]
    bad = [index for index, window in enumerate(after) if not serving.good(window)]
    settling = [index for index in bad if settles_at is not None and after[index].start < settles_at]
    from_index = max(settling, default=bad[0] if bad else 0)
    run = 0
    for index, window in enumerate(after[from_index:], start=from_index):
        run = run + 1 if serving.good(window) else 0
        if run == serving.windows_needed:
            start = max(after[index - run + 1].start, fault_at) if bad else fault_at
            return _point(PointName.RESTORED, start, error_s=window.length_s)
    return _unmeasured(
        PointName.RESTORED,
        f"clients were not served in {serving.windows_needed} windows in a row after T0 "
        f"({len(after)} windows seen, {len(bad)} of them not good)",
    )


def _failing_since(seen: Sequence[Request], noticed_at: datetime, serving: Serving) -> datetime:
    """Return the start of the oldest bad window after the newest good run before *noticed_at*.

    Windows are counted back from *noticed_at*, which is returned where the newest windows are good already.
    """
    total, good = Counter[int](), Counter[int]()
    for request in seen:
        index = (noticed_at - request.ended_at) // serving.window
        total[index] += 1
        good[index] += request.succeeded
    begun, run = noticed_at, 0
    for index in range(max(total, default=-1) + 1):
        served = total[index] > 0 and good[index] >= serving.success_target * total[index]
        run = run + 1 if served else 0
        if run == serving.windows_needed:
            break
        if not served:
            begun = noticed_at - (index + 1) * serving.window
    return begun


def _end(window: Window) -> datetime:
    return window.start + timedelta(seconds=window.length_s)


def _point(name: PointName, at: datetime, *, error_s: float, measured_by: str = "prober") -> Point:
    return Point(name=name, at=at, measured_by=measured_by, error_s=error_s)


def _unmeasured(name: PointName, reason: str) -> Point:
    return Point(name=name, at=None, measured_by="prober", reason=reason)
