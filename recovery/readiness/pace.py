"""How fast a cluster writes: between two runs, and at the busiest time of the last day."""

from datetime import datetime, timedelta

from pydantic import AwareDatetime

from recovery.measurement import Frozen
from recovery.readiness.facts import Progress

LEAST_APART = timedelta(seconds=0.5)
"""Two looks that are closer tell of a checkpoint, or of nothing."""
REMEMBERED = timedelta(days=1)


class Reading(Frozen):
    """How far a cluster had come, kept for the next run."""

    at: AwareDatetime
    wal_bytes: int
    transactions: int

    @classmethod
    def of(cls, progress: Progress) -> "Reading":
        """Return it as it is kept."""
        return cls(at=progress.at, wal_bytes=progress.wal_bytes, transactions=progress.transactions)


class Pace(Frozen):
    """How fast a cluster writes."""

    at: AwareDatetime
    wal_bytes_s: float
    transactions_s: float


def pace(earlier: Reading | None, later: Reading) -> Pace | None:
    """Return the mean pace between two readings; None where they tell none.

    A cluster that was put back, or rebuilt, has come less far than before.
    """
    if earlier is None or later.at - earlier.at < LEAST_APART:
        return None
    wal, transactions = later.wal_bytes - earlier.wal_bytes, later.transactions - earlier.transactions
    if wal < 0 or transactions < 0:
        return None
    seconds = (later.at - earlier.at).total_seconds()
    return Pace(at=later.at, wal_bytes_s=wal / seconds, transactions_s=transactions / seconds)


def busiest(known: Pace | None, found: Pace | None, *, now: datetime) -> Pace | None:
    """Return the faster of two: what was the fastest of a day, and what was found now."""
    recent = known if known and now - known.at < REMEMBERED else None
    if recent is None or found is None:
        return found or recent
    return Pace(
        at=found.at if found.wal_bytes_s >= recent.wal_bytes_s else recent.at,
        wal_bytes_s=max(found.wal_bytes_s, recent.wal_bytes_s),
        transactions_s=max(found.transactions_s, recent.transactions_s),
    )
