"""What the authoritative servers answer with, and since when."""

from collections.abc import Set as AbstractSet
from datetime import datetime
from time import monotonic
from typing import Any

from recovery.waiting import wait_until
from tasks.run import Run, now

ANSWERS_NEEDED = 3
"""Weighted answers are drawn by lot: so many in a row must be right."""


def answered_only(run: Run[Any], regions: AbstractSet[str]) -> tuple[datetime, float]:
    """Ask the authoritative servers until they answer with nothing but *regions*.

    Returns when that was first seen (T5), and how long before it may have been so, seconds.
    """
    run_of_good: list[datetime] = []
    last_bad = monotonic()

    def right() -> tuple[datetime | None, str]:
        nonlocal last_bad
        answered = run.outside.front_door.regions_answered()
        if not set(answered) <= regions:
            run_of_good.clear()
            last_bad = monotonic()
        else:
            run_of_good.append(now())
        enough = len(run_of_good) >= ANSWERS_NEEDED
        return (run_of_good[0] if enough else None), f"the answer is {', '.join(answered)}"

    first = wait_until(
        right,
        what=f"an answer with nothing but {' and '.join(sorted(regions))}",
        deadline_s=float(run.file.settings.deadlines.shift_seconds),
        poll_s=0.02,
    )
    return first, max(0.0, monotonic() - last_bad - (now() - first).total_seconds())
