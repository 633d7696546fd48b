"""Zones of the global name: in memory, and on an AWS endpoint; used by the tests of `TrafficSwitch`."""

import socket
import time
from collections.abc import Callable, Mapping
from itertools import count
from typing import TYPE_CHECKING

import boto3

from recovery.adapters.aws import Endpoint
from recovery.adapters.route53 import Route53
from recovery.fakes.traffic import FakeCheck, FakeRecord, FakeRoute53
from recovery.traffic import TrafficSwitch

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client

HOST = "127.98.7.1"
START_TIMEOUT_S = 30.0
EAST = FakeRecord("us-east-1", 60, health_check="east")
WEST = FakeRecord("us-west-2", 40, health_check="west")
CHECKS = {"east": FakeCheck(), "west": FakeCheck()}
CALLER = count()
ELSEWHERE = {"HostedZoneId": "Z2", "DNSName": "lb.example.net", "EvaluateTargetHealth": False}

Zone = Callable[..., TrafficSwitch]


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
