"""The estate file: two regions, what stands in front of them, and what a recovery must know of them.

`EstateFile.read` is the door: past it every value has its type, and the blocks agree.
"""

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from pydantic import JsonValue, PrivateAttr, ValidationError

from recovery.errors import BadInput
from recovery.estate_file.agreement import disagreements
from recovery.estate_file.application import (
    ApiGatewayMultiRegion,
    ApplicationMultiRegion,
    GatewayRegion,
    ServiceDiscovery,
)
from recovery.estate_file.data import PostgresMultiRegion, PostgresRegion, RedisMultiRegion, RedisRegion
from recovery.estate_file.marks import Part
from recovery.estate_file.operations import DisasterRecovery, IncidentResponse, Monitoring
from recovery.estate_file.problems import refusal
from recovery.estate_file.recovery_block import RecoveryBlock
from recovery.estate_file.rule_problems import rule_problems
from recovery.estate_file.shapes import shape_problems
from recovery.estate_file.stand_ins import moved
from recovery.estate_file.standing_apart import stand_in_problems
from recovery.estate_file.traffic import AutomatedFailover, GlobalLoadBalancing
from recovery.estate_file.yaml_text import Document, read_document
from recovery.ports import Place

CONFLICT_TABLE = "replication_conflicts"
CONFLICT_READING = "dr_conflict_log"
"""How far a region's log was read for it."""
"""Where conflicts are kept unless the file names another table."""


class EstateFile(Part):
    """One estate: its ten blocks, and `recovery`, which only an operation needs."""

    postgres_multi_region: PostgresMultiRegion
    redis_multi_region: RedisMultiRegion
    application_multi_region: ApplicationMultiRegion
    api_gateway_multi_region: ApiGatewayMultiRegion
    global_load_balancing: GlobalLoadBalancing
    service_discovery: ServiceDiscovery
    monitoring: Monitoring
    incident_response: IncidentResponse
    automated_failover: AutomatedFailover
    disaster_recovery: DisasterRecovery
    recovery: RecoveryBlock | None = None

    _name: str = PrivateAttr(default="The estate")

    def model_post_init(self, context: Any) -> None:
        """Keep the name that messages call this estate."""
        if isinstance(context, str):
            self._name = context

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the estate that the file describes.

        `BadInput` lists every problem: its line, the key's path, the value, and what would do.
        """
        return cls._parse(read_document(path))

    @classmethod
    def from_values(cls, values: JsonValue, *, name: str) -> Self:
        """Return the estate that *values* describe; *name* is what errors call it."""
        return cls._parse(Document(name, values=values))

    @classmethod
    def _parse(cls, document: Document) -> Self:
        problems = [
            *document.problems,
            *disagreements(document.values),
            *stand_in_problems(document.values),
            *rule_problems(document.values),
        ]
        try:
            # JSON, because only there strict models take lists for tuples and text for paths.
            estate = cls.model_validate_json(json.dumps(document.values), context=document.name)
        except ValidationError as error:
            told = {problem.location for problem in document.problems}
            found = shape_problems(cls, error, document.values)
            problems += [problem for problem in found if problem.location not in told]
        except (ValueError, TypeError) as error:
            raise BadInput(
                f"{document.name} holds what JSON cannot hold ({type(error).__name__}); use plain values."
            ) from error
        if problems:
            raise refusal(document.name, problems, document.lines)
        return estate

    @property
    def name(self) -> str:
        """What messages call this estate: the path it was read from."""
        return self._name

    @property
    def regions(self) -> tuple[str, str]:
        """The two regions, in the file's order."""
        first, second = self.postgres_multi_region.regions
        return first.name, second.name

    def other(self, region: str) -> str:
        """Return the region that takes over from *region*."""
        first, second = self.regions
        if region == first:
            return second
        if region == second:
            return first
        raise BadInput(f"{self._name} has no region {region!r}; its regions are {first} and {second}.")

    @property
    def settings(self) -> RecoveryBlock:
        """The block `recovery`; `BadInput` where the file has none."""
        if self.recovery is None:
            raise BadInput(
                f"{self._name} has no `recovery` block, and an operation needs one; "
                "docs/estate.md tells its keys, estate.yaml has an example to fill in."
            )
        return self.recovery

    def at_stand_ins(self) -> Self:
        """Return the estate as it is once its stand-ins have taken the regions' places; `BadInput` without any."""
        if self.settings.stand_ins is None:
            raise BadInput(
                f"{self._name} has no `recovery.stand_ins`: nothing is known of hosts that could take the regions' "
                "places; docs/estate.md tells its keys."
            )
        values = moved(self.model_dump(mode="json", exclude_unset=True))
        return self.from_values(values, name=f"{self._name} at its stand-ins")

    def stanza(self, region: str) -> str:
        """Return the name of a region's cluster in pgBackRest."""
        return f"{self.settings.estate}-{region}"

    @property
    def rto(self) -> timedelta:
        """The recovery time objective."""
        return timedelta(minutes=self.disaster_recovery.rto_minutes)

    @property
    def rpo(self) -> timedelta:
        """The recovery point objective."""
        return timedelta(minutes=self.disaster_recovery.rpo_minutes)

    @property
    def node_groups(self) -> tuple[str, ...]:
        """The replicated databases."""
        return tuple(group.name for group in self.postgres_multi_region.replication.node_groups)

    @property
    def conflict_table(self) -> str:
        """The table of each node group in which a region's own conflicts are kept."""
        settings = self.postgres_multi_region.replication.conflict_resolution
        return (settings and settings.resolution_table) or CONFLICT_TABLE

    @property
    def collects_conflicts(self) -> bool:
        """Whether conflicts are collected: unless the file says they are not."""
        settings = self.postgres_multi_region.replication.conflict_resolution
        return settings is None or settings.logging is not False

    @property
    def services(self) -> tuple[str, ...]:
        """Every service of the estate, once, in the file's order."""
        named = [service for region in self.regions for service in self.services_in(region)]
        return tuple(dict.fromkeys(named))

    def services_in(self, region: str) -> tuple[str, ...]:
        """Return the services that run in *region*."""
        self.other(region)
        return next(one.services for one in self.application_multi_region.regions if one.name == region)

    def postgres_in(self, region: str) -> PostgresRegion:
        """Return where the PostgreSQL of *region* is."""
        self.other(region)
        return next(one for one in self.postgres_multi_region.regions if one.name == region)

    def redis_in(self, region: str) -> RedisRegion:
        """Return where the Redis of *region* is."""
        self.other(region)
        return next(one for one in self.redis_multi_region.regions if one.name == region)

    def redis_reached(self, region: str) -> Place:
        """Return where the other region's Redis reaches that of *region*."""
        there = self.settings.redis.reached_at.get(region)
        at = self.redis_in(region)
        return Place(there.host, int(there.port)) if there else Place(at.host, int(at.port))

    def gateway_in(self, region: str) -> GatewayRegion:
        """Return the gateway of *region*, as clients name it."""
        self.other(region)
        return next(one for one in self.api_gateway_multi_region.regions if one.name == region)

    def digest(self) -> str:
        """Return the SHA-256, in hex, of what the file says and the defaults it leaves standing.

        Comments, quotes, the order of keys and anchors do not change it, nor does `recovery.testing`: who takes part
        in a test changes nothing that an operation does.
        """
        said = self.model_dump(mode="json", exclude_none=True, exclude={"recovery": {"testing"}})
        return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
