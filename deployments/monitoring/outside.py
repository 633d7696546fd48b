"""What is seen of a region from outside both: by the prober, as customers see it, and by the witness."""

from deployments.monitoring.pace import Pace, duration
from deployments.monitoring.rule import Look, Rule, share
from recovery.estate import EstateFile
from recovery.evidence import FEWEST_REQUESTS
from recovery.signals import SignalClass
from recovery.votes import PROBER


def prober_rules(estate: EstateFile, region: str, pace: Pace) -> list[Rule]:
    """Return what the prober's metrics say of *region*: it is the observer, whoever scrapes it."""
    detection, look = estate.automated_failover.detection, Look(region=region, observer=PROBER)
    window = duration(pace.window(detection.detection_window_seconds))
    clients = f'job="prober",region="{region}",kind=~"read|write"'
    asked = f"sum(increase(dr_prober_requests_total{{{clients}}}[{window}]))"
    failed = f'sum(increase(dr_prober_requests_total{{{clients},outcome!="acknowledged"}}[{window}]))'
    buckets = f'rate(dr_prober_latency_seconds_bucket{{job="prober",region="{region}"}}[{window}])'
    return [
        Rule(
            alert="RegionHealthCheckFailing",
            expr=f'max(dr_prober_consecutive_failures{{job="prober",region="{region}"}})'
            f" >= {detection.health_check_failures}",
            look=look,
            signal=SignalClass.HEALTH,
            summary=f"{{{{ $value }}}} probes of {region} in a row failed",
        ),
        Rule(
            alert="ErrorRateHigh",
            expr=share(failed, asked, least=detection.api_error_rate_threshold, of=FEWEST_REQUESTS),
            look=look,
            signal=SignalClass.ERRORS,
            summary=f"{{{{ $value | humanizePercentage }}}} of the clients' requests to {region} failed",
        ),
        Rule(
            alert="LatencyHigh",
            expr=f"histogram_quantile(0.95, sum by (le) ({buckets})) >= {detection.latency_threshold_ms / 1000:g}",
            look=look,
            signal=SignalClass.LATENCY,
            summary=f"5 % of the good answers of {region} took {{{{ $value | humanizeDuration }}}} or more",
        ),
    ]


def monitoring_rule(estate: EstateFile, pace: Pace, look: Look) -> Rule:
    """Return the rule for: the observer's scrapes of the region's own Prometheus fail, several in a row."""
    failures = estate.automated_failover.detection.health_check_failures
    up = f'up{{job="prometheus",region="{look.region}"}}'
    return Rule(
        alert="RegionMonitoringUnreachable",
        expr=f"max(max_over_time({up}[{duration(failures * pace.scrape)}])) == 0",
        look=look,
        signal=SignalClass.MONITORING,
        summary=f"{look.observer} does not reach the monitoring of {look.region}",
    )
