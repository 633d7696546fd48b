"""What a region's own monitoring sees of the other one's data: whether it arrives, and how late."""

from deployments.monitoring.pace import Pace, duration
from deployments.monitoring.rule import Look, Rule
from recovery.estate import EstateFile
from recovery.signals import SignalClass

REDIS_PING_S = 10
"""A Redis master speaks to its replica at least so often (`repl-ping-replica-period`): less is no lag."""
HALF = 0.5
"""A subscription that fails is started again and again, and looks alive for moments: what counts is the mean."""


def replication_rules(estate: EstateFile, region: str, pace: Pace) -> list[Rule]:
    """Return what *region* sees of the other one's data: judged is the region whose rows do not arrive."""
    source = estate.other(region)
    window = duration(pace.window(estate.automated_failover.detection.detection_window_seconds))
    postgres_s = estate.postgres_multi_region.monitoring.lag_threshold_seconds
    redis_s = estate.redis_multi_region.monitoring.lag_threshold_ms / 1000 + REDIS_PING_S
    postgres, cache = f'job="postgres",region="{region}"', f'job="redis",region="{region}"'
    found = {
        "ReplicationDown": (
            f"min(avg_over_time(dr_subscription_replicating{{{postgres}}}[{window}])) < {HALF:g}",
            f"A subscription of {region} to {source} is down",
        ),
        "ReplicationLagHigh": (
            f'max(dr_heartbeat_age_seconds{{{postgres},writer="{source}"}}) > {postgres_s:g}',
            f"The newest heartbeat of {source} in {region} is {{{{ $value | humanizeDuration }}}} old",
        ),
        "CacheReplicationDown": (
            f"min(avg_over_time(redis_master_link_up{{{cache}}}[{window}])) < {HALF:g}",
            f"The Redis of {region} has lost its master in {source}",
        ),
        "CacheReplicationLagHigh": (
            f"max(redis_master_last_io_seconds_ago{{{cache}}}) > {redis_s:g}",
            f"The Redis of {region} has not heard of {source} for {{{{ $value | humanizeDuration }}}}",
        ),
    }
    look = Look(region=source, observer=region)
    return [
        Rule(alert=alert, expr=expr, look=look, signal=SignalClass.REPLICATION, summary=summary)
        for alert, (expr, summary) in found.items()
    ]
