"""What a repair of the two regions is asked for with, and what its steps find and do."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from recovery.findings import Finding
from recovery.measurement import Frozen
from recovery.operation import (
    DEFAULT_ESTATE,
    DryRun,
    EstatePath,
    OperationId,
    Reason,
    RequestedBy,
    ResumedId,
)
from recovery.reconcile.findings import Change
from recovery.reconcile.repairs import Carried


class RegionsRepair(BaseModel):
    """Repair rows that differ between the regions, by a plan that was made and can be read before."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    plan: OperationId | None = Field(
        default=None,
        title="Plan",
        description="The comparison that made it, by the name that its report has.",
    )
    undoes: OperationId | None = Field(
        default=None,
        title="Take back",
        description="Instead of a plan: an earlier repair, by its operation id. Its rows become what they were.",
    )
    reason: Reason = ""
    dry_run: DryRun = False
    requested_by: RequestedBy = None
    estate: EstatePath = DEFAULT_ESTATE
    id: ResumedId = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        """Refuse none, and both."""
        if (self.plan is None) == (self.undoes is None):
            raise ValueError("Give a plan, or a repair that is taken back: one of the two.")
        return self

    @property
    def what(self) -> str:
        """What is carried out, in a few words."""
        return f"the plan of {self.plan}" if self.plan else f"what takes {self.undoes} back"


class PlanStands(Frozen):
    """A plan, and how its rows stand before anything is changed."""

    digests: dict[str, str] = Field(description="Of the plan for each region, SHA-256")
    changes: list[Change]
    redis_keys: int = Field(default=0, description="Keys of Redis that it writes or deletes, at most")
    to_do: int = Field(description="Rows that are as the plan saw them")
    done: int = Field(description="Rows that are as it wants them")
    changed: int = Field(description="Rows that were written since: they stay as they are")
    findings: list[Finding]

    def __str__(self) -> str:
        """The plan in a sentence."""
        keys = f", {self.redis_keys} keys of Redis" if self.redis_keys else ""
        return f"{self.to_do} rows to repair{keys}, {self.done} are well, {self.changed} were written since"


class Repaired(Frozen):
    """What was done in one region."""

    carried: Carried
    undo: str = Field(description="Where in the journal's stores what takes it back is kept")
    length_s: float

    def __str__(self) -> str:
        """What was done, in a sentence."""
        return f"{self.carried} in {self.length_s:.1f} s"


class KeysRepaired(Frozen):
    """What was done with keys of Redis, in one region."""

    region: str | None = Field(description="null: the plan has no keys")
    written: int = Field(
        description="Keys that have the other region's value and expiry, as a look afterwards saw"
    )
    deleted: int
    left: int = Field(description="Keys that stay: changed since, without a digest, or of this region alone")
    already: int = Field(
        default=0, description="Keys that were changed since the plan, and are the same in both regions now"
    )
    undo: list[str] = Field(description="Where in the journal's stores what takes it back is kept")
    refused: str | None = Field(default=None, description="Why nothing was written; null: nothing refused")

    def __str__(self) -> str:
        """What was done, in a sentence."""
        if self.region is None:
            return "the plan has no keys of Redis"
        if self.refused:
            return self.refused
        already = f", {self.already} were the same already" if self.already else ""
        return (
            f"{self.region}: {self.written} keys written, {self.deleted} deleted{already}, "
            f"{self.left} left as they are"
        )


class StillDifferent(Frozen):
    """A row that was repaired and differs again, or that could not be."""

    table: str
    key: tuple[str, ...]


class ComparedAgain(Frozen):
    """The rows of the plan, compared once more, under load."""

    rows: int
    same: int
    under_way: int
    different: int = Field(description="Rows that stand still, and differ")
    restless: int = Field(description="Rows that were written between all looks: nothing is known of them")
    some: list[StillDifferent] = Field(description="The first of those that differ")
    length_s: float

    def __str__(self) -> str:
        """What was found, in a sentence."""
        restless = f", {self.restless} never rested" if self.restless else ""
        return f"{self.different} of {self.rows} rows still differ{restless}"
