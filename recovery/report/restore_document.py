"""The report of one point-in-time restore as data: what its report.json holds, field by field.

As in `recovery.report.document`: times are UTC, and a figure that was not measured is null beside the reason.
"""

import json
from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue

from recovery.measurement import Frozen
from recovery.objectives import Judgement
from recovery.report.document import (
    Ending,
    Environment,
    Figure,
    Finding,
    Note,
    NotMeasured,
    Span,
    StepRecord,
)
from recovery.restoring import (
    Chosen,
    Damage,
    Fetched,
    Opened,
    Proved,
    Redirected,
    Rejoined,
    Repaired,
    ReplayedTo,
    Settled,
)


class Found(Figure):
    """One achieved figure beside its objective, and how it was measured."""

    method: str = Field(description="From where to where, by whose clock")


class Proofs(Frozen):
    """The validation ladder, counted."""

    judgement: Judgement = Field(description="met: every rung that applies holds; missed: one does not")
    held: int
    tried: int = Field(description="Rungs that apply, and could be tried")
    failed: list[str] = Field(description="The names of those that do not hold")
    reason: str | None = Field(description="Why there is no proof, or which rungs do not hold")


class RestoreVerdict(Frozen):
    """The objectives, judged. `met` needs a closed operation that brought data back, proofs, and figures."""

    overall: Judgement = Field(description="met only if both figures are; missed if one of them is")
    headline: str = Field(description="The verdict in a few words")
    brought_back: str = Field(description="What was brought back, to which moment, in a sentence")
    reason: str | None = Field(description="Why it is not better, in a sentence")
    rto: Found = Field(
        description="From the operation's opening to the last proof, or the repair; its method tells"
    )
    rpo: Found = Field(description="From the newest commit that is there to the fault; its method tells")
    proofs: Proofs
    rows_after: int | None = Field(
        description="Rows acknowledged to the prober after the moment and by the fault; null: not counted"
    )
    rows_given_up: int | None = Field(
        description="in place, two region: rows acknowledged to the prober after the moment; null: not counted"
    )
    outage_s: float | None = Field(
        description="in place, two region: the longest time without an acknowledged write; null: not measured"
    )


class RestoreAsked(Frozen):
    """What was asked for, by whom."""

    id: str = Field(description="The operation's id")
    procedure: str
    region: str = Field(description="Whose cluster is restored")
    scope: str = Field(description="beside, surgical, in place or two region")
    stand_ins: list[str] = Field(description="a recovery in a third place: the regions that are lost")
    moment: str = Field(description="What it goes back to, in words")
    tables: list[str] = Field(description="surgical: the damaged tables")
    apply: bool = Field(description="surgical: whether the live rows were to be repaired")
    reason: str = Field(description="Why, in the words of who started it")
    dry_run: bool = Field(description="Nothing was to be changed")
    started_by: str
    opened_at: AwareDatetime
    prefect_run: str | None = Field(description="The name of the Prefect run that opened it")
    fault_at: AwareDatetime | None = Field(description="When the damage was done, as it was told")
    parameters: dict[str, JsonValue] = Field(description="As they were given")


class PhaseTime(Frozen):
    """What one kind of work took."""

    what: str = Field(
        description="decide, fetch, replay, compare, promote, validate, settle, replace, move, repair; "
        "approval, resumption"
    )
    length_s: float
    share: float | None = Field(description="Of the RTO; null where that was not measured")


class Spent(Frozen):
    """Where the time went."""

    phases: list[PhaseTime]
    sum_s: float = Field(description="All phases together")
    waited_s: float = Field(description="That part of them in which it waited: approval, resumption")
    tool: Span = Field(description="What the tool itself took beside them: the RTO less their sum")
    predicted: Span = Field(description="What the restore was predicted to take before it began")


class RestoreReport(Frozen):
    """The report of one restore, built from its journal alone."""

    schema_version: Literal["1"] = Field(default="1", description="Version of this document's form")
    verdict: RestoreVerdict
    operation: RestoreAsked
    ending: Ending
    chosen: Chosen | None = Field(description="The backup, from where, and what could be reached")
    fetched: Fetched | None
    replayed: ReplayedTo | None
    spent: Spent
    proved: Proved | None = Field(description="The validation ladder, rung by rung")
    damage: Damage | None = Field(description="surgical: the plan, table by table")
    repaired: Repaired | None = Field(description="surgical: the plan, carried out")
    settled: Settled | None = Field(description="two clusters: what was under way between them, and decided")
    rejoined: Rejoined | None = Field(description="in place, two region: replication, made anew")
    opened: Opened | None = Field(description="in place, two region: the regions, or their stand-ins, open")
    redirected: Redirected | None = Field(description="a recovery in a third place: the traffic, sent there")
    findings: list[Finding] = Field(description="The checks that were made before")
    steps: list[StepRecord]
    notes: list[Note]
    not_measured: list[NotMeasured]
    environment: Environment

    def to_json(self) -> bytes:
        """Return report.json: UTF-8, indented, the same bytes for the same journal."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False).encode() + b"\n"
