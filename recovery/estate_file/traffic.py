"""The two blocks about traffic: how it reaches a region, and when and how it is moved."""

from typing import Annotated, Literal

from pydantic import Field

from recovery.estate_file.kinds import (
    Count,
    Flag,
    Milliseconds,
    Minutes,
    Percent,
    Seconds,
    Share,
    UrlPath,
    Weight,
)
from recovery.estate_file.marks import Acts, Idle, Part

_LATENCY = "a latency record has no share that a shift could set: Route 53 answers by the client's place"


class LatencyPolicy(Part):
    """Route 53 answers with the region nearest to the client."""

    type: Annotated[Literal["latency"], Idle(_LATENCY)]
    weight: Annotated[Weight | None, Idle(_LATENCY)] = None


class WeightedPolicy(Part):
    """Route 53 answers with each region by its weight."""

    type: Annotated[
        Literal["weighted"], Acts("the shift sets the weights of the global name's weighted records")
    ]
    weight: Annotated[
        Weight | None,
        Idle("the weight of a region's record is set by each step of the shift; a fixed one is not restored"),
    ] = None


class GlobalHealthChecks(Part):
    """When Route 53 takes a region's gateway for lost."""

    endpoint: Annotated[
        UrlPath, Acts("compared with the gateways' health_check_path; a difference is warned")
    ]
    interval_seconds: Annotated[Seconds, Acts("forecast: time between two health checks of Route 53")]
    failure_threshold: Annotated[Count, Field(le=10), Acts("forecast: failed checks until it reacts")]
    timeout_seconds: Annotated[Seconds, Acts("forecast: how long the last failing check waits")]


class GlobalFailover(Part):
    """Limits on moving traffic between the regions."""

    automatic: Annotated[
        Flag | None,
        Acts(
            "true: alerts may start a failover by themselves; else the intake decides, and writes it down only"
        ),
    ] = None
    threshold_percent: Annotated[
        Percent, Acts("percent of the source's probes that must fail before it counts as down")
    ]
    cooldown_seconds: Annotated[Seconds, Acts("the least time between two shifts of this estate")]


class GlobalLoadBalancing(Part):
    """The block `global_load_balancing`."""

    provider: Annotated[Literal["route53"], Acts("whose records are changed; no other is spoken")]
    routing_policies: Annotated[
        tuple[Annotated[LatencyPolicy | WeightedPolicy, Field(discriminator="type")], ...],
        Field(min_length=1),
    ]
    health_checks: GlobalHealthChecks
    failover: GlobalFailover


class Detection(Part):
    """What must be seen before the source is taken for lost."""

    health_check_failures: Annotated[
        Count, Acts("failed probes in a row that confirm the source is at fault")
    ]
    api_error_rate_threshold: Annotated[
        Share, Acts("the share of failed requests in the window that confirms it")
    ]
    latency_threshold_ms: Annotated[
        Milliseconds, Acts("a slower answer counts as a failure when the fault is confirmed")
    ]
    detection_window_seconds: Annotated[
        Seconds, Acts("how far back the confirmation looks; forecast: the alert's time to fire")
    ]


class TrafficShifting(Part):
    """How traffic is moved while the source is healthy."""

    gradual: Annotated[Flag, Acts("planned moves: in steps (true) or all at once (false)")]
    increment_percent: Annotated[Percent, Acts("planned moves: percent of the traffic a step moves")]
    increment_interval_seconds: Annotated[Seconds, Acts("planned moves: time from one step to the next")]
    verification_period_seconds: Annotated[
        Seconds, Acts("planned moves: how long the target is watched before the move is called good")
    ]


class Rollback(Part):
    """When a planned move is put back."""

    automatic: Annotated[Flag, Acts("planned moves: put traffic back (true) or stop and ask (false)")]
    failure_threshold: Annotated[Share, Acts("planned moves: the share of failures that ends the move")]
    cooldown_period_minutes: Annotated[
        Minutes, Acts("the least time from a rollback to the next planned move")
    ]


class AutomatedFailover(Part):
    """The block `automated_failover`."""

    detection: Detection
    traffic_shifting: TrafficShifting
    rollback: Rollback
