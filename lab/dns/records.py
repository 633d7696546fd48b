"""The zone as values: records, and what Route 53's API says of them, parsed."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_route53.type_defs import ResourceRecordSetOutputTypeDef


class Policy(StrEnum):
    """How Route 53 chooses among the records of one name and type."""

    SIMPLE = "simple"
    WEIGHTED = "weighted"
    FAILOVER = "failover"
    LATENCY = "latency"
    GEOLOCATION = "geolocation"
    GEOPROXIMITY = "geoproximity"
    MULTIVALUE = "multivalue"
    IP_BASED = "IP-based"


POLICY_KEYS = {
    "Weight": Policy.WEIGHTED,
    "Failover": Policy.FAILOVER,
    "Region": Policy.LATENCY,
    "GeoLocation": Policy.GEOLOCATION,
    "GeoProximityLocation": Policy.GEOPROXIMITY,
    "MultiValueAnswer": Policy.MULTIVALUE,
    "CidrRoutingConfig": Policy.IP_BASED,
}
"""Which key of a record set tells its policy."""


@dataclass(frozen=True)
class Alias:
    """A record that answers with what another one says."""

    zone_id: str
    name: str
    evaluate_health: bool


@dataclass(frozen=True)
class Record:
    """One record set of the zone; names are lower case and end in a dot."""

    name: str
    type: str
    ttl_s: int = 0
    values: tuple[str, ...] = ()
    policy: Policy = Policy.SIMPLE
    identifier: str = ""
    weight: int = 0
    primary: bool = False
    health_check: str | None = None
    alias: Alias | None = None


@dataclass(frozen=True)
class Zone:
    """One version of a hosted zone."""

    id: str
    name: str
    records: Mapping[tuple[str, str], tuple[Record, ...]]
    """Name and type to the records that are chosen among."""
    names: frozenset[str] = field(init=False)
    """Every name that exists, those that only have names below them too."""

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "names", frozenset(_with_parents(self.name, (name for name, _ in self.records)))
        )

    def covers(self, name: str) -> bool:
        """Whether *name* is the zone's to answer."""
        return name == self.name or name.endswith(f".{self.name}")


def zone_of(zone_id: str, name: str, sets: "Iterable[ResourceRecordSetOutputTypeDef]") -> Zone:
    """Return the zone that Route 53's API describes."""
    records: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for described in sets:
        record = record_of(described)
        records[record.name, record.type].append(record)
    return Zone(
        id=bare_id(zone_id),
        name=normal(name),
        records={key: tuple(group) for key, group in records.items()},
    )


def record_of(described: "ResourceRecordSetOutputTypeDef") -> Record:
    """Return one record set as the API describes it."""
    target = described.get("AliasTarget")
    return Record(
        name=normal(described["Name"]),
        type=described["Type"],
        ttl_s=described.get("TTL", 0),
        values=tuple(value["Value"] for value in described.get("ResourceRecords", [])),
        policy=next((policy for key, policy in POLICY_KEYS.items() if key in described), Policy.SIMPLE),
        identifier=described.get("SetIdentifier", ""),
        weight=described.get("Weight", 0),
        primary=described.get("Failover") == "PRIMARY",
        health_check=described.get("HealthCheckId"),
        alias=target
        and Alias(bare_id(target["HostedZoneId"]), normal(target["DNSName"]), target["EvaluateTargetHealth"]),
    )


def normal(name: str) -> str:
    r"""Return *name* in lower case, with its last dot, and characters written as DNS files do.

    Route 53 writes other characters than letters, digits and a few more as octal escapes
    (`\052`), DNS files as decimal ones (`\042`).
    """
    decimal = re.sub(r"\\([0-7]{3})", lambda octal: f"\\{int(octal[1], 8):03d}", name)
    return decimal.rstrip(".").lower() + "."


def bare_id(zone_id: str) -> str:
    """Return the id without the path that some answers put before it."""
    return zone_id.rsplit("/", 1)[-1]


def _with_parents(zone: str, names: Iterable[str]) -> Iterable[str]:
    yield zone
    for name in names:
        while name != zone and "." in name.rstrip("."):
            yield name
            name = name.partition(".")[2]  # noqa: PLW2901 (up to the zone)
