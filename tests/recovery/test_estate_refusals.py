"""What an estate file is refused for: each message names the key, the value and what would do."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from recovery.errors import BadInput
from recovery.estate import EstateFile

ROOT = Path(__file__).parents[2]
EDEN = ROOT / "tests" / "samples" / "eden.yaml"
CANARY = "Canary-Hunter2"


def refusal_of(values: Any) -> str:
    with pytest.raises(BadInput) as caught:
        EstateFile.from_values(values, name="bad.yaml")
    return str(caught.value)


def eden(**changes: Any) -> dict[str, Any]:
    """Eden's values, with `block__key__0__key=value` changed."""
    values = yaml.safe_load(EDEN.read_text())
    return changed(values, **changes)


def complete(**changes: Any) -> dict[str, Any]:
    """Eden's values with the example's eleventh block."""
    lines = (ROOT / "estate.yaml").read_text().splitlines()
    text = "\n".join(line.removeprefix("# ") for line in lines[lines.index("# recovery:") :])
    return changed(yaml.safe_load(EDEN.read_text()) | yaml.safe_load(text), **changes)


def changed(values: dict[str, Any], **changes: Any) -> dict[str, Any]:
    for path, value in changes.items():
        *parents, last = [int(step) if step.isdigit() else step for step in path.split("__")]
        at: Any = values
        for step in parents:
            at = at[step]
        at[last] = value
    return values


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"postgres_multi_region__regions__1__role": "master"},
            "postgres_multi_region.regions[1].role is 'master'; give 'primary' or 'standby'.",
        ),
        (
            {"postgres_multi_region__regions__0__prot": 5432},
            (
                "postgres_multi_region.regions[0].prot is not a known key "
                "(its value is 5432); did you mean `port`?"
            ),
        ),
        (
            {"postgres_multi_region__replication__type": "one-way"},
            "postgres_multi_region.replication.type is 'one-way'; give 'bi-directional'.",
        ),
        (
            {"global_load_balancing__provider": "cloudflare"},
            "global_load_balancing.provider is 'cloudflare'; give 'route53'.",
        ),
        (
            {"global_load_balancing__health_checks__interval_seconds": 0},
            "global_load_balancing.health_checks.interval_seconds is 0; give a number greater than 0.",
        ),
        (
            {"global_load_balancing__routing_policies__0__type": "geo"},
            "global_load_balancing.routing_policies[0].type is 'geo'; give one of 'latency', 'weighted'.",
        ),
        (
            {"global_load_balancing__routing_policies__0__weight": -1},
            "global_load_balancing.routing_policies[0].weight is -1; give a number at least 0.",
        ),
        (
            {"automated_failover__traffic_shifting__increment_percent": 101},
            "automated_failover.traffic_shifting.increment_percent is 101; give a number at most 100.",
        ),
        (
            {"automated_failover__detection__detection_window_seconds": -60},
            "automated_failover.detection.detection_window_seconds is -60; give a number greater than 0.",
        ),
        (
            {"disaster_recovery__rto_minutes": "15"},
            "disaster_recovery.rto_minutes is '15', not a number; give a number, without quotes.",
        ),
        (
            {"disaster_recovery__testing__scope": "staging"},
            "disaster_recovery.testing.scope is 'staging'; give 'full', 'live' or 'tabletop'.",
        ),
        (
            {"disaster_recovery__procedures__region_failure": "yes"},
            (
                "disaster_recovery.procedures.region_failure is 'yes', not true or false; "
                "give true or false, without quotes."
            ),
        ),
        (
            {"redis_multi_region__regions__0__port": True},
            (
                "redis_multi_region.regions[0].port is true, not a whole number; "
                "give a whole number, without quotes."
            ),
        ),
        (
            {"monitoring__metrics": ["prometheus"]},
            "monitoring.metrics is a list of 1, not a mapping; give keys and values.",
        ),
        (
            {"postgres_multi_region__regions__0__host": "postgres:5432"},
            (
                "postgres_multi_region.regions[0].host is 'postgres:5432'; "
                "give a host name or an IPv4 address, without a port."
            ),
        ),
        (
            {"redis_multi_region__regions__1__name": "us-west2"},
            (
                "redis_multi_region.regions[1].name is 'us-west2', "
                "which is missing in postgres_multi_region, application_multi_region, "
                "api_gateway_multi_region; did you mean 'us-west-2'?"
            ),
        ),
        (
            {"redis_multi_region__regions__1__host": "redis.us-east-1.eden.internal"},
            (
                "redis_multi_region.regions have the address 'redis.us-east-1.eden.internal:6379' 2 times; "
                "give each region its own: fencing one would fence the other."
            ),
        ),
        (
            {"postgres_multi_region__replication__node_groups__1__name": "eden_vault"},
            "postgres_multi_region.replication.node_groups names 'eden_vault' 2 times; name each once.",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_value_is_refused_with_path_and_remedy(change: dict[str, Any], sentence: str) -> None:
    assert f"  {sentence}" in refusal_of(eden(**change)).splitlines()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"recovery__route53__stop_objects__us-east-1__region": "us-east-1"},
            (
                "recovery.route53.stop_objects.us-east-1.region is 'us-east-1', "
                "the region that the object is to stop; store it in the other region or a third one: "
                "it must be writable when this one is lost."
            ),
        ),
        (
            {"recovery__gateways": {"us-east-1": {"address": "10.0.0.1"}}},
            "recovery.gateways.us-west-2 is missing; add it; us-east-1 and us-west-2 each need one.",
        ),
        (
            {"recovery__redis__reached_at": {"us-east-1": {"host": "10.0.0.1"}}},
            "recovery.redis.reached_at.us-west-2 is missing; add it; us-east-1 and us-west-2 each need one.",
        ),
        (
            {"recovery__route53__health_checks": {"us-east-1": "a", "us-west-2": "b", "us-west-3": "c"}},
            "recovery.route53.health_checks.us-west-3 is no region of the estate; did you mean 'us-west-2'?",
        ),
        (
            {"recovery__journal__stores__2__place": "us-west-2"},
            (
                "recovery.journal.stores has 2 stores in the place 'us-west-2', which are lost together; "
                "give each store a place of its own."
            ),
        ),
        (
            {
                "recovery__journal__stores": [
                    {"kind": "directory", "place": f"p{n}", "path": "x"} for n in (1, 2)
                ]
            },
            (
                "recovery.journal.stores is a list of 2, of which half is no majority; "
                "give an odd number: one, or one in each region and one at the witness."
            ),
        ),
        (
            {"recovery__journal__stores": [{"kind": "directory", "place": "us-east-1", "path": "x"}]},
            (
                "recovery.journal.stores[0].place is 'us-east-1', "
                "and the only store would be lost with that region; "
                "add a store in the other region and one at a witness."
            ),
        ),
        (
            {"recovery__journal__stores__2__region": "us-west-2"},
            (
                "recovery.journal.stores[2].place is 'witness', and its bucket is in 'us-west-2'; "
                "give 'us-west-2', or a bucket at the witness."
            ),
        ),
        (
            {"recovery__prober__success_target": 99},
            "recovery.prober.success_target is 99; give a number at most 1.",
        ),
        (
            {"recovery__route53__authoritative_servers__0": "127.0.30.1"},
            (
                "recovery.route53.authoritative_servers[0] is '127.0.30.1'; "
                "give a host and a port from 1 to 65535, as in 127.0.0.1:5300."
            ),
        ),
        (
            {"recovery__estate": "Eden DR"},
            "recovery.estate is 'Eden DR'; give lower-case letters, digits and hyphens, 63 at most.",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_recovery_block_that_would_fail_later_is_refused(change: dict[str, Any], sentence: str) -> None:
    assert f"  {sentence}" in refusal_of(complete(**change)).splitlines()


def test_a_missing_key_is_told_with_what_it_is_for() -> None:
    values = eden()
    del values["disaster_recovery"]["rpo_minutes"]

    assert "disaster_recovery.rpo_minutes is missing; add it (the recovery point objective" in refusal_of(
        values
    )


def test_a_missing_block_is_refused() -> None:
    values = eden()
    del values["incident_response"]

    assert "  incident_response is missing; add it." in refusal_of(values).splitlines()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_an_estate_has_two_regions(count: int) -> None:
    regions = [{"name": f"r{n}", "host": f"h{n}", "port": 1, "role": "primary"} for n in range(count)]

    message = refusal_of(eden(postgres_multi_region__regions=regions))

    assert f"regions is a list of {count}; give 2 at {'most' if count > 2 else 'least'}." in message


def test_the_same_region_twice_is_refused() -> None:
    message = refusal_of(eden(application_multi_region__regions__1__name="us-east-1"))

    assert "application_multi_region.regions names 'us-east-1' 2 times; name each once." in message
    assert "application_multi_region.regions does not name 'us-west-2'" in message


@pytest.mark.parametrize("key", ["password", "redis_token", "api_key", "secret"])
def test_a_literal_secret_is_refused_and_not_repeated(key: str) -> None:
    values = complete()
    values["recovery"]["redis"][key] = CANARY

    message = refusal_of(values)

    assert f"recovery.redis.{key}" in message
    assert CANARY not in message


@pytest.mark.parametrize(
    "change",
    [
        {"recovery__postgres__password_secret": CANARY},
        {"recovery__aws__access_key_id_secret": CANARY},
        {"recovery__prober__url": f"http://me:{CANARY}@prober"},
        {"recovery__redis": {"auth": {"password": CANARY}}},
        {"recovery__redis__passwrod_secret": CANARY},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_secret_in_the_wrong_place_is_never_repeated(change: dict[str, Any]) -> None:
    """Not in the message, and not in anything that a traceback of it would print."""
    with pytest.raises(BadInput) as caught:
        EstateFile.from_values(complete(**change), name="bad.yaml")

    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert CANARY not in str(caught.value.__context__)


def test_a_block_that_is_refused_leaves_its_input_alone() -> None:
    values = eden(disaster_recovery__rto_minutes="15")
    before = deepcopy(values)

    refusal_of(values)

    assert values == before
