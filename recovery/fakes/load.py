"""A load as a prober would see it: windows of a shift, good ones unless told otherwise."""

from datetime import datetime, timedelta

from recovery.observation import Observation, Seen

WINDOW = timedelta(seconds=10)
FAST = timedelta(milliseconds=80)
SLOW = timedelta(milliseconds=900)
FEWEST_PROBES = 50
"""Direct probes see a region that no client is sent to."""


def a_region(requests: int, failed: int = 0, p95: timedelta | None = FAST) -> Seen:
    """Return what was seen of one region."""
    return Seen(requests=requests, failed=failed, p95=p95)


def a_window(
    at: datetime,
    share: float,
    *,
    requests: int = 1000,
    target: Seen | None = None,
    source: Seen | None = None,
) -> Observation:
    """Return the window that ends at *at*, with *share* percent of *requests* at the target."""
    to_target = round(requests * share / 100)
    return Observation(
        start=at - WINDOW,
        end=at,
        routed=requests,
        to_target=to_target,
        target=target or a_region(max(to_target, FEWEST_PROBES)),
        source=source or a_region(max(requests - to_target, FEWEST_PROBES)),
    )
