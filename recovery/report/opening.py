"""What any operation's report takes from the journal as such: where it begins, and what proves it."""

from collections.abc import Sequence

from recovery.errors import BadInput
from recovery.journal import Event, Kind, broken_link
from recovery.report.document import Environment
from recovery.report.reading import text


def opening(events: Sequence[Event]) -> Event:
    """Return the opening event; `BadInput` for what is not the beginning of a journal."""
    if not events or events[0].kind is not Kind.OPENED:
        found = f"it begins with {events[0].kind!s}, event {events[0].seq}" if events else "it has no event"
        raise BadInput(f"A report needs a journal from its opening event on, and {found}: read all of it.")
    return events[0]


def environment(events: Sequence[Event]) -> Environment:
    """Return what the operation ran with, and whether every event fits the one before it."""
    opened = events[0].data
    broken_at = broken_link(events)
    return Environment(
        estate=text(opened, "estate", "unknown"),
        estate_digest=text(opened, "estate_digest", "unknown"),
        code_version=text(opened, "code_version", "unknown"),
        actors=list(dict.fromkeys(event.actor for event in events)),
        events=len(events),
        last_event_at=events[-1].time,
        head_hash=events[-1].hash,
        chain_verified=broken_at is None,
        broken_at=broken_at,
    )
