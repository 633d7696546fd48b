"""What a reconciliation of the two regions is asked for with: the form, as people and schedules fill it in."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from recovery.operation import DEFAULT_ESTATE, EstatePath, OperationId, RegionName, RequestedBy
from recovery.reconcile.findings import Plan
from recovery.regions_repair import RegionsRepair
from recovery.restore_operation import TablePath

MOST_AT_ONCE = 16
NodeGroup = Annotated[str, StringConstraints(min_length=1, max_length=63)]


class Then(StrEnum):
    """What becomes of what was found."""

    COMPARE = "compare"
    PLAN = "plan"
    REPAIR = "repair"


class LookAt(StrEnum):
    """Which rows are compared."""

    WHOLE = "whole"
    CHANGED = "changed"
    CONFLICTS = "conflicts"


class Reconciliation(BaseModel):
    """Compare the two regions' tables row by row, while both are written to; then plan a repair, or carry it out."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    node_groups: tuple[NodeGroup, ...] = Field(
        default=(),
        title="Node groups",
        description="The databases whose tables are compared. Leave empty, with the tables, for all.",
    )
    tables: tuple[TablePath, ...] = Field(
        default=(),
        title="Tables",
        description="Single tables, each as database.schema.table, beside the node groups.",
    )
    then: Then = Field(
        default=Then.PLAN,
        title="Then",
        description=(
            "compare: what differs is told. plan: and what a repair by the estate's rules would do with each row; "
            "nothing is changed. repair: and the plan is carried out; rows that it leaves to a person stay."
        ),
    )
    look_at: LookAt = Field(
        default=LookAt.WHOLE,
        title="Look at",
        description=(
            "whole: every row. changed: what was written since a table was last seen to be alike in both regions; "
            "where that is not known, and now and then, every row. conflicts: the rows of which pglogical has logged "
            "a real conflict within a day."
        ),
    )
    thin_link: bool = Field(
        default=False,
        title="Thin link",
        description=(
            "Read fewer bytes: large tables that are read whole are compared by cells, not by blocks; it takes "
            "longer. An estate can ask for it, too."
        ),
    )
    samples: int = Field(
        default=5,
        ge=0,
        le=100,
        title="Sample rows",
        description=(
            "So many rows of each table that have drifted are shown side by side, and so many keys of Redis by their "
            "names; 0: keys of rows only, no values, and no key of Redis. Whoever reads the report sees them."
        ),
    )
    exact: bool = Field(
        default=False,
        title="Exact",
        description="Also tell rows whose values are equal, and written in two ways: 1.0 and 1.00. It takes longer.",
    )
    redis: bool = Field(
        default=False,
        title="Redis, too",
        description="Compare the keys of the regions' Redis: types, values, and when they expire.",
    )
    redis_winner: RegionName | None = Field(
        default=None,
        title="Whose keys are right",
        description="A repair gives the other region this one's copies. Without it, keys are compared only.",
    )
    redis_delete: bool = Field(
        default=False,
        title="Delete keys of the other region alone",
        description=(
            "A repair deletes what the region whose keys are right does not have; nothing proves that it is old."
        ),
    )
    redis_keys_per_second: float = Field(
        default=20_000,
        gt=0,
        title="Redis: keys a second",
        description="At most so many keys are asked for, so that a live server is not hurt.",
    )
    at_once: int = Field(
        default=2,
        ge=1,
        le=MOST_AT_ONCE,
        title="Tables at once",
        description="So many tables are scanned at a time, on both sides.",
    )
    fence_seconds: float = Field(
        default=60,
        gt=0,
        le=3600,
        title="Longest lag, seconds",
        description="So long what is under way between the regions is waited for; then the comparison is refused.",
    )
    reason: str = Field(default="", max_length=500, title="Reason", description="Why, in a sentence.")
    requested_by: RequestedBy = None
    estate: EstatePath = DEFAULT_ESTATE
    id: OperationId | None = Field(
        default=None, title="Name", description="What its report is called; by default by its time."
    )

    @property
    def whole_estate(self) -> bool:
        """Whether every table is asked for, and not rows of conflicts alone."""
        return not (self.node_groups or self.tables) and self.look_at is not LookAt.CONFLICTS

    def repair_by(self, plan: Plan | None) -> RegionsRepair | None:
        """Return the repair that carries the plan out; None where none is asked for, or nothing is to be changed."""
        if self.then is not Then.REPAIR or plan is None or not (plan.rows or plan.redis_keys):
            return None
        return RegionsRepair(
            plan=plan.name, reason=self.reason, requested_by=self.requested_by, estate=self.estate
        )
