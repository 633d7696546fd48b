"""The arithmetic of health checks: thresholds, inversion, disabling, and checks of checks."""

import pytest

from lab.dns.health import Check, Endpoint, Seen, agreed, check_of, statuses

ENDPOINT = Endpoint("HTTP", "127.0.10.1", 80, "127.0.10.1")


@pytest.mark.parametrize(
    ("seen", "inverted", "disabled", "status"),
    [
        (True, False, False, True),
        (False, False, False, False),
        (True, True, False, False),
        (False, True, False, True),
        (True, False, True, True),
        (False, False, True, True),  # disabled: healthy whatever was seen
        (True, True, True, False),  # forced unhealthy
        (False, True, True, False),
    ],
)
def test_a_status_is_what_was_seen_unless_disabled_and_then_inverted(
    *, seen: bool, inverted: bool, disabled: bool, status: bool
) -> None:
    check = Check("h", ENDPOINT, inverted=inverted, disabled=disabled)

    assert statuses([check], {"h": Seen(healthy=seen)}) == {"h": status}


def test_a_new_check_is_healthy_and_a_new_inverted_one_is_not() -> None:
    assert statuses([Check("h", ENDPOINT), Check("i", ENDPOINT, inverted=True)], {}) == {
        "h": True,
        "i": False,
    }


@pytest.mark.parametrize(
    ("threshold", "results", "healthy"),
    [
        (3, "FF", True),
        (3, "FFF", False),
        (3, "FFPFF", True),
        (3, "FFFPP", False),
        (3, "FFFPPFPPP", True),
        (1, "F", False),
        (1, "FP", True),
    ],
)
def test_a_status_changes_after_the_threshold_of_results_in_a_row(
    threshold: int, results: str, *, healthy: bool
) -> None:
    seen = Seen()

    for result in results:
        seen = seen.then(passed=result == "P", threshold=threshold)

    assert seen.healthy is healthy


@pytest.mark.parametrize(
    ("threshold", "healthy_children", "status"),
    [(2, 2, True), (2, 1, False), (1, 1, True), (1, 0, False), (0, 0, True), (3, 2, False)],
)
def test_a_calculated_check_counts_its_children(
    threshold: int, healthy_children: int, *, status: bool
) -> None:
    """A threshold above the number of children is never met, zero always is."""
    children = [Check("a", ENDPOINT), Check("b", ENDPOINT)]
    both = Check("all", children=("a", "b"), health_threshold=threshold)
    seen = {child.id: Seen(healthy=n < healthy_children) for n, child in enumerate(children)}

    assert statuses([*children, both], seen)["all"] is status


@pytest.mark.parametrize(("healthy", "status"), [(0, False), (1, False), (2, True), (8, True)])
def test_an_endpoint_is_healthy_by_the_word_of_more_than_18_percent(healthy: int, *, status: bool) -> None:
    """Of eight: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide, how Route 53 determines health."""
    seen = [Seen(healthy=number < healthy) for number in range(8)]

    assert agreed(seen).healthy is status


def test_a_stop_object_fails_its_regions_check() -> None:
    """The lab's tree: the gateway answers, and the inverted check of the stop object."""
    checks = [
        Check("gateway", ENDPOINT),
        Check("stop", ENDPOINT, inverted=True),
        Check("region", children=("gateway", "stop"), health_threshold=2),
    ]

    absent, present = {"stop": Seen(healthy=False)}, {"stop": Seen(healthy=True)}

    assert statuses(checks, absent)["region"]
    assert not statuses(checks, present)["region"]


def test_checks_that_count_each_other_have_a_status() -> None:
    checks = [
        Check("a", children=("b",), health_threshold=1),
        Check("b", children=("a",), health_threshold=1),
    ]

    assert statuses(checks, {}) == {"a": True, "b": True}


@pytest.mark.parametrize(
    ("config", "endpoint"),
    [
        (
            {"Type": "HTTP", "IPAddress": "127.0.10.1", "ResourcePath": "/health", "RequestInterval": 10},
            Endpoint("HTTP", "127.0.10.1", 80, "127.0.10.1", "/health", interval_s=10),
        ),
        (
            {"Type": "HTTPS_STR_MATCH", "FullyQualifiedDomainName": "a.example.com", "Port": 8443}
            | {"SearchString": "ok", "EnableSNI": False},
            Endpoint("HTTPS", "a.example.com", 8443, "a.example.com:8443", search="ok", server_name=False),
        ),
        (
            {"Type": "TCP", "IPAddress": "127.0.10.1", "Port": 5432},
            Endpoint("TCP", "127.0.10.1", 5432, "127.0.10.1:5432"),
        ),
        ({"Type": "CLOUDWATCH_METRIC"}, None),
        ({"Type": "CALCULATED", "ChildHealthChecks": ["a"], "HealthThreshold": 1}, None),
    ],
)
def test_the_apis_checks_become_values(config: dict[str, object], endpoint: Endpoint | None) -> None:
    check = check_of({"Id": "h", "HealthCheckConfig": config})

    assert check.endpoint == endpoint
    assert check.children == (("a",) if config["Type"] == "CALCULATED" else ())
    assert check.health_threshold == (1 if config["Type"] == "CALCULATED" else None)
