"""The faults that a test injects, and the port of whatever injects them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Fault(StrEnum):
    """What is broken on purpose. Whoever injects them, in a lab or in a staging estate, knows them by these names."""

    REGION = "region"
    """Everything in a region, at one instant."""
    POSTGRES = "postgres"
    REDIS = "redis"
    LINK = "link"
    """What connects the two regions."""
    GRAY = "gray"
    """5 % of the region's requests fail, and all are slow."""
    CORRUPTION = "corruption"
    """A transaction damages rows; its number and the table are told."""
    CLUSTERS = "clusters"
    """Both clusters with their disks, and the region's S3."""
    ORCHESTRATOR = "orchestrator"
    """What runs failovers, as soon as one has begun to change something: returns only then."""
    ALERTING = "alerting"
    """All that watches the estate."""


@dataclass(frozen=True)
class Injected:
    """A fault that was injected."""

    at: datetime
    details: Mapping[str, str] = field(default_factory=dict)
    """What has to be known to undo it."""


@dataclass(frozen=True)
class Damage:
    """Rows that a transaction damaged: no mending brings them back, a restore to just before it does."""

    at: datetime
    region: str
    transaction: str
    """Its number."""
    table: str
    """As `database.schema.table`."""


class Faults(Protocol):
    """What breaks the estate on purpose, and mends it."""

    @property
    def endpoint(self) -> str:
        """What it is, for the journal."""

    def inject(self, fault: Fault, region: str) -> Injected:
        """Break it, and return the instant. Raises `Refused` for a fault that it does not know."""

    def heal(self) -> Sequence[Damage]:
        """Mend all that was broken, in both regions, and return which rows were ever damaged. Safe to repeat.

        What was lost with a disk stays lost, and damaged rows stay damaged: whoever asks restores them. They are told
        here since whoever injected the fault may have been killed before it had heard which transaction it was.
        """
