"""Amounts as people read them."""

from datetime import timedelta

DAY = timedelta(days=1)


def span(length: timedelta) -> str:
    """Return a length in the unit that fits it."""
    seconds = length.total_seconds()
    for unit, name in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.1f} s"


def size(count: float) -> str:
    """Return so many bytes in the unit that fits them."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count:.0f} bytes"
