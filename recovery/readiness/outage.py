"""How long may the other region be away, before what it has to get, or how it would be told apart, is gone?"""

from dataclasses import dataclass
from datetime import timedelta

from recovery.readiness.amounts import size, span
from recovery.readiness.check import Check, Criterion, Group, Judged, State, checked, holds
from recovery.readiness.facts import Server
from recovery.readiness.pace import Pace
from recovery.readiness.told import Told, both

UNLIMITED = -1
MEGABYTE = 1024 * 1024
LONGEST = timedelta(days=365)
"""More is said as "more than a year"."""


@dataclass(frozen=True)
class Room:
    """The disk of one cluster, as far as it is known."""

    free_bytes: int | None


def outage_checks(
    region: str, server: Told[Server], pace: Told[Pace], *, room: Room, outage: timedelta
) -> list[Check]:
    """Return for how long an outage of the other region is survived, at the busiest pace of the last day."""
    criteria = (
        Criterion[tuple[Server, Pace]](
            "WAL is kept for an outage of the other region",
            lambda known: _kept(*known, room, outage),
            "raise max_slot_wal_keep_size, with a disk that holds it: afterwards the slots are lost, "
            "and the other region is made anew",
        ),
        Criterion[tuple[Server, Pace]](
            "rows keep their origin for an outage of the other region",
            lambda known: _told_apart(*known, outage),
            "raise vacuum_freeze_min_age: of a frozen row nobody knows which region wrote it, nor when",
        ),
    )
    return checked(Group.OUTAGES, both(server, pace), criteria, region=region)


def _kept(server: Server, pace: Pace, room: Room, outage: timedelta) -> Judged:
    kept_mb = int(server.settings.get("max_slot_wal_keep_size", UNLIMITED))
    behind = max((slot.kept_bytes for slot in server.slots), default=0)
    limit, at = span(outage), f"at {size(pace.wal_bytes_s)}/s"
    if kept_mb != UNLIMITED:
        lasts = _lasts(kept_mb * MEGABYTE - behind, pace.wal_bytes_s)
        return holds(f"{_told(lasts)} {at}, {size(kept_mb * MEGABYTE)} are kept", limit, ok=lasts >= outage)
    if room.free_bytes is None:
        return Judged(State.WARNING, f"without limit, {at}; how much the disk holds is not known", limit)
    lasts = _lasts(room.free_bytes, pace.wal_bytes_s)
    return holds(
        f"{_told(lasts)} {at}, until the disk is full: {size(room.free_bytes)} are free",
        limit,
        ok=lasts >= outage,
    )


def _told_apart(server: Server, pace: Pace, outage: timedelta) -> Judged:
    least = int(server.settings.get("vacuum_freeze_min_age", 50_000_000))
    lasts = _lasts(least, pace.transactions_s)
    return holds(
        f"{_told(lasts)} at {pace.transactions_s:.0f} transactions/s", span(outage), ok=lasts >= outage
    )


def _lasts(amount: float, a_second: float) -> timedelta:
    seconds = amount / a_second if a_second > 0 else LONGEST.total_seconds()
    return timedelta(seconds=max(0.0, min(seconds, LONGEST.total_seconds())))


def _told(lasts: timedelta) -> str:
    return "more than a year" if lasts >= LONGEST else span(lasts)
