"""The check: every key in one of two lists, and a warning wherever a person could be misled."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from recovery.errors import BadInput
from recovery.estate import EstateFile
from recovery.estate_check import check, render, report_on
from recovery.estate_file.marks import Leaf, entries, leaves

ROOT = Path(__file__).parents[2]
EDEN = ROOT / "tests" / "samples" / "eden.yaml"
LEAVES = list(leaves(EstateFile))


def an_estate(**changes: Any) -> EstateFile:
    """Eden, with the example's eleventh block, and `block__key__0__key=value` changed."""
    lines = (ROOT / "estate.yaml").read_text().splitlines()
    block = "\n".join(line.removeprefix("# ") for line in lines[lines.index("# recovery:") :])
    values = yaml.safe_load(EDEN.read_text()) | yaml.safe_load(block)
    for path, value in changes.items():
        *parents, last = [int(step) if step.isdigit() else step for step in path.split("__")]
        at = values
        for step in parents:
            at = at[step]
        at[last] = value
    return EstateFile.from_values(values, name="estate.yaml")


def warnings_of(estate: EstateFile) -> list[str]:
    return [warning.path for warning in report_on(estate).warnings]


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.path)
def test_every_key_says_what_it_does_or_why_it_does_nothing(leaf: Leaf) -> None:
    assert len(leaf.marks) == 1


def test_the_walk_over_the_models_reaches_every_block() -> None:
    """A walk that misses a block would let the test above pass on nothing."""
    assert {leaf.path.split(".")[0] for leaf in LEAVES} == set(EstateFile.model_fields)
    assert "recovery.route53.stop_objects[].bucket" in {leaf.path for leaf in LEAVES}
    assert "postgres_multi_region.replication.node_groups[].name" in {leaf.path for leaf in LEAVES}


def scalars(values: Any, path: str = "") -> list[str]:
    """The paths of all values of a file, a list of plain values counting as one."""
    if isinstance(values, dict):
        return [p for key, value in values.items() for p in scalars(value, f"{path}.{key}".lstrip("."))]
    if isinstance(values, list) and any(isinstance(value, dict) for value in values):
        return [p for index, value in enumerate(values) for p in scalars(value, f"{path}[{index}]")]
    return [path]


def test_every_key_of_the_eden_file_is_in_exactly_one_list() -> None:
    report = check(EDEN)

    listed = [key.path for key in report.acted] + [key.path for key in report.idle]

    assert sorted(listed) == sorted(scalars(yaml.safe_load(EDEN.read_text())))


def test_how_far_a_test_may_go_is_acted_upon() -> None:
    """It is what keeps faults away from an estate that serves customers."""
    acted = {key.path: key.what for key in check(EDEN).acted}

    assert "how far a test may go" in acted["disaster_recovery.testing.scope"]


def test_the_eden_estate_is_accepted() -> None:
    report = check(EDEN)

    assert report.acceptable
    assert [forecast.meets(report.rto) for forecast in report.forecasts] == [True, True]
    assert [warning.path for warning in report.warnings] == [
        "global_load_balancing.failover.automatic",
        "recovery",
    ]


def test_a_default_is_told_apart_from_what_the_file_says() -> None:
    estate = an_estate()

    by_path = {entry.path: entry.given for entry in entries(estate)}

    assert by_path["recovery.deadlines.fence_seconds"] is True
    assert by_path["recovery.gateways.us-east-1.port"] is True
    silent = an_estate(recovery__deadlines={}, recovery__redis={})
    assert {entry.path: entry.given for entry in entries(silent)}["recovery.redis.timeout_seconds"] is False
    assert "timeout_seconds = 1 (default)" in render(report_on(silent))


def test_an_rto_that_the_timings_cannot_meet_is_refused_with_a_way_out() -> None:
    report = report_on(an_estate(disaster_recovery__rto_minutes=3))

    assert not report.acceptable
    assert report.refusals[0].sentence == (
        "disaster_recovery.rto_minutes is 3 (180 s), and the unplanned worst case is 308 s; "
        "give 5.133 or more, or shorten global_load_balancing.health_checks.interval_seconds or "
        "global_load_balancing.health_checks.failure_threshold or "
        "global_load_balancing.health_checks.timeout_seconds (detect, by Route 53: 95 s)."
    )
    assert "MISSES IT by 128 s" in render(report)


def test_a_planned_move_slower_than_the_rto_is_only_warned_about() -> None:
    """During a planned move the service is up: the RTO is not at stake."""
    report = report_on(an_estate(disaster_recovery__rto_minutes=6))

    assert report.acceptable
    assert report.warnings[0].path == "disaster_recovery.rto_minutes"
    assert "planned worst case is 600 s" in report.warnings[0].fact


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (
            {"disaster_recovery__recovery_coordination__manual_approval_required": True},
            "disaster_recovery.recovery_coordination.manual_approval_required",
        ),
        (
            {"disaster_recovery__procedures__region_failure": False},
            "disaster_recovery.procedures.region_failure",
        ),
        (
            {"postgres_multi_region__monitoring__lag_threshold_seconds": 301},
            "postgres_multi_region.monitoring.lag_threshold_seconds",
        ),
        (
            {"redis_multi_region__monitoring__lag_threshold_ms": 300_001},
            "redis_multi_region.monitoring.lag_threshold_ms",
        ),
        (
            {"global_load_balancing__health_checks__endpoint": "/alive"},
            "global_load_balancing.health_checks.endpoint",
        ),
        (
            {"global_load_balancing__routing_policies": [{"type": "latency"}]},
            "global_load_balancing.routing_policies",
        ),
        (
            {"global_load_balancing__health_checks__interval_seconds": 20},
            "global_load_balancing.health_checks.interval_seconds",
        ),
        (
            {"application_multi_region__regions__0__services": ["api-gateway", "only-here"]},
            "application_multi_region.regions",
        ),
        (
            {"recovery__journal": {}},
            "recovery.journal.stores",
        ),
        (
            {"automated_failover__traffic_shifting__increment_interval_seconds": 29},
            "automated_failover.traffic_shifting.increment_interval_seconds",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_could_mislead_is_warned_about(change: dict[str, Any], path: str) -> None:
    assert path not in warnings_of(an_estate())
    assert path in warnings_of(an_estate(**change))


def test_route_53s_own_intervals_do_not_bind_another_endpoint() -> None:
    estate = an_estate(
        global_load_balancing__health_checks__interval_seconds=1,
        recovery__route53__endpoint_url="http://127.0.30.1:5000",
    )

    assert "global_load_balancing.health_checks.interval_seconds" not in warnings_of(estate)


@pytest.mark.parametrize("estate", [EstateFile.read(EDEN), an_estate()], ids=["ten blocks", "eleven blocks"])
def test_the_report_fits_a_terminal_of_100_columns(estate: EstateFile) -> None:
    text = render(report_on(estate))

    assert max(len(line) for line in text.splitlines()) <= 100
    assert all(line == line.rstrip() for line in text.splitlines())


def test_the_report_shows_acting_keys_before_idle_ones_and_ends_in_its_verdict() -> None:
    text = render(check(EDEN))

    order = [text.index(title) for title in ("ACTED UPON", "NOT ACTED UPON", "FORECAST", "WARNINGS")]
    assert order == sorted(order)
    assert text.endswith("eden.yaml: in order, 2 warnings.\n")


def test_the_report_gives_a_reason_beside_every_idle_key() -> None:
    report = check(EDEN)
    text = " ".join(render(report).split())

    assert all(key.path.split(".")[-1] in text for key in report.idle)
    assert "Redis Enterprise's own" in text


def test_a_bad_file_is_refused_by_the_check_too(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        check(tmp_path / "missing.yaml")
