"""Figures as people read them."""

from datetime import UTC, datetime, timedelta
from math import ceil

from recovery.measurement import PointName

MEANING = {
    PointName.FAULT: "Fault",
    PointName.DETECTED: "Detected",
    PointName.DECIDED: "Decided",
    PointName.MUTATING: "First change",
    PointName.WRITABLE: "Target writable",
    PointName.ANSWERED: "Answer changed",
    PointName.RESTORED: "Clients restored",
    PointName.REDUNDANT: "Redundant again",
}

_GIGABYTE = 10**9
_TEN_S, _MINUTE_S, _HOUR_S, _DAY_S = 10, 60, 3600, 86_400


def span(seconds: float | None) -> str:
    """Return a length of time: `0.56 s`, `6.0 s`, `14.2 s`, `38 min 13 s`, `2 h 05 min`, `3 d 4 h`.

    From a minute on it is rounded up, so that what missed an objective never reads as if it had met it.
    """
    if seconds is None:
        return "not measured"
    if seconds < 0:
        return f"-{span(-seconds)}"
    if (rounded := round(seconds, 2 if seconds < 1 else 1)) < _MINUTE_S:
        return f"{rounded:.1f} s" if 1 <= rounded < _TEN_S else f"{rounded:g} s"
    if (whole := ceil(seconds - 1e-6)) < _HOUR_S:
        return _two(*divmod(whole, _MINUTE_S), units=("min", "s"))
    if (minutes := ceil(whole / _MINUTE_S)) < _DAY_S / _MINUTE_S:
        return _two(*divmod(minutes, _MINUTE_S), units=("h", "min"))
    return _two(*divmod(ceil(minutes / _MINUTE_S), 24), units=("d", "h"))


def since(start: datetime | None, at: datetime) -> str:
    """Return how long after *start* something was: `+2.86 s`; empty without a start."""
    if start is None:
        return ""
    seconds = (at - start) / timedelta(seconds=1)
    return f"+{span(seconds)}" if seconds > 0 else span(seconds)


def instant(at: datetime | None) -> str:
    """Return a moment: `2026-03-14 02:17:41.4 UTC`."""
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d} {clock(at)} UTC"


def exact(at: datetime | None) -> str:
    """Return a moment as exactly as it is known: `2026-03-14 02:17:41.399 UTC`."""
    return "" if at is None else f"{f'{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'.rstrip('0').rstrip('.')} UTC"


def size(count: int) -> str:
    """Return an amount of data: `667 MB`, `12.4 GB`."""
    return f"{count / 1e6:,.0f} MB" if count < _GIGABYTE else f"{count / 1e9:,.1f} GB"


def clock(at: datetime | None) -> str:
    """Return the time of day in UTC, to a tenth of a second: `02:17:41.4`."""
    if at is None:
        return ""
    cut = at.astimezone(UTC)
    return f"{cut:%H:%M:%S}.{cut.microsecond // 100_000}"


def count(number: int | None) -> str:
    """Return a number of things: `21,744`."""
    return "not measured" if number is None else f"{number:,}"


def things(number: int, noun: str) -> str:
    """Return a number with its noun: `1 row`, `2 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def share(part: float) -> str:
    """Return a share in percent: `62 %`; what is small and not nothing reads `under 1 %`."""
    if 0 < part < 1 / 200:
        return "under 1 %"
    return f"{100 * part:.0f} %"


def _two(large: int, small: int, *, units: tuple[str, str]) -> str:
    return f"{large} {units[0]} {small:02d} {units[1]}" if small else f"{large} {units[0]}"
