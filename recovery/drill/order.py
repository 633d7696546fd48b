"""What a disaster recovery test is asked for with: the form, as people and the schedule fill it in."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from recovery.dr_test.scenarios import DrTestKind, ScenarioName
from recovery.estate import EstateFile
from recovery.operation import DEFAULT_ESTATE, DryRun, EstatePath, Reason, RegionName, RequestedBy, ResumedId

WaitMinutes = Annotated[float, Field(ge=0, le=24 * 60)]


SHORT = "dr-test"
"""What the ids of tests begin with."""


PASSED = "passed"
"""The outcome of a test whose scenarios all went there and came back."""
WALKED = "walked through"
"""The outcome of a tabletop in which every precondition holds."""


def is_test(operation: str) -> bool:
    """Whether an operation of that id is a test: it holds no region, and leaves none."""
    return operation.startswith(f"{SHORT}-")


class Scope(StrEnum):
    """How far a test goes, as `disaster_recovery.testing.scope` has it."""

    FULL = "full"
    """Faults are injected: in a lab, or in an estate that serves no customers."""
    LIVE = "live"
    """The estate serves customers: planned moves, and restores beside the live clusters."""
    TABLETOP = "tabletop"
    """The plan is walked through, every precondition is looked at, and nothing is touched."""

    @property
    def kind(self) -> DrTestKind:
        """What auditors call it."""
        return {
            Scope.FULL: DrTestKind.ISOLATED,
            Scope.LIVE: DrTestKind.LIVE,
            Scope.TABLETOP: DrTestKind.TABLETOP,
        }[self]

    def goes_beyond(self, allowed: "Scope") -> bool:
        """Whether it does more to the estate than *allowed* does: they are declared from the widest on."""
        order = [*Scope]
        return order.index(self) < order.index(allowed)


def allowed_scope(file: EstateFile) -> Scope:
    """Return how far the estate lets a test go; where it does not say, nothing is touched."""
    testing = file.disaster_recovery.testing
    return Scope(testing.scope) if testing and testing.scope else Scope.TABLETOP


class DrTestOrder(BaseModel):
    """Test that the estate can be recovered: scenario by scenario, there and back, with evidence."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    scenarios: tuple[ScenarioName, ...] = Field(
        default=(),
        title="Scenarios",
        description="Leave empty for all that the scope allows. They are played in the order of docs/testing.md.",
    )
    scope: Scope | None = Field(
        default=None,
        title="Scope",
        description=(
            "Leave empty for the estate's, which no test goes beyond. full: faults are injected, in a lab or a "
            "staging estate. live: planned moves and restores beside only. tabletop: every precondition is looked "
            "at, and nothing is touched."
        ),
    )
    region: RegionName | None = Field(
        default=None, title="Region", description="The one that faults hit; leave empty for the first one."
    )
    hold_minutes: WaitMinutes = Field(
        default=30,
        title="Hold, minutes",
        description="So long maintenance or an open incident is waited out before the test is refused.",
    )
    put_back: bool = Field(
        default=False,
        title="Only put the estate back",
        description=(
            "Play nothing: put the estate back as it was before a test that was stopped, the newest one or the one of "
            "the id below."
        ),
    )
    put_back_run: UUID | None = Field(
        default=None,
        title="Of that Prefect run",
        description="With the above: only a test that this run of Prefect began. A cancelled run names itself here.",
    )
    reason: Reason = ""
    dry_run: DryRun = False
    requested_by: RequestedBy = None
    estate: EstatePath = DEFAULT_ESTATE
    id: ResumedId = None
