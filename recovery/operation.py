"""One run of a procedure: what was asked for, under an id that names it for good."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from secrets import token_hex
from typing import Annotated, Literal, Protocol, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, StringConstraints

RegionName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
OperationId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{2,62}$")]
DEFAULT_ESTATE = "estate.yaml"

# What every form asks beside its own fields, in the same words.
Reason = Annotated[
    str,
    Field(
        max_length=500,
        title="Reason",
        description="Why, in a sentence; an incident number helps. It is written into the journal and the report.",
    ),
]
DryRun = Annotated[
    bool,
    Field(
        title="Only show the plan",
        description="Look at everything, print each step with what it would touch, and change nothing.",
    ),
]
RequestedBy = Annotated[
    str | None,
    Field(
        max_length=100,
        title="Your name",
        description="Needed where the estate asks for an approval: whoever asks can not approve.",
    ),
]
EstatePath = Annotated[
    str,
    Field(
        title="Estate file",
        description="Path of the estate file, as the machine that runs the flow sees it.",
    ),
]
ResumedId = Annotated[
    OperationId | None,
    Field(
        title="Operation id",
        description="Leave empty for a new operation; give the id of an interrupted one to resume it.",
    ),
]


class Mode(StrEnum):
    """How a region is left."""

    UNPLANNED = "unplanned"
    PLANNED = "planned"


def new_id(procedure: str, now: datetime) -> str:
    """Return an id that sorts by time and that two machines do not both draw."""
    return f"{procedure}-{now:%Y%m%d-%H%M%S}-{token_hex(2)}"


class Incident(BaseModel):
    """What an operation was started for, where alerts did it: its name is the idempotency key of the start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: OperationId = Field(title="Incident id")
    active_at: AwareDatetime = Field(title="Alert active at", description="T1, as Prometheus has it")
    decided_at: AwareDatetime = Field(title="Decided at", description="T2: the verdict, after its guards")
    verdict: str = Field(max_length=2000, title="Verdict", description="The evaluation that led to it")


class Operation(Protocol):
    """What every procedure is asked for with, beside its own parameters."""

    @property
    def id(self) -> OperationId | None:
        """The operation's id; None for a new one."""

    @property
    def reason(self) -> str:
        """Why, in the words of whoever asks."""

    @property
    def dry_run(self) -> bool:
        """Only the plan is asked for."""

    @property
    def requested_by(self) -> str | None:
        """Who asks, by the name that they gave."""

    @property
    def estate(self) -> str:
        """The estate file's path."""

    def model_copy(self, *, update: Mapping[str, object]) -> Self:
        """Return it with other values: a new operation gets its id so."""

    def model_dump(self, *, mode: Literal["json"]) -> dict[str, JsonValue]:
        """Return the parameters as they go into the journal."""


class Failover(BaseModel):
    """Leave one region, and let the other one serve everything."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    source: RegionName = Field(
        title="Region to leave", description="The source: the region that is lost, or is to be emptied."
    )
    mode: Mode = Field(
        default=Mode.UNPLANNED,
        title="Mode",
        description=(
            "unplanned: the source is presumed lost; two witnesses must say so; traffic moves at once. "
            "planned: the source is healthy; traffic moves in steps, and nothing may be lost."
        ),
    )
    reason: Reason = ""
    dry_run: DryRun = False
    requested_by: RequestedBy = None
    estate: EstatePath = DEFAULT_ESTATE
    id: ResumedId = None
    injected_at: AwareDatetime | None = Field(
        default=None,
        title="Fault injected at",
        description="In a drill: the instant of injection (T0). Leave empty otherwise.",
    )
    incident: Incident | None = Field(
        default=None,
        title="Incident",
        description="Filled in by the alert intake; leave it out when a person starts the operation.",
    )
