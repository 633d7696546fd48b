"""What a region's own monitoring sees of its gateway and of the services behind it.

HAProxy's exporter tells; its own frontend is called `metrics`, and serves no customers.
"""

from deployments.monitoring.pace import Pace, duration
from deployments.monitoring.rule import Look, Rule, share
from recovery.estate import EstateFile
from recovery.evidence import FEWEST_REQUESTS
from recovery.signals import SignalClass

NEAR_THE_LIMIT = 0.8
"""The share of the sessions that HAProxy allows from which on a region is saturated."""


def gateway_rules(estate: EstateFile, region: str, pace: Pace) -> list[Rule]:
    """Return what *region* says of itself."""
    window = duration(pace.window(estate.automated_failover.detection.detection_window_seconds))
    look = Look(region=region, observer=region)
    return [*_errors(estate, look, window), *_latencies(estate, look, window), _saturation(look)]


def _errors(estate: EstateFile, look: Look, window: str) -> list[Rule]:
    least, here = estate.automated_failover.detection.api_error_rate_threshold, _here(look)

    def rate(side: str, total: str) -> str:
        answers = f"haproxy_{side}_http_responses_total"
        failed = f'{total} (increase({answers}{{{here},code="5xx"}}[{window}]))'
        asked = f"{total} (increase({answers}{{{here}}}[{window}]))"
        return share(failed, asked, least=least, of=FEWEST_REQUESTS)

    value = "{{ $value | humanizePercentage }}"
    return [
        Rule(
            alert="GatewayErrorRateHigh",
            expr=rate("frontend", "sum"),
            look=look,
            signal=SignalClass.ERRORS,
            summary=f"{value} of the gateway's answers in {look.region} are 5xx",
        ),
        Rule(
            alert="ServiceErrorRateHigh",
            expr=rate("backend", "sum by (proxy)"),
            look=look,
            signal=SignalClass.ERRORS,
            service="{{ $labels.proxy }}",
            summary=f"{value} of one service's answers in {look.region} are 5xx",
        ),
    ]


def _latencies(estate: EstateFile, look: Look, window: str) -> list[Rule]:
    """HAProxy has averages over 1,024 requests only, which move slowly; services have OpenTelemetry's histogram."""
    limit_s = f"{estate.automated_failover.detection.latency_threshold_ms / 1000:g}"
    services = f'http_server_request_duration_seconds_bucket{{job="services",region="{look.region}"}}'
    value = "{{ $value | humanizeDuration }}"
    return [
        Rule(
            alert="GatewayLatencyHigh",
            expr=f"max(haproxy_backend_response_time_average_seconds{{{_here(look)}}}) >= {limit_s}",
            look=look,
            signal=SignalClass.LATENCY,
            summary=f"Services of {look.region} take {value} on average to answer",
        ),
        Rule(
            alert="ServiceLatencyHigh",
            expr=f"histogram_quantile(0.95, sum by (service, le) (rate({services}[{window}]))) >= {limit_s}",
            look=look,
            signal=SignalClass.LATENCY,
            summary=f"5 % of one service's answers in {look.region} took {value} or more",
        ),
    ]


def _saturation(look: Look) -> Rule:
    sessions = f"haproxy_frontend_current_sessions{{{_here(look)}}}"
    limit = f"haproxy_frontend_limit_sessions{{{_here(look)}}}"
    return Rule(
        alert="GatewaySaturated",
        expr=f"max({sessions} / {limit}) >= {NEAR_THE_LIMIT:g}",
        look=look,
        signal=SignalClass.SATURATION,
        summary=f"The gateway of {look.region} has {{{{ $value | humanizePercentage }}}} of its sessions in use",
    )


def _here(look: Look) -> str:
    return f'job="gateway",region="{look.region}",proxy!="metrics"'
