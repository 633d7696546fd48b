"""What every `TrafficSwitch` promises, on the fake and on a real AWS endpoint."""

import boto3
import pytest
from zones import CHECKS, EAST, HOST, WEST, Zone, real_zone

from recovery.adapters.aws import Credentials, Endpoint
from recovery.adapters.route53 import Route53
from recovery.errors import Refused, Unavailable
from recovery.fakes.traffic import FakeCheck, FakeRecord, FakeRoute53
from recovery.traffic import ChangeRef


def test_weights_are_each_regions(zone: Zone) -> None:
    assert zone(EAST, WEST).weights() == {"us-east-1": 60, "us-west-2": 40}


def test_a_change_is_applied_and_read_back(zone: Zone) -> None:
    switch = zone(EAST, WEST)

    change = switch.set_weights({"us-east-1": 0, "us-west-2": 100})

    assert change.weights == {"us-east-1": 0, "us-west-2": 100}
    assert switch.applied(change)
    assert switch.weights() == {"us-east-1": 0, "us-west-2": 100}


def test_a_change_survives_its_journal(zone: Zone) -> None:
    """A resumed step asks with what the journal kept, not with the object it was given."""
    switch = zone(EAST, WEST)
    kept = switch.set_weights({"us-east-1": 20, "us-west-2": 80}).model_dump_json()

    assert switch.applied(ChangeRef.model_validate_json(kept))


def test_setting_the_same_weights_again_changes_nothing(zone: Zone) -> None:
    switch = zone(EAST, WEST)
    switch.set_weights({"us-east-1": 20, "us-west-2": 80})

    again = switch.set_weights({"us-east-1": 20, "us-west-2": 80})

    assert switch.applied(again)


def test_a_change_that_was_overwritten_is_not_applied(zone: Zone) -> None:
    switch = zone(EAST, WEST)
    first = switch.set_weights({"us-east-1": 80, "us-west-2": 20})
    switch.set_weights({"us-east-1": 60, "us-west-2": 40})

    assert not switch.applied(first)


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ({"us-east-1": 0, "us-west-2": 0}, r"All weights are zero \(us-east-1, us-west-2\)"),
        ({"us-east-1": 256, "us-west-2": 0}, r"us-east-1 is 256; .* 0 to 255"),
        ({"us-east-1": -1, "us-west-2": 100}, r"us-east-1 is -1"),
        ({"us-east-1": 12.5, "us-west-2": 87.5}, r"us-east-1 is 12.5"),
        ({"us-east-1": True, "us-west-2": 100}, r"us-east-1 is True"),
        ({"us-west-2": 100}, r"the global name has us-east-1, us-west-2"),
        ({"us-east-1": 1, "us-west-2": 1, "eu-west-1": 1}, r"\(eu-west-1\)"),
    ],
)
def test_bad_weights_are_refused_and_nothing_changes(zone: Zone, weights: dict[str, int], told: str) -> None:
    """moto takes weight 300 with a smile; AWS would take all zero, and share equally."""
    switch = zone(EAST, WEST)

    with pytest.raises(Refused, match=told):
        switch.set_weights(weights)

    assert switch.weights() == {"us-east-1": 60, "us-west-2": 40}


@pytest.mark.parametrize("policy", ["simple", "latency"])
def test_another_routing_policy_is_refused(zone: Zone, policy: str) -> None:
    switch = zone(FakeRecord("us-east-1", policy=policy))

    with pytest.raises(Refused, match=f"{policy} record"):
        switch.set_weights({"us-east-1": 100})
    with pytest.raises(Refused, match=f"{policy} record"):
        switch.weights()


def test_a_zone_without_the_name_is_refused(zone: Zone) -> None:
    with pytest.raises(Refused, match="no address of"):
        zone().weights()


def test_marking_takes_one_region_and_can_be_undone(zone: Zone) -> None:
    switch = zone(EAST, WEST)

    switch.mark_unhealthy("us-east-1")
    switch.mark_unhealthy("us-east-1")

    assert switch.forced_unhealthy("us-east-1")
    assert not switch.forced_unhealthy("us-west-2")
    assert switch.weights() == {"us-east-1": 60, "us-west-2": 40}

    switch.mark_healthy("us-east-1")
    switch.mark_healthy("us-east-1")

    assert not switch.forced_unhealthy("us-east-1")


def test_the_last_region_is_never_marked(zone: Zone) -> None:
    switch = zone(EAST, WEST)
    switch.mark_unhealthy("us-east-1")

    with pytest.raises(Refused, match="last region"):
        switch.mark_unhealthy("us-west-2")

    assert not switch.forced_unhealthy("us-west-2")


def test_a_shared_health_check_is_not_forced(zone: Zone) -> None:
    switch = zone(EAST, FakeRecord("us-west-2", health_check="east"))

    with pytest.raises(Refused, match="shared"):
        switch.mark_unhealthy("us-east-1")


def test_an_inverted_health_check_is_not_forced(zone: Zone) -> None:
    """Putting it back as it was would be guessing."""
    switch = zone(EAST, WEST, checks={**CHECKS, "east": FakeCheck(inverted=True)})

    with pytest.raises(Refused, match="is inverted"):
        switch.mark_unhealthy("us-east-1")


def test_marking_a_healthy_check_healthy_keeps_its_settings(zone: Zone) -> None:
    """A check that someone disabled, or inverted, was not forced by us."""
    switch = zone(EAST, WEST, checks={**CHECKS, "east": FakeCheck(inverted=True)})

    switch.mark_healthy("us-east-1")

    with pytest.raises(Refused, match="is inverted"):
        switch.mark_unhealthy("us-east-1")


@pytest.mark.parametrize("verb", ["mark_unhealthy", "mark_healthy", "forced_unhealthy"])
def test_regions_without_a_check_of_their_own_are_refused(zone: Zone, verb: str) -> None:
    with pytest.raises(Refused, match=r"us-west-2.* has no health check"):
        getattr(zone(EAST, FakeRecord("us-west-2")), verb)("us-east-1")
    with pytest.raises(Refused, match="no region 'mars'"):
        getattr(zone(EAST, WEST), verb)("mars")


def test_a_pending_change_is_not_applied_yet() -> None:
    switch = FakeRoute53([EAST, WEST], CHECKS, pending_polls=2)

    change = switch.set_weights({"us-east-1": 0, "us-west-2": 100})

    assert [switch.applied(change) for _ in range(4)] == [False, False, True, True]


def test_children_of_a_calculated_check_survive(endpoint: Endpoint) -> None:
    """Forcing a region unhealthy and back leaves the definition of its check as it was."""
    switch = real_zone(endpoint, EAST, WEST)
    client = boto3.client("route53", **endpoint.arguments())
    before = client.list_health_checks()["HealthChecks"]

    switch.mark_unhealthy("us-east-1")
    switch.mark_healthy("us-east-1")

    assert client.list_health_checks()["HealthChecks"] == before
    client.close()


def test_everything_but_the_weight_is_kept(endpoint: Endpoint) -> None:
    switch = real_zone(endpoint, EAST, WEST)
    client = boto3.client("route53", **endpoint.arguments())
    zone_id = switch._zone_id  # noqa: SLF001 (the test made the zone, and looks at it)
    before = client.list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]

    switch.set_weights({"us-east-1": 7, "us-west-2": 93})

    after = client.list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
    assert [record.pop("Weight", None) for record in after] == [None, None, 7, 93]
    assert [record.pop("Weight", None) for record in before] == [None, None, 60, 40]
    assert after == before
    client.close()


def test_a_missing_zone_is_refused(endpoint: Endpoint) -> None:
    with pytest.raises(Refused, match="NoSuchHostedZone"):
        Route53("ZNONE", "api.example.com", endpoint).weights()


def test_no_endpoint_is_unavailable_and_tells_no_secret() -> None:
    """Nothing listens on port 1; the error names what was done, and holds no key."""
    nowhere = Endpoint("us-east-1", f"http://{HOST}:1", Credentials("canary-id", "canary-secret"), 0.2, 0.2)

    with pytest.raises(Unavailable, match=r"Reading the records of api\.example\.com: no answer") as told:
        Route53("Z1", "api.example.com", nowhere).weights()

    assert "canary" not in f"{told.value!r} {nowhere!r}"
