"""Amazon Route 53's control plane: the weights of the global name, and forced health."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

from recovery.adapters import aws
from recovery.adapters.route53_redirection import CheckMove, check_moves, leading, record_changes
from recovery.errors import Refused, Unavailable
from recovery.traffic import ChangeRef, Door, Redirection, Weights, checked_weights, refuse_last_region

if TYPE_CHECKING:
    from mypy_boto3_route53.type_defs import (
        ChangeTypeDef,
        HealthCheckConfigOutputTypeDef,
        HealthCheckTypeDef,
        ResourceRecordSetOutputTypeDef,
        ResourceRecordSetTypeDef,
    )


class _Children(TypedDict, total=False):
    ChildHealthChecks: list[str]


class _Asked(TypedDict, total=False):
    IPAddress: str
    FullyQualifiedDomainName: str


ADDRESS_TYPES = ("A", "AAAA", "CNAME")


class Route53:
    """The `TrafficSwitch` of a Route 53 hosted zone: weighted records whose SetIdentifier is the region."""

    def __init__(
        self, zone_id: str, global_name: str, endpoint: aws.Endpoint, *, ttl_s: int | None = None
    ) -> None:
        """Take the records of *global_name*.

        *ttl_s* is written with each change, to records that have a TTL; None keeps what they have.
        """
        self._zone_id, self._name, self._ttl_s = zone_id, global_name, ttl_s
        with aws.session() as session:
            self._client = session.client("route53", **endpoint.arguments())

    def weights(self) -> Weights:
        """Return each region's weight; records of several types (A, AAAA) must agree."""
        found: dict[str, int] = {}
        for record in self._records():
            region, weight = record["SetIdentifier"], record["Weight"]
            if found.setdefault(region, weight) != weight:
                raise Refused(
                    f"{self._name} has weights {found[region]} and {weight} for {region}, by record type; "
                    "set them alike, so that one number says where users go."
                )
        return found

    def set_weights(self, weights: Weights) -> ChangeRef:
        """Write all weighted records in one change batch, which Route 53 takes whole or not at all."""
        records = self._records()
        checked = checked_weights(weights, {record["SetIdentifier"] for record in records})
        changes = [self._change(record, checked[record["SetIdentifier"]]) for record in records]
        with aws.told(f"Setting the weights of {self._name} to {checked}"):
            answer = self._client.change_resource_record_sets(
                HostedZoneId=self._zone_id,
                ChangeBatch={"Comment": "weights by Eden DR", "Changes": changes},
            )
        return ChangeRef(id=answer["ChangeInfo"]["Id"], weights=checked)

    def applied(self, change: ChangeRef) -> bool:
        """Whether Route 53 says INSYNC, and the zone, read back, has the change's weights. Nothing is in sync."""
        if not change.id:
            return self.weights() == change.weights
        with aws.told(f"Asking for the state of change {change.id} of {self._name}"):
            answer = self._client.get_change(Id=change.id)
        return answer["ChangeInfo"]["Status"] == "INSYNC" and self.weights() == change.weights

    def redirected(self, moves: Redirection) -> list[str]:
        """Read the records and the checks."""
        changes, checks = self._moving(moves)
        records = [change["ResourceRecordSet"] for change in changes]
        return [
            *(f"record {record['Name'].rstrip('.')} {record['Type']}" for record in records),
            *(f"health check {move.check['Id']}" for move in checks),
        ]

    def redirect(self, moves: Redirection) -> ChangeRef:
        """Move the checks first: a record is then not held against what is lost. All records in one change batch."""
        changes, checks = self._moving(moves)
        for check, door in checks:
            self._have_ask(check, door)
        weights = dict(self.weights())
        if not changes:
            return ChangeRef(id="", weights=weights)
        with aws.told(f"Redirecting {self._name}"):
            answer = self._client.change_resource_record_sets(
                HostedZoneId=self._zone_id,
                ChangeBatch={"Comment": "redirected by Eden DR", "Changes": changes},
            )
        return ChangeRef(id=answer["ChangeInfo"]["Id"], weights=weights)

    def mark_unhealthy(self, region: str) -> None:
        """Disable and invert the region's health check.

        A disabled check counts as healthy, an inverted disabled one as unhealthy:
        https://docs.aws.amazon.com/Route53/latest/APIReference/API_UpdateHealthCheck.html.
        """
        checks = self._health_checks()
        forced = {name: _forced(check["HealthCheckConfig"]) for name, check in checks.items()}
        check = self._check_of(region, checks)
        if forced[region]:
            return
        if check["HealthCheckConfig"].get("Inverted"):
            raise Refused(
                f"Health check {check['Id']} of {region} is inverted: what it says could not be put back; "
                "invert a child check under a calculated one instead."
            )
        refuse_last_region(region, forced)
        self._force(region, check, forced=True)

    def mark_healthy(self, region: str) -> None:
        """Enable the region's health check, and end its inversion, if both were forced."""
        check = self._check_of(region, self._health_checks())
        if _forced(check["HealthCheckConfig"]):
            self._force(region, check, forced=False)

    def forced_unhealthy(self, region: str) -> bool:
        """Whether the region's health check is disabled and inverted."""
        return _forced(self._check_of(region, self._health_checks())["HealthCheckConfig"])

    def _records(self) -> "list[ResourceRecordSetOutputTypeDef]":
        """Return the weighted records of the global name, or raise `Refused` for any other policy."""
        wanted = self._name.lower().rstrip(".")
        with aws.told(f"Reading the records of {self._name}"):
            answer = self._client.list_resource_record_sets(
                HostedZoneId=self._zone_id, StartRecordName=self._name
            )
        records = [
            record
            for record in answer["ResourceRecordSets"]
            if record["Name"].rstrip(".") == wanted and record["Type"] in ADDRESS_TYPES
        ]
        if not records:
            raise Refused(f"Zone {self._zone_id} has no address of {self._name}; create weighted records.")
        if odd := [record for record in records if "Weight" not in record or "SetIdentifier" not in record]:
            raise Refused(
                f"{self._name} has a {_policy(odd[0])} record of type {odd[0]['Type']}; "
                "only weighted records, one per region, can be shifted."
            )
        return records

    def _moving(self, moves: Redirection) -> "tuple[list[ChangeTypeDef], list[CheckMove]]":
        """Return the records and the health checks that are to be changed."""
        own, checks = self._records(), self._health_checks()
        with aws.told(f"Reading the zone of {self._name}"):
            pages = self._client.get_paginator("list_resource_record_sets").paginate(
                HostedZoneId=self._zone_id
            )
            zone = [record for page in pages for record in page["ResourceRecordSets"]]
        changes: list[ChangeTypeDef] = []
        asking: list[CheckMove] = []
        for region, move in moves.items():
            records = leading(region, own, zone)
            changes += [one for one in record_changes(records, move.door) if one not in changes]
            asking += check_moves(self._with_children(checks[region]), records, move)
        return changes, asking

    def _with_children(self, check: "HealthCheckTypeDef") -> "list[HealthCheckTypeDef]":
        """Return a health check, and those that it is calculated from."""
        children = check["HealthCheckConfig"].get("ChildHealthChecks", [])
        with aws.told(f"Reading the health checks of {self._name}"):
            found = [self._client.get_health_check(HealthCheckId=name)["HealthCheck"] for name in children]
        return [check, *found]

    def _have_ask(self, check: "HealthCheckTypeDef", door: Door) -> None:
        """Have a health check ask another address, by the kind of address that it has; then read it back."""
        by_address = "IPAddress" in check["HealthCheckConfig"]
        asked: _Asked = (
            {"IPAddress": door.address} if by_address else {"FullyQualifiedDomainName": door.address}
        )
        with aws.told(f"Having health check {check['Id']} ask {door.address}"):
            self._client.update_health_check(
                HealthCheckId=check["Id"],
                HealthCheckVersion=check["HealthCheckVersion"],
                Port=door.port,
                **asked,
            )
            seen = self._client.get_health_check(HealthCheckId=check["Id"])["HealthCheck"][
                "HealthCheckConfig"
            ]
        if door.address not in {seen.get("IPAddress"), seen.get("FullyQualifiedDomainName")}:
            raise Unavailable(
                f"Health check {check['Id']} was updated and does not ask {door.address}; repeat."
            )

    def _change(self, record: "ResourceRecordSetOutputTypeDef", weight: int) -> "ChangeTypeDef":
        changed: ResourceRecordSetTypeDef = {**record, "Weight": weight}
        if self._ttl_s is not None and "TTL" in record:
            changed["TTL"] = self._ttl_s
        return {"Action": "UPSERT", "ResourceRecordSet": changed}

    def _health_checks(self) -> "dict[str, HealthCheckTypeDef]":
        """Return each region's health check; all of a region's records must have the same one."""
        found: dict[str, str] = {}
        for record in self._records():
            region, check_id = record["SetIdentifier"], record.get("HealthCheckId")
            if check_id is None or found.setdefault(region, check_id) != check_id:
                raise Refused(
                    f"{region} of {self._name} has {'two health checks' if check_id else 'no health check'}; "
                    "attach one health check to all of the region's records."
                )
        with aws.told(f"Reading the health checks of {self._name}"):
            return {
                region: self._client.get_health_check(HealthCheckId=check_id)["HealthCheck"]
                for region, check_id in found.items()
            }

    def _check_of(self, region: str, checks: "Mapping[str, HealthCheckTypeDef]") -> "HealthCheckTypeDef":
        if region not in checks:
            raise Refused(f"{self._name} has no region {region!r}, only {', '.join(sorted(checks))}.")
        sharing = sorted(name for name, check in checks.items() if check["Id"] == checks[region]["Id"])
        if len(sharing) > 1:
            raise Refused(
                f"Health check {checks[region]['Id']} is shared by {', '.join(sharing)}: forcing it "
                "takes them all; give each region its own."
            )
        return checks[region]

    def _force(self, region: str, check: "HealthCheckTypeDef", *, forced: bool) -> None:
        """Write and read back. The version makes Route 53 refuse it if another change came between."""
        # Repeated as they are: the lab's endpoint forgets the children of a check otherwise.
        children = check["HealthCheckConfig"].get("ChildHealthChecks")
        same: _Children = {"ChildHealthChecks": children} if children else {}
        with aws.told(f"Forcing {region} of {self._name} {'unhealthy' if forced else 'no more'}"):
            self._client.update_health_check(
                HealthCheckId=check["Id"],
                HealthCheckVersion=check["HealthCheckVersion"],
                Disabled=forced,
                Inverted=forced,
                **same,
            )
            seen = self._client.get_health_check(HealthCheckId=check["Id"])["HealthCheck"]
        if _forced(seen["HealthCheckConfig"]) is not forced:
            raise Unavailable(
                f"Health check {check['Id']} of {region} was updated and does not show it; repeat."
            )


def _forced(config: "HealthCheckConfigOutputTypeDef") -> bool:
    return bool(config.get("Disabled") and config.get("Inverted"))


def _policy(record: "ResourceRecordSetOutputTypeDef") -> str:
    keys = {"Region": "latency", "Failover": "failover", "GeoLocation": "geolocation"}
    keys |= {
        "MultiValueAnswer": "multivalue",
        "GeoProximityLocation": "geoproximity",
        "CidrRoutingConfig": "IP-based",
    }
    return next((policy for key, policy in keys.items() if key in record), "simple")
