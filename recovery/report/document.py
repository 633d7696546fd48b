"""The report of one operation as data: what report.json holds, field by field.

`schema_version` grows when a field is removed or changes its meaning; fields may be added within a version.
Times are UTC. A figure that was not measured is null, and stands beside the reason.
"""

import json
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue

from recovery.measurement import Frozen, Point, PointName, Row, Window
from recovery.objectives import Judgement


class Figure(Frozen):
    """One achieved figure beside its objective."""

    achieved_s: float | None = Field(description="Seconds; null where it was not measured")
    error_s: float | None = Field(
        description="Half-width of the measurement's error, seconds; null: not known"
    )
    objective_s: float | None = Field(description="Seconds; null where the journal does not say")
    judgement: Judgement
    reason: str | None = Field(
        description="Why it is not judged, or why a measured figure counts for nothing yet"
    )


class Verdict(Frozen):
    """The objectives, judged. `met` needs a closed operation, a whole journal and measured figures."""

    overall: Judgement = Field(description="met only if both figures are; missed if one of them is")
    headline: str = Field(description="The verdict in a few words")
    reason: str | None = Field(description="Why it is not better, in a sentence")
    rto: Figure = Field(description="T6 - T0: from the fault to clients restored")
    rpo: Figure = Field(
        description=(
            "Zero where no acknowledged row is lost; else T0 (or the newest lost row's commit, if later) "
            "less the commit time of the newest row such that every older acknowledged row is in the target"
        )
    )
    rows_lost: int | None = Field(description="Acknowledged, and not in the target")
    rows_acknowledged: int | None = Field(description="Acknowledged since the comparison's start")
    rows_reason: str | None = Field(description="Why rows were not compared")


class Asked(Frozen):
    """What was asked for, by whom."""

    id: str = Field(description="The operation's id")
    procedure: str
    source: str = Field(description="The region being left")
    target: str = Field(description="The region taking over")
    mode: str = Field(description="unplanned or planned; empty where the procedure has none")
    reason: str = Field(description="Why, in the words of who started it")
    dry_run: bool = Field(description="Nothing was to be changed")
    started_by: str
    opened_at: AwareDatetime
    forecast_s: float | None = Field(description="The RTO forecast when it was opened, seconds")
    parameters: dict[str, JsonValue] = Field(description="As they were given")


class Ending(Frozen):
    """How the operation ended, or where its journal stops."""

    outcome: str = Field(
        description="restored, moved, refused, stopped, backed out, planned only, not closed, backing out"
    )
    closed: bool = Field(description="Whether the journal says that the operation is over")
    summary: str = Field(description="The outcome in one sentence")
    closed_at: AwareDatetime | None
    stopped_at: str | None = Field(description="Where the journal of an open operation stops")
    point_of_no_return_at: AwareDatetime | None = Field(description="From here the only way was forward")
    next: list[str] = Field(description="What a person does next, in order")


class Span(Frozen):
    """A length of time, or why there is none."""

    length_s: float | None = Field(description="Seconds; null where it was not measured")
    reason: str | None = Field(description="Why it was not measured")


class Phase(Frozen):
    """The time between two consecutive clock points that were measured."""

    what: str = Field(description="What took the time")
    begins: PointName
    ends: PointName
    start_s: float = Field(description="Seconds from the first phase's start (T0 where it was measured)")
    length_s: float
    on_path: bool = Field(description="Whether it lies within T0 to T6: the RTO is the sum of these")
    longest: bool = Field(description="Whether it is the longest of those: the one to shorten first")
    shorter: str = Field(description="What would have shortened it")


class ServedAgain(Frozen):
    """When one of the clients that were interrupted was served again, or why there is no such time."""

    at: AwareDatetime | None
    after_fault_s: float | None = Field(description="Seconds after T0")
    reason: str | None = Field(description="Why there is none")


class Interrupted(Frozen):
    """How single clients were interrupted from T0 on; by a planned move, from T3 on if that was earlier."""

    clients: int = Field(description="Clients that went without an answer for a time")
    still_failing: int = Field(description="Those of them that had not been answered again when last seen")
    first: ServedAgain = Field(description="The first of them that was served again")
    median: ServedAgain = Field(description="The one by which half of them were served again")
    last: ServedAgain = Field(description="The last of them")
    longest_s: float = Field(
        description=(
            "The longest that any single client went without an answer, from the end of one success to the "
            "end of the next (or until last seen), seconds; 0: none was interrupted"
        )
    )


class Timeline(Frozen):
    """The clock points and what lies between them."""

    points: list[Point]
    phases: list[Phase]
    orchestrated: Span = Field(description="T6 - T3: what this tool took")
    decision: Span = Field(description="T2 - T1: the wait for a decision")
    unprotected: Span = Field(description="T7 - T6: served by one region alone")
    unavailability: Span = Field(description="Sum of (1 - success) dt over T0 to T6")
    interruptions: Interrupted | None = Field(description="Single clients; null where not measured")
    interruptions_reason: str | None = Field(description="Why they were not measured")


class Traffic(Frozen):
    """What clients saw through the global name."""

    windows: list[Window]
    success_target: float = Field(description="The share of successes that counts as restored")
    windows_needed: int = Field(description="How many windows in a row had to reach it")


class StepState(StrEnum):
    """How far a step came."""

    DONE = "done"
    FAILED = "failed"
    UNFINISHED = "unfinished"
    """It was started, and the journal does not say how it ended."""
    SKIPPED = "skipped"
    """It was left out; its sentence says why."""


class StepRecord(Frozen):
    """One step in one region, over all its attempts and all processes that ran it."""

    step: str
    region: str | None
    title: str
    state: StepState
    started_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    length_s: float | None = Field(
        description="From its first start to its end, waits between attempts and processes included; seconds"
    )
    attempts: int = Field(description="How often it was started")
    sentence: str = Field(description="Its result, or its last error")
    skipped_on_resume: int = Field(description="How often a resumed run found it done before")
    actors: list[str] = Field(description="Who ran it, in order")
    mutating: bool = Field(description="Whether it may change anything")
    undo: bool = Field(description="Whether it ran to put things back")
    touches: list[str] = Field(description="What it reaches out to")


class Finding(Frozen):
    """What one check found."""

    step: str
    check: str
    ok: bool
    value: str
    limit: str
    witness: str | None = Field(default=None, description="Who saw it")
    remedy: str | None = Field(default=None, description="What would make it well")


class Fence(Frozen):
    """One means of keeping a region from writing."""

    step: str
    region: str | None
    means: str
    worked: bool
    detail: str


class Table(Frozen):
    """Results as the steps recorded them, cells as text."""

    step: str | None = Field(description="null for the single values of all steps")
    region: str | None
    title: str
    columns: list[str]
    cells: list[list[str]]


class RowsCompared(Frozen):
    """Rows of the ledger, compared with the target's databases."""

    compared_since: AwareDatetime
    compared_at: AwareDatetime
    acknowledged: int
    present: int = Field(description="Acknowledged and in the target")
    lost: list[Row] = Field(description="Acknowledged and not in the target, all of them, by key")
    unknown_present: int = Field(description="No answer reached the client, and the row is in the target")
    unknown_absent: int = Field(description="No answer reached the client, and the row is not in the target")
    newest_of_prefix: AwareDatetime | None = Field(
        description="Commit time of the newest row such that every older acknowledged row is in the target"
    )


class NotMeasured(Frozen):
    """Something that this report does not know, and why."""

    what: str
    why: str


class Note(Frozen):
    """A remark of a step."""

    time: AwareDatetime
    step: str | None
    actor: str
    text: str


class Environment(Frozen):
    """What the operation ran with, and what proves this report."""

    estate: str
    estate_digest: str = Field(description="SHA-256 of the estate file, in hex")
    code_version: str
    actors: list[str] = Field(description="Every process that wrote to the journal, in order")
    events: int = Field(description="How many events the journal has")
    last_event_at: AwareDatetime
    head_hash: str = Field(description="Hash of the newest event: it seals all before it")
    chain_verified: bool = Field(description="Whether every event fits the one before it")
    broken_at: int | None = Field(description="`seq` of the first event that does not fit")


class Report(Frozen):
    """The report of one operation, built from its journal alone."""

    schema_version: Literal["1"] = Field(default="1", description="Version of this document's form")
    verdict: Verdict
    operation: Asked
    ending: Ending
    timeline: Timeline
    traffic: Traffic | None = Field(description="null where traffic was not measured")
    steps: list[StepRecord]
    findings: list[Finding]
    fences: list[Fence]
    tables: list[Table] = Field(description="Results of the other steps, as they recorded them")
    rows: RowsCompared | None = Field(description="null where rows were not compared")
    not_measured: list[NotMeasured]
    notes: list[Note]
    environment: Environment

    def to_json(self) -> bytes:
        """Return report.json: UTF-8, indented, the same bytes for the same journal."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False).encode() + b"\n"
