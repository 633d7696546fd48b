"""Why a PostgreSQL server ended by itself, as its log tells."""

from collections.abc import Iterable

ENDS = ("FATAL:", "PANIC:")


def last_words(log: Iterable[str]) -> str | None:
    """Return what the newest line says that the server ended by; None where no line does."""
    found = [line.split(end, 1)[1].strip() for line in log for end in ENDS if end in line]
    return found[-1] if found else None
