"""Instants, as people type them into a terminal."""

from datetime import datetime

from recovery.errors import BadInput


def moment(option: str, told: str | None) -> datetime | None:
    """Return the instant that an option was given; `BadInput` where it is none, or has no time zone."""
    if told is None:
        return None
    try:
        at = datetime.fromisoformat(told)
    except ValueError as error:
        raise BadInput(f"{option} {told!r} is no time; give one as 2026-11-25T17:30:00Z.") from error
    if at.tzinfo is None:
        raise BadInput(
            f"{option} {told!r} has no time zone; write it behind the time, as 2026-11-25T17:30:00Z."
        )
    return at
