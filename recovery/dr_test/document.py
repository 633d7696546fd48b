"""The document of one test of disaster recovery: what its report.json holds, field by field.

`schema_version` grows when a field is removed or changes its meaning; fields may be added within a version.
Times are UTC. An empty field is named in `gaps`, with the reason: a document without one is refused.
"""

import json
from typing import Literal, Self

from pydantic import AwareDatetime, Field, JsonValue, model_validator

from recovery.dr_test.outcome import Alarm, Deviation, ScenarioOutcome
from recovery.dr_test.people import Absentee, Person, Severity, ThirdParty
from recovery.dr_test.plan import DrTestPlan, PlannedScenario
from recovery.dr_test.scenarios import ScenarioName
from recovery.dr_test.scoring import Score
from recovery.measurement import Frozen, Point, Row
from recovery.objectives import Judgement
from recovery.report.document import Ending, Environment, Figure, NotMeasured, StepRecord


class Approved(Frozen):
    """Somebody's answer to an operation of the test."""

    operation: str
    asked_by: str
    approved_by: str
    at: AwareDatetime
    why: str
    given_in: str


class OperationEvidence(Frozen):
    """One operation that the test started, as its own journal tells it."""

    id: str
    procedure: str
    scenario: ScenarioName | None = Field(description="null: no outcome names it")
    started_by: str
    opened_at: AwareDatetime
    inputs: dict[str, JsonValue] = Field(description="The parameters that it was given")
    ending: Ending
    headline: str = Field(description="Its own report's verdict, in a few words")
    points: list[Point]
    rto_s: float | None
    rpo_s: float | None
    lost: list[Row] = Field(description="Rows lost when it was measured, by key; some may be salvaged since")
    steps: list[StepRecord]
    not_measured: list[NotMeasured]
    environment: Environment
    journal_sha256: str = Field(description="SHA-256, in hex, of its journal as this pack has it")


class ScenarioResult(Frozen):
    """One scenario of the plan: what was expected, what became of it, and its score."""

    plan: PlannedScenario
    outcome: ScenarioOutcome | None = Field(description="null: it was not tried to the end")
    reason: str | None = Field(description="Why there is no outcome")
    points: list[Point] = Field(description="T0 to T7 of the way there")
    rto: Figure
    rpo: Figure
    score: Score
    why: list[str] = Field(
        description="Each reason why it is not “there and back”; on a tabletop, each precondition that does not hold"
    )


class Retest(Frozen):
    """A finding of an earlier test, looked at again."""

    finding: str
    test: str = Field(description="The test that looked again")
    closed: bool


class DrTestFinding(Frozen):
    """Something to put right."""

    id: str
    scenario: ScenarioName | None
    severity: Severity
    what: str
    remedy: str | None
    owner: str | None
    owner_reason: str | None = Field(description="Why it has no owner")
    due: AwareDatetime
    retest: str = Field(description="The test that tries it again, or until when one is due")


class Compared(Frozen):
    """One scenario beside the last test that tried it."""

    scenario: ScenarioName
    test: str | None = Field(description="The earlier test; null: it is tried for the first time")
    rto_s: float | None
    rpo_s: float | None
    score: Score | None
    told: str = Field(description="What changed, in a sentence")


class PastRun(Frozen):
    """One test, in short: what the trend is drawn from."""

    test: str
    at: AwareDatetime
    points: float
    of: int
    rto_s: float | None = Field(description="The longest of its scenarios")
    rpo_s: float | None
    rto_objective_s: float
    rpo_objective_s: float


class SignOff(Frozen):
    """A line for a signature; filled in by hand, on paper or on the file that is handed over."""

    role: str
    name: str | None


class Summary(Frozen):
    """What a manager reads in a minute."""

    verdict: Judgement = Field(
        description="met: every scenario there and back; missed: one is not there; not measured: a tabletop, too"
    )
    headline: str
    sentence: str
    points: float
    of: int
    rto: Figure = Field(description="The worst of all scenarios")
    rpo: Figure = Field(description="The worst of all scenarios")
    rows_acknowledged: int | None
    rows_lost: int | None = Field(description="Gone for good, in all scenarios")
    rows_reason: str | None
    next: list[str] = Field(description="What people do next, the most urgent first")


class DrTest(Frozen):
    """One test of disaster recovery, composed from its journal and its operations' journals."""

    schema_version: Literal["1"] = Field(default="1", description="Version of this document's form")
    kind: Literal["dr-test"] = Field(default="dr-test", description="What document this is")
    id: str
    summary: Summary
    reason: str
    started_by: str
    started_at: AwareDatetime
    ended_at: AwareDatetime | None = Field(description="null: it is not closed")
    length_s: float
    plan: DrTestPlan | None
    plan_digest: str | None = Field(description="SHA-256 of the plan as canonical JSON")
    scenarios: list[ScenarioResult]
    operations: list[OperationEvidence]
    participants: list[Person]
    absentees: list[Absentee]
    third_parties: list[ThirdParty]
    approvals: list[Approved]
    alarms: list[Alarm]
    deviations: list[Deviation]
    lost_for_good: list[Row] = Field(description="Promised rows that nobody has any more, by key")
    findings: list[DrTestFinding]
    retests: list[Retest]
    compared: list[Compared]
    history: list[PastRun] = Field(description="Earlier tests and this one, oldest first; tabletops are none")
    next_due: AwareDatetime | None
    reviewer: Person | None
    sign_off: list[SignOff]
    steps: list[StepRecord] = Field(description="Of the test itself; its operations have their own")
    ending: Ending
    environment: Environment
    journal_sha256: str
    gaps: dict[str, str] = Field(
        description="Each empty field, and why it is: `not recorded: ...`, or `none: ...`"
    )

    @property
    def is_tabletop(self) -> bool:
        """Whether nothing was touched: it proves no recovery, and stands beside no test that does."""
        return self.plan is not None and self.plan.is_tabletop

    @model_validator(mode="after")
    def _empty_ones_say_why(self) -> Self:
        """Refuse an empty field without a reason."""
        if silent := [name for name in MAY_BE_EMPTY if not getattr(self, name) and name not in self.gaps]:
            raise ValueError(f"Empty, and without a reason in `gaps`: {', '.join(silent)}.")
        return self

    def to_json(self) -> bytes:
        """Return report.json: UTF-8, indented, the same bytes for the same journals."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False).encode() + b"\n"


MAY_BE_EMPTY = (
    "reason",
    "ended_at",
    "plan",
    "plan_digest",
    "scenarios",
    "operations",
    "participants",
    "absentees",
    "third_parties",
    "approvals",
    "alarms",
    "deviations",
    "lost_for_good",
    "findings",
    "retests",
    "compared",
    "history",
    "next_due",
    "reviewer",
    "sign_off",
    "steps",
)
"""Fields that a test may leave empty, and then says why."""
