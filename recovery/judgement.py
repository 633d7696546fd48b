"""What one window says of a step of a shift: successful, failed, inconclusive, or an error.

Failed needs evidence against the target, successful needs evidence for it; anything else,
and no data above all, is inconclusive. So a step is never taken for want of bad news.
"""

from datetime import timedelta
from enum import StrEnum
from math import sqrt

from pydantic import Field

from recovery.measurement import Frozen
from recovery.observation import Z_95, Observation, Seen, wilson

FEWEST_TO_FAIL = 5
"""Below this many requests one unlucky request would be evidence against the target."""
FEWEST_TO_RETURN = 20
"""The source is called fit to return to from this many requests on."""
FEWEST_FOR_P95 = 100
"""Five requests lie above the 95th percentile of a hundred: less is the opinion of one or two.

A median above the limit needs no more than `FEWEST_TO_FAIL`: with half of them slower, the chance
that only one in twenty is, is about 0.1 % (binomial, 3 of 5). It is excused by a slow median before, not by a slow
p95: a few late answers just before the shift, and any lateness of all would pass for what was so before.
"""


class Limits(Frozen):
    """What a step must keep to."""

    failure_threshold: float = Field(
        default=0.05, gt=0, lt=1, description="Greatest share of failed requests"
    )
    p95: timedelta = Field(default=timedelta(milliseconds=500), gt=timedelta())
    p95_growth: float = Field(default=1.5, ge=1, description="A slow baseline may grow by this factor")
    share_points: float = Field(default=5.0, gt=0, le=50, description="How far the observed share may be off")
    share_error_points: float = Field(
        default=10.0, gt=0, le=50, description="A sample with a greater 95 % error does not tell the share"
    )
    enough_requests: int = Field(default=400, ge=1, description="From here on the plain rate is believed")


class Outcome(StrEnum):
    """What drives the step engine; the reason beside it is for people."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"


class Judgement(Frozen):
    """An outcome, and why."""

    outcome: Outcome
    reason: str
    keep: bool = Field(
        default=False, description="The window says too little alone, and counts with the next"
    )


def judge(
    limits: Limits, share: int, window: Observation, baseline: Seen | None = None, *, expired: bool = True
) -> Judgement:
    """Say what *window* tells of a step that is to send *share* percent of requests to the target.

    *baseline* is the target before the shift: what was so before is no reason to stop. Until what DNS caches had
    before the step has *expired*, clients go where the one before sent them: that tells nothing for it, only against.
    """
    if window.error is not None:
        return Judgement(outcome=Outcome.ERROR, reason=f"nothing was measured: {window.error}")
    if against := _against(limits, window.target, baseline):
        return Judgement(outcome=Outcome.FAILED, reason=against)
    if not expired:
        told = "DNS caches may still send clients where the step before did"
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=told)
    if astray := _astray(limits, share, window):
        return astray
    if doubt := _doubt(limits, window.target, baseline):
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=doubt, keep=True)
    share_seen = window.to_target / window.drawn
    told = (
        f"the target has {share_seen:.1%} of the clients, and {window.target.rate:.1%} of its requests failed"
    )
    return Judgement(outcome=Outcome.SUCCESSFUL, reason=told)


def fit_to_return(limits: Limits, source: Seen) -> bool:
    """Whether the source was seen, directly or by clients, to be within the limits."""
    return (
        source.requests >= FEWEST_TO_RETURN
        and source.rate <= limits.failure_threshold
        and source.p95 is not None
        and source.p95 <= limits.p95
    )


def _failure_limit(limits: Limits, baseline: Seen | None) -> float:
    return max(limits.failure_threshold, baseline.rate if baseline else 0.0)


def _latency_limit(limits: Limits, before: timedelta | None) -> timedelta:
    """Return how late answers may be whose same quantile was so late *before* the shift."""
    return max(limits.p95, (before or timedelta()) * limits.p95_growth)


def _p95_limit(limits: Limits, baseline: Seen | None) -> timedelta:
    return _latency_limit(limits, baseline.p95 if baseline else None)


def _against(limits: Limits, target: Seen, baseline: Seen | None) -> str | None:
    """Return the evidence that the target is beyond its limits, None without."""
    most, least = _failure_limit(limits, baseline), wilson(target.failed, target.requests).low
    if target.requests >= FEWEST_TO_FAIL and least > most:
        return (
            f"{target.failed} of {target.requests} requests to the target failed: at least {least:.1%}, "
            f"and {most:.1%} is allowed"
        )
    slowest = _p95_limit(limits, baseline)
    if target.requests >= FEWEST_FOR_P95 and target.p95 is not None and target.p95 > slowest:
        return f"the target's p95 is {_ms(target.p95)}, and {_ms(slowest)} is allowed"
    slowest = _latency_limit(limits, baseline.p50 if baseline else None)
    if target.requests >= FEWEST_TO_FAIL and target.p50 is not None and target.p50 > slowest:
        return f"the target's median is {_ms(target.p50)}, and {_ms(slowest)} is allowed"
    return None


def _astray(limits: Limits, share: int, window: Observation) -> Judgement | None:
    """Return why the share can not be called arrived, None when it has.

    The tolerance is widened by the 95 % binomial error of the sample. What is drawn by chance is a
    region for each DNS answer, not for each request: clients send what follows to the region they were given.
    """
    if not window.routed:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE, reason="no request came through the global name", keep=True
        )
    if not window.drawn:
        return Judgement(
            outcome=Outcome.INCONCLUSIVE, reason="no client asked where the global name is", keep=True
        )
    wanted, seen, tolerance = share / 100, window.to_target / window.drawn, limits.share_points / 100
    chance = Z_95 * sqrt(wanted * (1 - wanted) / window.drawn)
    told = f"the target has {seen:.1%} of the clients ({window.drawn} DNS answers seen), {share} % is wanted"
    if chance > limits.share_error_points / 100:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=f"{told}: too few to tell", keep=True)
    if abs(seen - wanted) > tolerance + chance:
        return Judgement(outcome=Outcome.INCONCLUSIVE, reason=f"{told}: it has not moved there yet")
    return None


def _doubt(limits: Limits, target: Seen, baseline: Seen | None) -> str | None:
    """Return why the target can not be called sound, None when it can."""
    most, greatest = _failure_limit(limits, baseline), wilson(target.failed, target.requests).high
    believed = target.rate if target.requests >= limits.enough_requests else greatest
    if believed > most:
        return (
            f"{target.failed} of {target.requests} requests to the target failed: up to {greatest:.1%}, "
            f"and {most:.1%} is allowed"
        )
    slowest = _p95_limit(limits, baseline)
    if target.p95 is None or target.p95 > slowest:
        told = "unknown" if target.p95 is None else _ms(target.p95)
        return f"the target's p95 is {told} of {target.requests} requests, and {_ms(slowest)} is allowed"
    return None


def _ms(span: timedelta) -> str:
    return f"{span / timedelta(milliseconds=1):.0f} ms"
