"""What a reconciliation of the two regions is asked for with: the form, as people and schedules fill it in."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from recovery.operation import DEFAULT_ESTATE, EstatePath, OperationId
from recovery.restore_operation import TablePath

MOST_AT_ONCE = 16
NodeGroup = Annotated[str, StringConstraints(min_length=1, max_length=63)]


class Reconciliation(BaseModel):
    """Compare the two regions' tables row by row, while both are written to. Nothing is changed."""

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
    samples: int = Field(
        default=5,
        ge=0,
        le=100,
        title="Sample rows",
        description="So many rows of each table that have drifted are shown side by side; 0: keys only, no values.",
    )
    exact: bool = Field(
        default=False,
        title="Exact",
        description="Also tell rows whose values are equal, and written in two ways: 1.0 and 1.00. It takes longer.",
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
    estate: EstatePath = DEFAULT_ESTATE
    id: OperationId | None = Field(
        default=None, title="Name", description="What its report is called; by default by its time."
    )
