"""Interruptions as single clients saw them: the worst one, and how the clients came back."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from pydantic import AwareDatetime

from recovery.measurement import Frozen, Interruptions, Request
from recovery.timeline import CLIENT_KINDS, Serving, unmeasured, windows


class Interruption(Frozen):
    """A client went without an answer: from the end of one success to the end of the next."""

    client: str
    since: AwareDatetime
    until: AwareDatetime | None
    """None: it had no success again before `seen_until`."""
    seen_until: AwareDatetime
    failures: int

    @property
    def length(self) -> timedelta:
        """How long it lasted, or had lasted when last seen."""
        return (self.until or self.seen_until) - self.since


def interruptions(requests: Iterable[Request]) -> list[Interruption]:
    """Return every interruption of each client, oldest first.

    Only requests through the global name count. There is none without a failed request between two
    successes. A client that had no success yet is interrupted since its first request started.
    """
    of_clients = sorted((r for r in requests if r.kind in CLIENT_KINDS), key=lambda r: (r.client, r.ended_at))
    found = [
        interruption
        for client, own in groupby(of_clients, key=lambda r: r.client)
        for interruption in _of_client(client, list(own))
    ]
    return sorted(found, key=lambda interruption: interruption.since)


def longest(interruptions: Iterable[Interruption]) -> Interruption | None:
    """Return the longest time that any single client went without an answer, None where none did."""
    return max(interruptions, key=lambda interruption: interruption.length, default=None)


def comeback(interruptions: Iterable[Interruption], *, fault_at: datetime) -> Interruptions:
    """Return how clients came back from interruptions that lasted beyond *fault_at* (T0).

    Each client was served again at the end of its longest one; one that has not ended outweighs all others.
    """
    beyond = [i for i in interruptions if i.until is None or i.until > fault_at]
    decisive = {i.client: i for i in sorted(beyond, key=lambda i: (i.until is None, i.length))}
    ends = sorted(i.until for i in decisive.values() if i.until is not None)
    failing, half = len(decisive) - len(ends), (len(decisive) - 1) // 2
    worst = longest(beyond)
    return Interruptions(
        clients=len(decisive),
        still_failing=failing,
        first=ends[0] if ends else None,
        median=ends[half] if ends and half < len(ends) else None,
        last=ends[-1] if ends and not failing else None,
        longest_s=worst.length.total_seconds() if worst else 0.0,
    )


def measured(
    requests: Sequence[Request], *, since: datetime, until: datetime, serving: Serving
) -> tuple[Interruptions | None, str | None]:
    """Return how clients were interrupted by what happened from *since* to *until*, or why nobody knows.

    An interruption that began before *until* is followed to its end; one that began later is another's.
    A prober that was off sees no failure: where nobody asked for as many windows as it takes to call clients
    restored, an interruption may be in them.
    """
    span = windows(requests, origin=since, length=serving.window, until=until)
    if len(off := unmeasured(requests, span)) >= serving.windows_needed:
        off_s = len(off) * serving.window.total_seconds()
        return None, f"no client asked anything for {off_s:g} s, from {off[0].start:%H:%M:%S} UTC on"
    begun = [i for i in interruptions(requests) if i.since < until]
    return comeback(begun, fault_at=since), None


def _of_client(client: str, requests: list[Request]) -> Iterable[Interruption]:
    since, failures = requests[0].started_at, 0
    for request in requests:
        if not request.succeeded:
            failures += 1
            continue
        if failures:
            yield Interruption(
                client=client,
                since=since,
                until=request.ended_at,
                seen_until=request.ended_at,
                failures=failures,
            )
        since, failures = request.ended_at, 0
    if failures:
        seen_until = requests[-1].ended_at
        yield Interruption(client=client, since=since, until=None, seen_until=seen_until, failures=failures)
