"""A region that moves: what every `TrafficSwitch` promises of its records and health checks."""

from dataclasses import replace

import boto3
import pytest
from zones import EAST, WEST, Zone, real_zone

from recovery.adapters.aws import Endpoint
from recovery.errors import Refused
from recovery.traffic import Door, Move

LOST, STAND_IN = Door("127.0.10.1", 80), Door("127.0.40.1", 8080)
MOVE = {"us-east-1": Move(LOST, STAND_IN)}


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
