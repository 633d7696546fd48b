"""The generated rules, played by promtool: each fires at the estate's threshold, and not below it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployments.monitoring.writing import write
from recovery.estate import EstateFile

EAST, WEST, WITNESS = "us-east-1", "us-west-2", "witness"
CLIENTS = f'dr_prober_requests_total{{job="prober",region="{EAST}",kind="write",outcome="%s"}}'
BUCKET = f'dr_prober_latency_seconds_bucket{{job="prober",region="{EAST}",le="%s"}}'
FRONTEND = f'haproxy_frontend_http_responses_total{{job="gateway",region="{EAST}",proxy="public",code="%s"}}'
BACKEND = (
    f'haproxy_backend_http_responses_total{{job="gateway",region="{EAST}",proxy="hub-service",code="%s"}}'
)
DURATION = (
    "http_server_request_duration_seconds_bucket"
    f'{{job="services",region="{EAST}",service="hub-service",le="%s"}}'
)
AVERAGE = (
    f'haproxy_backend_response_time_average_seconds{{job="gateway",region="{EAST}",proxy="hub-service"}}'
)
SESSIONS = f'haproxy_frontend_%s_sessions{{job="gateway",region="{EAST}",proxy="public"}}'
SUBSCRIPTION = f'dr_subscription_replicating{{job="postgres",region="{WEST}",datname="eden_hub"}}'
HEARTBEAT = f'dr_heartbeat_age_seconds{{job="postgres",region="{WEST}",datname="eden_hub",writer="%s"}}'
MASTER = f'redis_master_%s{{job="redis",region="{WEST}"}}'


CONFLICTS = f'dr_conflict_recent{{job="postgres",region="{EAST}",datname="eden_%s",real="%s"}}'


def judges(
    region: str, signal: str, observer: str, severity: str = "critical", **more: str
) -> dict[str, str]:
    return {"region": region, "dr_signal": signal, "observer": observer, "severity": severity} | more


@dataclass(frozen=True)
class Case:
    """An alert of one place: series that make it fire, others that just do not, and what it says."""

    place: str
    alert: str
    bad: dict[str, str]
    good: dict[str, str]
    labels: dict[str, str]
    summary: str


CASES = [
    Case(
        WITNESS,
        "RegionHealthCheckFailing",
        {f'dr_prober_consecutive_failures{{job="prober",region="{EAST}"}}': "3x20"},
        {f'dr_prober_consecutive_failures{{job="prober",region="{EAST}"}}': "2x20"},
        judges(EAST, "health", "prober"),
        f"3 probes of {EAST} in a row failed",
    ),
    Case(
        WITNESS,
        "ErrorRateHigh",
        {CLIENTS % "acknowledged": "0+90x20", CLIENTS % "rejected": "0+10x20"},
        {CLIENTS % "acknowledged": "0+97x20", CLIENTS % "rejected": "0+3x20"},
        judges(EAST, "errors", "prober"),
        f"10% of the clients' requests to {EAST} failed",
    ),
    Case(
        WITNESS,
        "LatencyHigh",
        {BUCKET % "0.5": "0+90x20", BUCKET % "0.75": "0+100x20", BUCKET % "+Inf": "0+100x20"},
        {BUCKET % "0.25": "0+0x20", BUCKET % "0.5": "0+96x20", BUCKET % "+Inf": "0+100x20"},
        judges(EAST, "latency", "prober", "warning"),
        f"5 % of the good answers of {EAST} took 625ms or more",
    ),
    Case(
        WITNESS,
        "RegionMonitoringUnreachable",
        {f'up{{job="prometheus",region="{EAST}"}}': "0x20"},
        {f'up{{job="prometheus",region="{EAST}"}}': "0 0 1 0 0 1 0 0 1 0 0 1 0 0 1 0 0 1"},
        judges(EAST, "monitoring", WITNESS),
        f"{WITNESS} does not reach the monitoring of {EAST}",
    ),
    Case(
        WEST,
        "RegionMonitoringUnreachable",
        {f'up{{job="prometheus",region="{EAST}"}}': "0x20"},
        {f'up{{job="prometheus",region="{EAST}"}}': "1x20"},
        judges(EAST, "monitoring", WEST),
        f"{WEST} does not reach the monitoring of {EAST}",
    ),
    Case(
        EAST,
        "GatewayErrorRateHigh",
        {FRONTEND % "2xx": "0+90x20", FRONTEND % "5xx": "0+10x20"},
        {FRONTEND % "2xx": "0+97x20", FRONTEND % "5xx": "0+3x20"},
        judges(EAST, "errors", EAST),
        f"10% of the gateway's answers in {EAST} are 5xx",
    ),
    Case(
        EAST,
        "ServiceErrorRateHigh",
        {BACKEND % "2xx": "0+90x20", BACKEND % "5xx": "0+10x20"},
        {BACKEND % "2xx": "0+97x20", BACKEND % "5xx": "0+3x20"},
        judges(EAST, "errors", EAST, service="hub-service", proxy="hub-service"),
        f"10% of one service's answers in {EAST} are 5xx",
    ),
    Case(
        EAST,
        "ServiceLatencyHigh",
        {DURATION % "0.5": "0+90x20", DURATION % "0.75": "0+100x20", DURATION % "+Inf": "0+100x20"},
        {DURATION % "0.25": "0+0x20", DURATION % "0.5": "0+96x20", DURATION % "+Inf": "0+100x20"},
        judges(EAST, "latency", EAST, "warning", service="hub-service"),
        f"5 % of one service's answers in {EAST} took 625ms or more",
    ),
    Case(
        EAST,
        "GatewayLatencyHigh",
        {AVERAGE: "0.5x20"},
        {AVERAGE: "0.49x20"},
        judges(EAST, "latency", EAST, "warning"),
        f"Services of {EAST} take 500ms on average to answer",
    ),
    Case(
        EAST,
        "GatewaySaturated",
        {SESSIONS % "current": "1600x20", SESSIONS % "limit": "2000x20"},
        {SESSIONS % "current": "1599x20", SESSIONS % "limit": "2000x20"},
        judges(EAST, "saturation", EAST, "warning"),
        f"The gateway of {EAST} has 80% of its sessions in use",
    ),
    Case(
        WEST,
        "ReplicationDown",
        {SUBSCRIPTION: "1 1 0 0 0 1 0 0 0 1 0 0 0 1 0 0 0"},
        {SUBSCRIPTION: "1 1 1 0 1 1 1 0 1 1 1 0 1 1 1 0 1"},
        judges(EAST, "replication", WEST, "warning"),
        f"A subscription of {WEST} to {EAST} is down",
    ),
    Case(
        WEST,
        "ReplicationLagHigh",
        {HEARTBEAT % EAST: "61x20", HEARTBEAT % WEST: "0x20"},
        {HEARTBEAT % EAST: "60x20", HEARTBEAT % WEST: "300x20"},
        judges(EAST, "replication", WEST, "warning"),
        f"The newest heartbeat of {EAST} in {WEST} is 1m 1s old",
    ),
    Case(
        WEST,
        "CacheReplicationDown",
        {MASTER % "link_up": "0x20"},
        {MASTER % "link_up": "1x20"},
        judges(EAST, "replication", WEST, "warning"),
        f"The Redis of {WEST} has lost its master in {EAST}",
    ),
    Case(
        WEST,
        "CacheReplicationLagHigh",
        {MASTER % "last_io_seconds_ago": "11x20"},
        {MASTER % "last_io_seconds_ago": "10x20"},
        judges(EAST, "replication", WEST, "warning"),
        f"The Redis of {WEST} has not heard of {EAST} for 11s",
    ),
    Case(
        EAST,
        "Watchdog",
        {"anything": "0x20"},
        {},
        judges(EAST, "monitoring", EAST, "none"),
        f"Always firing: proves that alerts of {EAST} get through",
    ),
    Case(
        EAST,
        "ReplicationConflicts",
        {CONFLICTS % ("hub", "true"): "6x20", CONFLICTS % ("task", "true"): "5x20"},
        {CONFLICTS % ("hub", "true"): "10x20", CONFLICTS % ("hub", "false"): "500x20"},
        {"region": EAST, "observer": EAST, "severity": "warning"},
        f"PostgreSQL in {EAST} has logged 11 real conflicts within 10 minutes",
    ),
    Case(
        WITNESS,
        "EstateNotReady",
        {'dr_readiness_verdict{job="intake"}': "2x20"},
        {'dr_readiness_verdict{job="intake"}': "2 1 2x18"},
        {"observer": WITNESS, "severity": "warning"},
        "The estate is not ready to lose a region: `dr readiness` says why",
    ),
    Case(
        WITNESS,
        "ReadinessNotChecked",
        {'dr_readiness_checked_timestamp_seconds{job="intake"}': "-1380x20"},
        {'dr_readiness_checked_timestamp_seconds{job="intake"}': "-900x20"},
        {"observer": WITNESS, "severity": "warning"},
        "Readiness was not checked for 26m 0s: see the deployment readiness-check",
    ),
]


@pytest.fixture
def plays(files: Path, tool: Callable[..., str]) -> Callable[..., None]:
    """Have promtool play a series each 15 s for 3 min, and compare what fires then with what is expected."""

    def played(case: Case, series: dict[str, str], *, fires: bool) -> None:
        alert = {
            "exp_labels": {"alertname": case.alert, **case.labels},
            "exp_annotations": {"summary": case.summary},
        }
        test = {
            "interval": "15s",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "alert_rule_test": [
                {"eval_time": "3m", "alertname": case.alert, "exp_alerts": [alert] if fires else []}
            ],
        }
        content = {"rule_files": [f"{case.place}/rules.yml"], "evaluation_interval": "15s", "tests": [test]}
        (files / "test.yml").write_text(yaml.safe_dump(content))
        tool("promtool", "test", "rules", files / "test.yml")

    return played


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.alert}-{case.place}")
def test_an_alert_fires_from_its_threshold_on(case: Case, plays: Callable[..., None]) -> None:
    """It names the region that it judges, whose look it is, and what was seen."""
    plays(case, case.bad, fires=True)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.good], ids=lambda case: f"{case.alert}-{case.place}"
)
def test_below_its_threshold_an_alert_is_silent(case: Case, plays: Callable[..., None]) -> None:
    plays(case, case.good, fires=False)


def test_few_requests_are_no_error_rate(plays: Callable[..., None]) -> None:
    """Half of 16 requests in a minute may be chance."""
    case = next(case for case in CASES if case.alert == "ErrorRateHigh")

    plays(case, {CLIENTS % "acknowledged": "0+2x20", CLIENTS % "rejected": "0+2x20"}, fires=False)


def test_every_rule_is_among_those_that_are_played(files: Path) -> None:
    rules = [_rules(files / place / "rules.yml") for place in (EAST, WEST, WITNESS)]

    assert {rule["alert"] for found in rules for rule in found} == {case.alert for case in CASES}


def test_every_rule_says_who_judges_whom(files: Path) -> None:
    """The witness's own watchdog tells of no region; of conflicts and readiness no region's fault is said."""
    of_no_region = {"region", "dr_signal"}
    for place in (EAST, WEST, WITNESS):
        for rule in _rules(files / place / "rules.yml"):
            missing = {"region", "dr_signal", "severity", "observer"} - set(rule["labels"])
            apart = {(WITNESS, "Watchdog"): {"region"}, (place, "ReplicationConflicts"): {"dr_signal"}}
            apart |= {(WITNESS, name): of_no_region for name in ("EstateNotReady", "ReadinessNotChecked")}
            assert missing == apart.get((place, rule["alert"]), set())


@pytest.mark.parametrize(
    ("place", "alert"),
    [(EAST, "ReplicationConflicts"), (WITNESS, "EstateNotReady"), (WITNESS, "ReadinessNotChecked")],
)
def test_what_is_no_fault_of_a_region_starts_no_failover(
    files: Path, tool: Callable[..., str], place: str, alert: str
) -> None:
    """The alert is not sent to the intake: no verdict hears it."""
    route = ("amtool", "config", "routes", "test", f"--config.file={files / place / 'alertmanager.yml'}")
    [rule] = [rule for rule in _rules(files / place / "rules.yml") if rule["alert"] == alert]

    assert tool(*route, *(f"{name}={value}" for name, value in rule["labels"].items())).strip() == "nobody"


@pytest.mark.parametrize(
    "block",
    [
        {"monitoring": {"lag_threshold_seconds": 60}},
        {"replication": {"conflict_resolution": {"logging": False}}},
    ],
    ids=["no threshold", "not collected"],
)
def test_without_a_threshold_or_a_count_there_is_no_such_rule(
    block: dict[str, Any], estate_values: dict[str, Any], tmp_path: Path
) -> None:
    postgres = estate_values["postgres_multi_region"]
    postgres["monitoring"] = block.get("monitoring", postgres["monitoring"])
    postgres["replication"] = postgres["replication"] | block.get("replication", {})

    write(EstateFile.from_values(estate_values, name="estate.yaml"), tmp_path / "monitoring")

    rules = _rules(tmp_path / "monitoring" / EAST / "rules.yml")
    assert "ReplicationConflicts" not in {rule["alert"] for rule in rules}


def _rules(path: Path) -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]
