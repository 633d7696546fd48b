"""What of a Route 53 zone leads to a region's gateway: its records, what they are aliases of, and its health checks."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple

from recovery.errors import Refused
from recovery.traffic import Door, Move

if TYPE_CHECKING:
    from mypy_boto3_route53.type_defs import (
        ChangeTypeDef,
        HealthCheckTypeDef,
        ResourceRecordSetOutputTypeDef,
    )

    Records = Sequence[ResourceRecordSetOutputTypeDef]

TYPES = {4: "A", 6: "AAAA", None: "CNAME"}
"""What a record must be of, to lead to an address of that version, or to a name."""


class CheckMove(NamedTuple):
    """A health check that asks a lost gateway, and whom it is to ask."""

    check: "HealthCheckTypeDef"
    door: Door


def leading(region: str, records: "Records", zone: "Records") -> "Records":
    """Return the records of the *zone* that hold the addresses to which the *region*'s records lead.

    *records* are those of the global name. `Refused` where an alias leads out of the zone: of what is there, nobody
    was told in which hosted zone its stand-in is.
    """
    found: list[ResourceRecordSetOutputTypeDef] = []
    own = [record for record in records if record.get("SetIdentifier") == region]
    for record in own:
        behind = [record] if "AliasTarget" not in record else _behind(record, zone)
        if not behind:
            raise Refused(
                f"{record['Name']} of {region} is an alias of {record['AliasTarget']['DNSName']}, which is not in "
                "the zone; give the region a record of its own there, and have this one be an alias of that."
            )
        found += [one for one in behind if one not in found]
    if not own:
        raise Refused(f"The global name has no record of {region}; create a weighted one.")
    return found


def record_changes(records: "Records", door: Door) -> "list[ChangeTypeDef]":
    """Return the changes that have *records* lead to the *door*; none where they do.

    `Refused` where a record is not of a type that can.
    """
    kind = TYPES[_version(door.address)]
    if odd := [record for record in records if record["Type"] != kind]:
        raise Refused(
            f"{odd[0]['Name']} is of type {odd[0]['Type']} and can not lead to {door.address}, which takes {kind}; "
            "give the stand-in's gateway an address of the record's kind, or change the record's type now."
        )
    return [
        {"Action": "UPSERT", "ResourceRecordSet": {**record, "ResourceRecords": [{"Value": door.address}]}}
        for record in records
        if values(record) != [door.address]
    ]


def check_moves(
    checks: "Sequence[HealthCheckTypeDef]", records: "Records", move: Move
) -> Iterator[CheckMove]:
    """Return which of *checks* ask the lost gateway: by the address that the estate has, or one of its *records*.

    One that asks another port there asks somebody else.
    """
    lost = {move.lost.address, *(value for record in records for value in values(record))} - {
        move.door.address
    }
    for check in checks:
        config = check["HealthCheckConfig"]
        asked = config.get("IPAddress") or config.get("FullyQualifiedDomainName")
        if asked in lost and config.get("Port", move.lost.port) == move.lost.port:
            if "IPAddress" not in config and _version(move.door.address):
                raise Refused(
                    f"Health check {check['Id']} asks {asked} by its name, and can not be made to ask "
                    f"{move.door.address}; give the region a check by address, or the stand-in a name."
                )
            yield CheckMove(check, move.door)


def values(record: "ResourceRecordSetOutputTypeDef") -> list[str]:
    """Return what a record holds; an alias holds nothing."""
    return [value["Value"].rstrip(".") for value in record.get("ResourceRecords", [])]


def _behind(record: "ResourceRecordSetOutputTypeDef", zone: "Records") -> "Records":
    name = record["AliasTarget"]["DNSName"].rstrip(".")
    return [each for each in zone if each["Name"].rstrip(".") == name and "ResourceRecords" in each]


def _version(address: str) -> int | None:
    try:
        return ip_address(address).version
    except ValueError:
        return None
