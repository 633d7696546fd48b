"""The rules by which rows that have drifted are decided, and what a decision is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from recovery.measurement import Frozen
from recovery.reconcile.resolving import Resolver


class Strategy(StrEnum):
    """How rows that both regions have are decided."""

    LAST_WRITE_WINS = "last_write_wins"
    """By commit time; where that does not tell, by the regions' priority."""
    PREFER = "prefer"
    """As one region has them."""
    RESOLVER = "resolver"
    """By a function of the estate's own."""
    MANUAL = "manual"
    """By a person."""


class Absent(StrEnum):
    """What becomes of a row that one region alone has."""

    EVIDENCE = "evidence"
    """Kept where the region that has it wrote it, deleted where a later deletion is on record, else asked."""
    KEEP = "keep"
    DELETE = "delete"


@dataclass(frozen=True)
class Rule:
    """How the rows of a table are decided."""

    strategy: Strategy
    absent: Absent = Absent.EVIDENCE
    region: str | None = None
    """The preferred one."""
    resolver: Resolver | None = None


class Why(StrEnum):
    """Why a row becomes what it becomes."""

    LATER = "the later write"
    PRIORITY = "the region with priority, as no write is known to be later"
    PREFERRED = "the preferred region's"
    RESOLVED = "the resolver's choice"
    MERGED = "merged by the resolver"
    OWN = "kept: the region that has it wrote it"
    KEPT = "kept, as the rule says"
    ON_RECORD = "deleted: the other region's later deletion is on record"
    DELETED = "deleted, as the rule says"
    PERSON = "a person's choice"
    SERVED = "as the region has it that served: the other one missed what was written meanwhile"
    NEVER_LEFT = "it never left the region that was lost, and the other one has not written it since"
    DELETION_NEVER_LEFT = "its deletion never left the region that was lost"


class Decided(Frozen):
    """What a row becomes on both sides."""

    image: str | None
    """None: it is deleted."""
    at: datetime | None
    """When that was committed where it comes from; None where nobody knows."""
    why: Why


class Asked(Frozen):
    """A person decides."""

    why: str
