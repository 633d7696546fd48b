"""The report of the return of a region, as it is written: report.json."""

import json
from typing import Literal, assert_never

from pydantic import AwareDatetime, Field, JsonValue

from recovery.failback import (
    Alike,
    BroughtHome,
    CacheFollows,
    CacheReturned,
    CaughtUp,
    LostSet,
    Reprotected,
    Returned,
    Served,
)
from recovery.measurement import Frozen
from recovery.objectives import Judgement
from recovery.report.document import Ending, Environment, Fence, Finding, Note, NotMeasured, StepRecord


class FailbackAsked(Frozen):
    """What was asked for, and by whom."""

    id: str
    region: str = Field(description="The region that is brought back")
    serving: str = Field(description="The region that served everything")
    failover: str = Field(description="The operation that had left the region")
    left_at: AwareDatetime | None
    reason: str
    started_by: str
    opened_at: AwareDatetime
    prefect_run: str | None
    parameters: dict[str, JsonValue] = Field(description="As they were given")


class FailbackReport(Frozen):
    """The report of one failback, built from its journal alone. What a step did not come to is null."""

    schema_version: Literal["1"] = Field(default="1", description="Version of this document's form")
    operation: FailbackAsked
    ending: Ending
    lost_set: LostSet | None = Field(description="What had never left the region")
    caught_up: CaughtUp | None
    brought_home: BroughtHome | None
    reprotected: Reprotected | None = Field(description="Holds T7")
    cache: CacheFollows | None
    alike: Alike | None = Field(description="The proof that nothing differs")
    returned: Returned | None
    cache_returned: CacheReturned | None
    served: Served | None
    findings: list[Finding]
    fences: list[Fence]
    steps: list[StepRecord]
    notes: list[Note]
    not_measured: list[NotMeasured]
    environment: Environment

    @property
    def lost_now(self) -> int | None:
        """The final loss: promised rows that neither region has."""
        return self.served.lost_now if self.served else None

    @property
    def unprotected_s(self) -> float | None:
        """From the loss to T7, seconds: for so long a second loss would have had no target."""
        if self.reprotected is None or self.operation.left_at is None:
            return None
        return (self.reprotected.redundant_at - self.operation.left_at).total_seconds()

    @property
    def judgement(self) -> Judgement:
        """met: the region serves, nothing differs, nothing promised is lost; missed: one of these is not so."""
        if not self.ending.closed or self.ending.point_of_no_return_at is None:
            return Judgement.MISSED if self.ending.closed else Judgement.NOT_MEASURED
        if self.alike is None or self.lost_now is None:
            return Judgement.NOT_MEASURED
        return Judgement.MISSED if self.lost_now or self.alike.drifted else Judgement.MET

    @property
    def headline(self) -> str:
        """What came of it, in a few words."""
        match self.judgement:
            case Judgement.MET:
                return f"{self.operation.region} serves again, and nothing is lost"
            case Judgement.MISSED if self.lost_now:
                return f"{self.operation.region} serves again, and {self.lost_now} rows are lost"
            case Judgement.MISSED:
                return f"{self.operation.region} was not brought back"
            case Judgement.NOT_MEASURED if self.ending.closed:
                return f"{self.operation.region} serves again; whether something is lost is not known"
            case Judgement.NOT_MEASURED:
                return f"{self.operation.region} is not brought back yet"
            case never:
                assert_never(never)

    @property
    def verdict(self) -> str:
        """What came of it, in a sentence."""
        said: list[str] = [str(one) for one in (self.lost_set, self.brought_home, self.alike) if one]
        if self.unprotected_s is not None:
            said.append(f"redundant {self.unprotected_s:.0f} s after the loss")
        if self.lost_now is not None:
            said.append(f"final loss {self.lost_now} rows")
        return f"{'; '.join(said) or 'Nothing was done'}."

    def to_json(self) -> bytes:
        """Return report.json: UTF-8, indented, the same bytes for the same journal."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False).encode() + b"\n"
