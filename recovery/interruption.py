"""Interruptions as single clients saw them: the worst one, and how the clients came back."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby

from pydantic import AwareDatetime

from recovery.measurement import Frozen, Request
from recovery.timeline import CLIENT_KINDS


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


class Comeback(Frozen):
    """When the clients that were interrupted were served again: each at its longest interruption's end."""

    clients: int
    still_failing: int
    first: AwareDatetime | None
    median: AwareDatetime | None
    last: AwareDatetime | None
    """None while a client is still failing, as `median` is while half of them are."""


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


def comeback(interruptions: Iterable[Interruption], *, fault_at: datetime) -> Comeback:
    """Return how clients came back from interruptions that lasted beyond *fault_at* (T0)."""
    worst: dict[str, Interruption] = {}
    for interruption in interruptions:
        known = worst.get(interruption.client)
        beyond = interruption.until is None or interruption.until > fault_at
        if beyond and (known is None or interruption.length > known.length):
            worst[interruption.client] = interruption
    ends = sorted(i.until for i in worst.values() if i.until is not None)
    half = (len(worst) - 1) // 2
    return Comeback(
        clients=len(worst),
        still_failing=len(worst) - len(ends),
        first=ends[0] if ends else None,
        median=ends[half] if half < len(ends) and worst else None,
        last=ends[-1] if ends and len(ends) == len(worst) else None,
    )


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
