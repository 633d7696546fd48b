"""Who took part in a test, who was missing, who answers for what it found, and who signs."""

from enum import StrEnum

from pydantic import Field

from recovery.measurement import Frozen


class Person(Frozen):
    """Somebody, and the part they play."""

    name: str
    role: str


class Absentee(Person):
    """Somebody who was missing, on purpose or not."""

    why: str


class ThirdParty(Frozen):
    """Another company that has a part in the recovery."""

    name: str
    part: str


class Severity(StrEnum):
    """How much a finding matters; the worst comes first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


DAYS_UNTIL_DUE = {Severity.CRITICAL: 7, Severity.HIGH: 30, Severity.MEDIUM: 60, Severity.LOW: 92}
"""Where the estate says nothing else."""


class People(Frozen):
    """What the estate says of a test's people: the opening event keeps it, under `people`."""

    participants: list[Person] = Field(default_factory=list)
    absentees: list[Absentee] = Field(default_factory=list)
    nobody_absent: bool = Field(default=False, description="Somebody said that nobody was missing")
    third_parties: list[ThirdParty] = Field(default_factory=list)
    no_third_parties: bool = Field(
        default=False, description="Somebody said that no other company has a part"
    )
    findings_owner: str | None = Field(default=None, description="Who answers for findings without an owner")
    days_until_due: dict[Severity, int] = Field(default_factory=lambda: dict(DAYS_UNTIL_DUE))
    reviewer: Person | None = Field(default=None, description="Who reviews it, and had no part in it")
    signs: list[Person] = Field(default_factory=list, description="Who signs the report")
    interval_days: int | None = Field(default=None, description="After how many days the next test is due")
    interval_reason: str | None = Field(default=None, description="Why that is not known")
