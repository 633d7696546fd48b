"""Evidence: what the prober sees of each region now, and of the clients that use the global name."""

from typing import Annotated

from pydantic import AwareDatetime, ConfigDict, Field

from recovery.estate_file.traffic import Detection
from recovery.measurement import Frozen

FEWEST_REQUESTS = 20
"""Below this many requests an error rate says little."""

Share = Annotated[float, Field(ge=0, le=1)]


class GlobalEvidence(Frozen):
    """Writes and reads of clients through the global name that ended within the window."""

    requests: int = Field(ge=0)
    failed: int = Field(ge=0)
    success: Share | None = Field(description="None where no request ended: nothing was seen, good or bad")
    by_region: dict[str, int] = Field(description="Requests answered with success, by the region that did")


class RegionEvidence(Frozen):
    """One region, as probes at its own address and clients of the global name see it."""

    probes: int = Field(ge=0, description="Health and canary probes that ended within the window")
    failed: int = Field(ge=0, description="Those of them that failed")
    consecutive_failures: int = Field(ge=0, description="Failures since the last good probe, however old")
    last_good_at: AwareDatetime | None = Field(description="None: no good probe since the prober started")
    first_failed_at: AwareDatetime | None = Field(
        description="When these failures began; None in good health"
    )
    p50_latency_ms: float | None = Field(description="Of what it answered well in the window, median")
    p95_latency_ms: float | None = Field(description="The same, 95th percentile")
    last_error: str | None = Field(description="Of the newest failed probe, however old")
    writable: bool | None = Field(description="The newest canary was written, cache too; None: none yet")
    requests: int = Field(ge=0, description="Clients' requests through the global name that came here")
    error_rate: Share | None = Field(description="The share of `requests` that failed; None without any")
    answers: int = Field(ge=0, description="DNS answers by which clients were sent here within the window")


class Evidence(Frozen):
    """What the prober saw in the window that ended at `at`."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    at: AwareDatetime
    window_s: float
    global_name: GlobalEvidence = Field(alias="global")
    regions: dict[str, RegionEvidence]


def fails(seen: RegionEvidence, detection: Detection) -> bool:
    """Whether what was seen of a region calls it bad, by the estate's thresholds."""
    return (
        seen.consecutive_failures >= detection.health_check_failures
        or (
            seen.requests >= FEWEST_REQUESTS
            and (seen.error_rate or 0.0) >= detection.api_error_rate_threshold
        )
        or (seen.p95_latency_ms or 0.0) >= detection.latency_threshold_ms
    )
