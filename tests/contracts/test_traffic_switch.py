"""What every `TrafficSwitch` promises, on the fake and on a real AWS endpoint."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import boto3
import pytest

from recovery.adapters.aws import Credentials, Endpoint
from recovery.adapters.route53 import Route53
from recovery.errors import Refused, Unavailable
from recovery.fakes.traffic import FakeCheck, FakeRecord, FakeRoute53
from recovery.traffic import ChangeRef, Door, Move, TrafficSwitch

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client

HOST = "127.98.7.1"
START_TIMEOUT_S = 30.0
EAST = FakeRecord("us-east-1", 60, health_check="east")
WEST = FakeRecord("us-west-2", 40, health_check="west")
CHECKS = {"east": FakeCheck(), "west": FakeCheck()}
CALLER = count()
LOST, STAND_IN = Door("127.0.10.1", 80), Door("127.0.40.1", 8080)
MOVE = {"us-east-1": Move(LOST, STAND_IN)}
ELSEWHERE = {"HostedZoneId": "Z2", "DNSName": "lb.example.net", "EvaluateTargetHealth": False}

Zone = Callable[..., TrafficSwitch]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    """A moto server of its own, on a free port."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        yield Endpoint("us-east-1", f"http://{HOST}:{port}", Credentials("id", "canary-secret"), 1.0, 10.0)
    finally:
        server.terminate()
        server.wait(timeout=10)


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            socket.create_connection((HOST, port), timeout=0.1).close()
        except OSError:
            assert time.monotonic() < deadline, f"moto did not listen on {HOST}:{port} in {START_TIMEOUT_S} s"
        else:
            return


def fake_zone(*records: FakeRecord, checks: Mapping[str, FakeCheck] = CHECKS) -> FakeRoute53:
    return FakeRoute53(records, checks)


def real_zone(endpoint: Endpoint, *records: FakeRecord, checks: Mapping[str, FakeCheck] = CHECKS) -> Route53:
    """A zone with *records* for the global name, each check a calculated one over an endpoint check."""
    client = boto3.client("route53", **endpoint.arguments())
    zone_id = client.create_hosted_zone(Name="example.com", CallerReference=str(next(CALLER)))["HostedZone"][
        "Id"
    ]
    ids = {name: create_check(client, check) for name, check in checks.items()}
    for record in records:
        fields = {"Name": "api.example.com", "Type": "A", "TTL": 5}
        fields |= {"ResourceRecords": [{"Value": record.address}]}
        if record.alias:
            fields = {"Name": "api.example.com", "Type": "A", "AliasTarget": ELSEWHERE}
        if record.policy == "weighted":
            fields |= {"SetIdentifier": record.region, "Weight": record.weight}
        if record.policy == "latency":
            fields |= {"SetIdentifier": record.region, "Region": record.region}
        if record.health_check:
            fields |= {"HealthCheckId": ids[record.health_check]}
        changes = [{"Action": "UPSERT", "ResourceRecordSet": fields}]
        client.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": changes})
    client.close()
    return Route53(zone_id, "api.example.com", endpoint)


def create_check(client: "Route53Client", check: FakeCheck) -> str:
    child = client.create_health_check(
        CallerReference=str(next(CALLER)),
        HealthCheckConfig={"Type": "TCP", "IPAddress": "127.0.10.1", "Port": 80},
    )["HealthCheck"]["Id"]
    config = {"Type": "CALCULATED", "ChildHealthChecks": [child], "HealthThreshold": 1}
    config |= {"Disabled": check.disabled, "Inverted": check.inverted}
    answer = client.create_health_check(CallerReference=str(next(CALLER)), HealthCheckConfig=config)
    return answer["HealthCheck"]["Id"]


@pytest.fixture(params=["fake", "aws"])
def zone(request: pytest.FixtureRequest) -> Zone:
    if request.param == "fake":
        return fake_zone
    endpoint = request.getfixturevalue("endpoint")
    return lambda *records, **checks: real_zone(endpoint, *records, **checks)


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


def test_a_region_that_moves_is_led_to_its_stand_in(zone: Zone) -> None:
    """Its record, and the check that asked its gateway; weights stay, and a second time nothing is left to change."""
    switch = zone(EAST, WEST)

    foretold = switch.redirected(MOVE)
    change = switch.redirect(MOVE)

    assert len(foretold) == 2
    assert switch.applied(change)
    assert switch.redirected(MOVE) == []
    assert switch.applied(switch.redirect(MOVE))
    assert switch.weights() == {"us-east-1": 60, "us-west-2": 40}


@pytest.mark.parametrize("verb", ["redirected", "redirect"])
def test_a_region_that_no_record_of_the_zone_leads_to_is_not_redirected(zone: Zone, verb: str) -> None:
    """In which zone a load balancer's stand-in is, nobody has told."""
    switch = zone(EAST, replace(WEST, alias=True))
    moves = {name: Move(LOST, STAND_IN) for name in ("us-east-1", "us-west-2")}

    with pytest.raises(Refused, match="not in the zone"):
        getattr(switch, verb)(moves)
    with pytest.raises(Refused, match="no record of mars"):
        getattr(switch, verb)({"mars": Move(LOST, STAND_IN)})

    assert len(switch.redirected(MOVE)) == 2


def test_an_alias_stays_and_what_it_leads_to_is_changed(endpoint: Endpoint) -> None:
    """A check that asks another port of the same address asks somebody else, and stays."""
    switch = real_zone(endpoint, EAST, WEST)
    client = boto3.client("route53", **endpoint.arguments())
    zone_id = switch._zone_id  # noqa: SLF001 (the test made the zone, and looks at it)
    name = "api.us-east-1.example.com"
    own = {"Name": name, "Type": "A", "TTL": 5, "ResourceRecords": [{"Value": "127.0.10.1"}]}
    target = {"HostedZoneId": zone_id, "DNSName": name, "EvaluateTargetHealth": False}
    before = client.list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
    alias = next(record for record in before if record.get("SetIdentifier") == "us-east-1")
    alias = {key: value for key, value in alias.items() if key not in {"TTL", "ResourceRecords"}}
    alias |= {"AliasTarget": target}
    batch = [{"Action": "UPSERT", "ResourceRecordSet": record} for record in (own, alias)]
    client.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": batch})

    told = switch.redirected({"us-east-1": Move(Door("127.0.10.1", 443), STAND_IN)})
    switch.redirect(MOVE)

    after = client.list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
    found = {
        record["Name"].rstrip("."): record for record in after if record.get("SetIdentifier") != "us-west-2"
    }
    assert told == [f"record {name} A"]
    assert found[name]["ResourceRecords"] == [{"Value": "127.0.40.1"}]
    assert found["api.example.com"]["AliasTarget"]["DNSName"].rstrip(".") == name
    client.close()


def test_a_record_leads_to_an_address_of_its_own_kind_only(endpoint: Endpoint) -> None:
    switch = real_zone(endpoint, EAST, WEST)

    with pytest.raises(
        Refused, match=r"of type A and can not lead to gateway\.example\.com, which takes CNAME"
    ):
        switch.redirected({"us-east-1": Move(LOST, Door("gateway.example.com", 443))})


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
