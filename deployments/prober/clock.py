"""The prober's clock: the wall's, read once, and carried on by the monotonic one."""

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Tells UTC without jumps: a step of the wall clock during a run changes no measured span.

    The kernel slews the monotonic clock with NTP, so it keeps the pace of true time; a step that NTP made
    after the start is not followed until the prober starts again.
    """

    def __init__(self) -> None:
        self._wall = datetime.now(UTC)
        self._anchor_s = time.monotonic()

    def now(self) -> datetime:
        """Return the instant, aware, in UTC."""
        return self._wall + timedelta(seconds=self.elapsed_s())

    def elapsed_s(self) -> float:
        """Return the seconds since the clock was made; they never go back."""
        return time.monotonic() - self._anchor_s
