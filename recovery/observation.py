"""What was seen of a moving load in one window, and how much of it is chance."""

from datetime import timedelta
from math import sqrt
from typing import NamedTuple, Self

from pydantic import AwareDatetime, Field, model_validator

from recovery.evidence import Evidence, RegionEvidence
from recovery.measurement import Frozen

Z_95 = 1.96
"""Standard normal quantile: 95 % of chance lies within it, both sides together."""


class Seen(Frozen):
    """Requests that one region was asked, by clients and by direct probes."""

    requests: int = Field(default=0, ge=0)
    failed: int = Field(default=0, ge=0)
    p50: timedelta | None = Field(default=None, description="Median; None where no request was timed")
    p95: timedelta | None = Field(default=None, description="95th percentile, None likewise")

    @model_validator(mode="after")
    def _no_more_failed_than_asked(self) -> Self:
        if self.failed > self.requests:
            raise ValueError(
                f"{self.failed} of {self.requests} requests failed; count failed ones as requests too"
            )
        return self

    @property
    def rate(self) -> float:
        """The share that failed, 0 without requests."""
        return self.failed / self.requests if self.requests else 0.0

    def __add__(self, other: "Seen") -> "Seen":
        """Both windows' requests. Quantiles are the mean by requests: exact where the windows are alike."""
        return Seen(
            requests=self.requests + other.requests,
            failed=self.failed + other.failed,
            p50=_mean((self.p50, self.requests), (other.p50, other.requests)),
            p95=_mean((self.p95, self.requests), (other.p95, other.requests)),
        )


class Observation(Frozen):
    """One window of a shift. Windows given to a shift one after the other do not overlap."""

    start: AwareDatetime
    end: AwareDatetime
    routed: int = Field(default=0, ge=0, description="Requests through the global name, to any region")
    answers: int | None = Field(
        default=None, ge=0, description="DNS answers that sent clients somewhere; None: one for each request"
    )
    to_target: int = Field(
        default=0, ge=0, description="The answers of them that sent a client to the target"
    )
    target: Seen = Seen()
    source: Seen = Field(
        default=Seen(),
        description="How the source is: it may be seen over a longer window, ending with this one",
    )
    seen_for: timedelta | None = Field(
        default=None, description="Time with data in it; None: all of the window"
    )
    error: str | None = Field(default=None, description="Why nothing could be measured")

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.end < self.start or self.to_target > self.drawn:
            raise ValueError(
                f"{self.start:%T} to {self.end:%T}: {self.to_target} of {self.drawn} answers to the target; "
                "give the beginning first, and count all answers"
            )
        return self

    @property
    def drawn(self) -> int:
        """How many times chance gave a client its region."""
        return self.routed if self.answers is None else self.answers

    @property
    def length(self) -> timedelta:
        """How much time the data covers: gaps, and windows without a request, left out."""
        if not self.routed:
            return timedelta()
        return self.end - self.start if self.seen_for is None else self.seen_for

    def __add__(self, later: "Observation") -> "Observation":
        """Return both windows as one; the source is as it was seen last."""
        return Observation(
            start=self.start,
            end=later.end,
            routed=self.routed + later.routed,
            to_target=self.to_target + later.to_target,
            answers=self.drawn + later.drawn,
            target=self.target + later.target,
            source=later.source,
            seen_for=self.length + later.length,
        )


def _mean(*weighted: tuple[timedelta | None, int]) -> timedelta | None:
    known = [(value, weight) for value, weight in weighted if value is not None and weight]
    total = sum(weight for _, weight in known)
    return sum((value * weight for value, weight in known), timedelta()) / total if total else None


class Interval(NamedTuple):
    """Where a share lies, with 95 % confidence."""

    low: float
    high: float


def wilson(part: int, whole: int) -> Interval:
    """Return Wilson's score interval of part / whole; all of 0..1 where nothing was counted.

    Formula 4 of Brown, Cai, DasGupta, "Interval Estimation for a Binomial Proportion",
    Statistical Science 16 (2001), doi 10.1214/ss/1009213286.
    """
    if not whole:
        return Interval(0.0, 1.0)
    share, zz = part / whole, Z_95**2
    middle = (share + zz / (2 * whole)) / (1 + zz / whole)
    half = Z_95 * sqrt(share * (1 - share) / whole + zz / (4 * whole**2)) / (1 + zz / whole)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def observed(evidence: Evidence, source: str, target: str) -> Observation:
    """Return the prober's evidence of one window as an observation of a shift from *source* to *target*.

    The share is that of the DNS answers: a client of a slow region asks it less often, and stays with it for longer
    where one request outlasts the answer. So neither the requests nor the clients' time tell what weights do.
    """
    routed = sum(region.requests for region in evidence.regions.values())
    return Observation(
        start=evidence.at - timedelta(seconds=evidence.window_s),
        end=evidence.at,
        routed=routed,
        answers=sum(region.answers for region in evidence.regions.values()),
        to_target=evidence.regions[target].answers,
        target=_seen(evidence.regions[target]),
        source=_seen(evidence.regions[source]),
    )


def _seen(region: RegionEvidence) -> Seen:
    return Seen(
        requests=region.requests + region.probes,
        failed=round((region.error_rate or 0.0) * region.requests) + region.failed,
        p50=_span(region.p50_latency_ms),
        p95=_span(region.p95_latency_ms),
    )


def _span(ms: float | None) -> timedelta | None:
    return None if ms is None else timedelta(milliseconds=ms)
