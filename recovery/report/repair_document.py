"""The report of a repair of both regions, as it is written: report.json."""

import json
from typing import Literal, assert_never

from pydantic import AwareDatetime, Field, JsonValue

from recovery.measurement import Frozen
from recovery.objectives import Judgement
from recovery.regions_repair import ComparedAgain, KeysRepaired, PlanStands, Repaired
from recovery.report.document import Ending, Environment, Finding, Note, NotMeasured, StepRecord

FILES_TOLD = 4


class RepairAsked(Frozen):
    """What was asked for, and by whom."""

    id: str
    what: str = Field(description="Whose plan was carried out, or what was taken back")
    regions: list[str]
    reason: str
    started_by: str
    opened_at: AwareDatetime
    prefect_run: str | None
    parameters: dict[str, JsonValue] = Field(description="As they were given")


class RepairReport(Frozen):
    """The report of one repair, built from its journal alone."""

    schema_version: Literal["1"] = Field(default="1", description="Version of this document's form")
    operation: RepairAsked
    ending: Ending
    plan: PlanStands | None = Field(description="null: it was not found, or not looked at")
    repaired: dict[str, Repaired] = Field(description="What was done in each region")
    redis: KeysRepaired | None = Field(description="What was done with keys of Redis; null: not known")
    compared: ComparedAgain | None = Field(
        description="The plan's rows, compared afterwards; null: they were not"
    )
    findings: list[Finding]
    steps: list[StepRecord]
    notes: list[Note]
    not_measured: list[NotMeasured]
    environment: Environment

    @property
    def rows(self) -> int:
        """Rows that are as the plan wants them, of both regions."""
        return sum(one.carried.done for one in self.repaired.values())

    @property
    def left(self) -> int:
        """Rows that were written since the plan was made, of both regions: they stay as they are."""
        return sum(one.carried.left for one in self.repaired.values())

    @property
    def refused(self) -> list[str]:
        """Why databases, or a Redis, were left as they are."""
        found = [why for one in self.repaired.values() for why in one.carried.refused]
        return [*found, self.redis.refused] if self.redis and self.redis.refused else found

    @property
    def keys_left(self) -> int:
        """Keys of Redis that stay as they were, for whatever reason: they differ still, as far as is known."""
        return self.redis.left if self.redis else 0

    @property
    def judgement(self) -> Judgement:
        """met: nothing that the plan names differs any more; missed: something does, was left, or was refused."""
        if self.compared is None:
            return Judgement.NOT_MEASURED
        if self.compared.different or self.keys_left or self.refused:
            return Judgement.MISSED
        return Judgement.NOT_MEASURED if self.compared.restless else Judgement.MET

    @property
    def headline(self) -> str:
        """What came of it, in a few words."""
        match self.judgement:
            case Judgement.MET:
                return "Repaired, and nothing of the plan differs"
            case Judgement.MISSED:
                return f"Repaired in part: {self._in_part}"
            case Judgement.NOT_MEASURED:
                return "Not known whether the plan's rows are alike"
            case never:
                assert_never(never)

    @property
    def _in_part(self) -> str:
        rows = "rows of the plan differ" if self.compared and self.compared.different else ""
        keys = "keys of Redis were left" if self.keys_left or (self.redis and self.redis.refused) else ""
        return " and ".join(filter(None, (rows, keys))) or "rows of the plan were refused"

    @property
    def taken_back_from(self) -> list[str]:
        """Where in the journal's stores what takes it back is kept; none where nothing was changed."""
        rows = [one.undo for one in self.repaired.values() if one.carried.done]
        written = self.redis and (self.redis.written or self.redis.deleted)
        return [*rows, *(self.redis.undo if self.redis and written else ())]

    @property
    def told(self) -> str:
        """What came of it, and what takes it back, for whoever asked for it."""
        kept, headline = self.taken_back_from, f"{self.operation.id}: {self.headline}"
        if not kept:
            return headline
        more = f" and {len(kept) - FILES_TOLD} more" if len(kept) > FILES_TOLD else ""
        files = f"{', '.join(kept[:FILES_TOLD])}{more}"
        return f"{headline}. `dr reconcile undo {self.operation.id}` takes it back, by {files}"

    @property
    def verdict(self) -> str:
        """What came of it, in a sentence."""
        said = [f"{self.rows:,} rows are as the plan wants them"]
        if self.redis and self.redis.region:
            said.append(str(self.redis))
        if self.left:
            said.append(f"{self.left:,} were written since it was made, and were left")
        said.append(
            f"{self.compared.different:,} of {self.compared.rows:,} still differ"
            if self.compared
            else "they were not compared again"
        )
        if self.refused:
            said.append(f"{len(self.refused)} servers or databases refused")
        return "; ".join(said) + "."

    def to_json(self) -> bytes:
        """Return report.json: UTF-8, indented, the same bytes for the same journal."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False).encode() + b"\n"
