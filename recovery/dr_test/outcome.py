"""What became of one scenario: the result of the step that tried it, as the journal keeps it."""

from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, Field, model_validator

from recovery.dr_test.people import Severity
from recovery.dr_test.scenarios import ScenarioName
from recovery.findings import Finding
from recovery.measurement import Frozen, Point, Row


class Leg(StrEnum):
    """Which way an operation went."""

    THERE = "there"
    """Away from the disaster: failover, restore, recovery."""
    BACK = "back"
    """To where everything was before: salvage, failback, reprotection, reconciliation."""
    ASIDE = "aside"
    """Neither: a comparison, a dry run, one that had to be refused."""


class StartedOperation(Frozen):
    """An operation that the scenario started; its own journal has what it did."""

    id: str
    leg: Leg


class Injection(Frozen):
    """What was broken, and when: T0 of a drill."""

    what: str
    at: AwareDatetime | None
    healed_at: AwareDatetime | None = None
    reason: str | None = Field(
        default=None, description="Why the instant is not known, or nothing was broken"
    )


class Measured(Frozen):
    """A length of time that was measured, or why there is none."""

    seconds: float | None = None
    error_s: float | None = Field(default=None, description="Half-width of the measurement's error")
    reason: str | None = Field(default=None, description="Why it was not measured, or does not apply")
    applies: bool = Field(
        default=True, description="False: this scenario can not have it, the reason says why"
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        """Refuse a figure that is missing without a reason."""
        if self.seconds is None and not self.reason:
            raise ValueError("A figure that was not measured needs a reason.")
        return self


class Losses(Frozen):
    """Promised rows by their fate; a count that is null was not counted, for the reason given."""

    acknowledged: int | None = Field(default=None, description="Promised to clients while it was looked at")
    lost: int | None = Field(
        default=None,
        description="Of those, not in the target after the failover; without one, in neither region",
    )
    salvaged: int | None = Field(default=None, description="Of those, brought home afterwards")
    final: int | None = Field(default=None, description="Of those, gone for good, after reconciliation")
    reason: str | None = Field(default=None, description="Why a count is null")
    gone: list[Row] = Field(default_factory=list, description="Those that are gone for good, by key")

    @model_validator(mode="after")
    def _counted_or_told(self) -> Self:
        """Refuse a count that is missing without a reason."""
        if None in {self.acknowledged, self.lost, self.salvaged, self.final} and not self.reason:
            raise ValueError("A count that is missing needs a reason.")
        return self


class ProofState(StrEnum):
    """What became of something that was to be shown."""

    PROVED = "proved"
    FAILED = "failed"
    NOT_DONE = "not done"
    NOT_APPLICABLE = "not applicable"


class Proof(Frozen):
    """Something that was to be shown: whether it was, and what was seen."""

    state: ProofState
    sentence: str = Field(
        min_length=1, description="What was seen; or why it was not done, or does not apply"
    )
    operation: str | None = Field(default=None, description="The operation whose journal has it")
    at: AwareDatetime | None = None
    length_s: float | None = Field(default=None, description="How long it took")

    @property
    def holds(self) -> bool:
        """Whether nothing is missing here."""
        return self.state in {ProofState.PROVED, ProofState.NOT_APPLICABLE}


class Deviation(Frozen):
    """Something that went otherwise than planned."""

    at: AwareDatetime | None = None
    what: str
    why: str | None = None


class Alarm(Frozen):
    """An alarm that the scenario raised, or should have."""

    name: str
    region: str | None = None
    at: AwareDatetime | None = Field(default=None, description="When it fired; null: it did not")
    source: str = Field(description="Whose alarm it is: an observer, the prober, a person")
    reason: str | None = Field(default=None, description="Why it did not fire")


class Observation(Frozen):
    """Something that should be put right: the report makes a finding of it, with an owner and a date."""

    severity: Severity
    what: str
    remedy: str | None = None
    owner: str | None = Field(default=None, description="null: whoever the estate names")


class ScenarioOutcome(Frozen):
    """One scenario, tried: everything that the report tells of it beside its operations' own journals."""

    scenario: ScenarioName
    started_at: AwareDatetime
    ended_at: AwareDatetime
    injection: Injection
    happened: str = Field(min_length=1, description="What happened, in a sentence or two")
    operations: list[StartedOperation] = Field(default_factory=list)
    points: list[Point] = Field(default_factory=list, description="T0 to T7; empty: those of its operations")
    rto: Measured
    rpo: Measured
    losses: Losses
    integrity: list[Finding] = Field(default_factory=list, description="Checks of the data, there and back")
    steady_before: Proof = Field(description="The estate was well before anything was broken")
    steady_after: Proof = Field(description="The estate is as it was before")
    reconciliation: Proof = Field(description="The regions were compared, and nothing differs")
    failback: Proof = Field(description="The way back was taken, and is complete")
    there: bool | None = Field(description="Whether the hypothesis held on the way there; null: not tried")
    back: bool | None = Field(description="Whether it held on the way back; null: not tried")
    deviations: list[Deviation] = Field(default_factory=list)
    alarms: list[Alarm] = Field(default_factory=list)
    observations: list[Observation] = Field(default_factory=list)

    def __str__(self) -> str:
        """What happened, for the journal's summary."""
        return self.happened
