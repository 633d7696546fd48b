"""The AWS endpoints: S3 in each region and at the witness, Route 53 outside both regions.

A region's endpoint dies with its region, and loses what it held: nothing needed for a
recovery may be only there.
"""

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import boto3
from botocore.config import Config

from lab import process
from lab.asking import answers
from lab.place import EAST, GLOBAL_NAME, PORTS, REGIONS, WITNESS, Lab, other
from recovery.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_route53.type_defs import ChangeTypeDef, ResourceRecordSetTypeDef
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.literals import BucketLocationConstraintType

UP_DEADLINE_S = 20.0
RECORD_TTL_S = 1
INITIAL_WEIGHTS = {EAST: 80, other(EAST): 20}
ACCESS_KEY_ID = "AKIALAB0000000000000"


@dataclass(frozen=True)
class Aws:
    """The endpoint of one place: a region, or the witness, which also has Route 53."""

    place: str
    needs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """One endpoint a place."""
        return f"aws-{self.place}"

    @property
    def region(self) -> str | None:
        """The region it is lost with."""
        return self.place if self.place in REGIONS else None

    def start(self, lab: Lab) -> None:
        """Start the endpoint, and make its buckets."""
        host = lab.third_place if self.place == WITNESS else lab.address(self.place)
        command = [sys.executable, "-m", "lab.aws", host, str(PORTS.aws)]
        running = process.start(lab, self.name, command, region=self.region)
        process.wait_until(
            lambda: answers(f"{lab.aws_url(self.place)}/moto-api/"),
            what=f"{self.name}'s first answer",
            deadline_s=UP_DEADLINE_S,
            alive=running,
        )
        store = s3(lab, self.place)
        buckets = [journal_bucket(lab, self.place), stop_bucket(lab, self.place)]
        if self.region:
            buckets.append(backup_bucket(lab, self.region))
        for bucket in buckets:
            _create_bucket(store, bucket, self.place)
        store.put_bucket_policy(
            Bucket=stop_bucket(lab, self.place), Policy=_readable_by_all(stop_bucket(lab, self.place))
        )

    def prove(self, lab: Lab) -> str:
        """An object is written once, and refused the second time: the journal rests on that."""
        store, bucket = s3(lab, self.place), journal_bucket(lab, self.place)
        store.put_object(Bucket=bucket, Key="proof", Body=b"", IfNoneMatch="*")
        try:
            store.put_object(Bucket=bucket, Key="proof", Body=b"", IfNoneMatch="*")
        except store.exceptions.ClientError:
            store.delete_object(Bucket=bucket, Key="proof")
            return "keeps an object, refuses to write it twice"
        raise Unavailable(f"{self.name} wrote an object twice that was to be new.")


@dataclass(frozen=True)
class Zone:
    """The Route 53 zone: per region an address, a health check, and a weighted alias of the global name."""

    name: str = "zone"
    region: None = None
    needs: tuple[str, ...] = (f"aws-{WITNESS}",)

    def start(self, lab: Lab) -> None:
        """Create the zone and its records; the ids of what was made go to `zone.json`."""
        client = route53(lab)
        made = client.create_hosted_zone(Name="eden.example.com", CallerReference=lab.name)
        zone_id = made["HostedZone"]["Id"].rsplit("/", 1)[-1]
        checks = {region: _health_check(lab, region) for region in REGIONS}
        changes = [change for region in REGIONS for change in _records(lab, region, zone_id, checks[region])]
        client.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": changes})
        (lab.folder / "zone.json").write_text(json.dumps({"zone_id": zone_id, "health_checks": checks}))

    def prove(self, lab: Lab) -> str:
        """The records are there."""
        records = route53(lab).list_resource_record_sets(HostedZoneId=zone(lab).zone_id)["ResourceRecordSets"]
        weights = {r["SetIdentifier"]: r["Weight"] for r in records if "Weight" in r}
        return ", ".join(f"{region} {weights[region]}" for region in REGIONS)


@dataclass(frozen=True)
class ZoneIds:
    """What Route 53 called the lab's zone and health checks."""

    zone_id: str
    health_checks: dict[str, str]


def zone(lab: Lab) -> ZoneIds:
    """Return the ids of the lab's zone."""
    return ZoneIds(**json.loads((lab.folder / "zone.json").read_text()))


def journal_bucket(lab: Lab, place: str) -> str:
    """The bucket of one copy of the journal."""
    return f"dr-journal-{lab.name}-{place}"


def stop_bucket(lab: Lab, place: str) -> str:
    """The bucket, at *place*, of the objects that stop another region."""
    return f"dr-stop-{lab.name}-{place}"


def backup_bucket(lab: Lab, region: str) -> str:
    """The bucket, in *region*, of the backups of both clusters."""
    return f"dr-backups-{lab.name}-{region}"


def stop_key(region: str) -> str:
    """The object that stops *region*."""
    return f"stop/{region}"


def s3(lab: Lab, place: str) -> "S3Client":
    """A client of the place's S3."""
    return boto3.session.Session().client(
        "s3",
        endpoint_url=lab.aws_url(place),
        region_name=place,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=lab.secret("aws-secret-access-key"),
        config=Config(retries={"total_max_attempts": 1}),
    )


def route53(lab: Lab) -> "Route53Client":
    """A client of the lab's Route 53."""
    return boto3.session.Session().client(
        "route53",
        endpoint_url=lab.control_url,
        region_name=EAST,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=lab.secret("aws-secret-access-key"),
    )


def _health_check(lab: Lab, region: str) -> str:
    """The region's check: its gateway answers, and nobody has put its stop object into the other region."""
    client, elsewhere = route53(lab), other(region)
    gateway = client.create_health_check(
        CallerReference=f"gateway-{region}",
        HealthCheckConfig={
            "Type": "HTTP",
            "IPAddress": lab.address(region),
            "Port": PORTS.gateway,
            "ResourcePath": "/health",
            "RequestInterval": 10,
            "FailureThreshold": 1,
        },
    )
    stop = client.create_health_check(
        CallerReference=f"stop-{region}",
        HealthCheckConfig={
            "Type": "HTTP",
            "IPAddress": lab.address(elsewhere),
            "Port": PORTS.aws,
            "ResourcePath": f"/{stop_bucket(lab, elsewhere)}/{stop_key(region)}",
            "RequestInterval": 10,
            "FailureThreshold": 1,
            "Inverted": True,
        },
    )
    children = [gateway["HealthCheck"]["Id"], stop["HealthCheck"]["Id"]]
    both = client.create_health_check(
        CallerReference=f"region-{region}",
        HealthCheckConfig={"Type": "CALCULATED", "ChildHealthChecks": children, "HealthThreshold": 2},
    )
    return both["HealthCheck"]["Id"]


def _records(lab: Lab, region: str, zone_id: str, check: str) -> "list[ChangeTypeDef]":
    address: ResourceRecordSetTypeDef = {
        "Name": f"api.{region}.eden.example.com",
        "Type": "A",
        "TTL": RECORD_TTL_S,
        "ResourceRecords": [{"Value": lab.address(region)}],
    }
    alias: ResourceRecordSetTypeDef = {
        "Name": GLOBAL_NAME,
        "Type": "A",
        "SetIdentifier": region,
        "Weight": INITIAL_WEIGHTS[region],
        "HealthCheckId": check,
        "AliasTarget": {
            "HostedZoneId": zone_id,
            "DNSName": f"api.{region}.eden.example.com",
            "EvaluateTargetHealth": False,
        },
    }
    return [{"Action": "CREATE", "ResourceRecordSet": record} for record in (address, alias)]


def _create_bucket(store: "S3Client", bucket: str, place: str) -> None:
    """S3 takes every region as a location constraint but us-east-1, which is the lack of one."""
    if place == EAST:
        store.create_bucket(Bucket=bucket)
    else:
        store.create_bucket(
            Bucket=bucket,
            CreateBucketConfiguration={"LocationConstraint": cast("BucketLocationConstraintType", place)},
        )


def _readable_by_all(bucket: str) -> str:
    """Route 53's checkers are anonymous: the stop objects' bucket lets everybody read them."""
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/stop/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
