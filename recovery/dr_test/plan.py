"""The plan of a test: what is to be tried, why, within which bounds; its hash says which plan a test followed."""

import hashlib
import json

from pydantic import Field

from recovery.dr_test.scenarios import Announced, DrTestKind, ScenarioName
from recovery.measurement import Frozen


class PlannedScenario(Frozen):
    """One disaster that is to be tried, and what is expected of it."""

    name: ScenarioName
    hypothesis: str = Field(min_length=1, description="What is expected, so that it can turn out false")
    risk: str | None = Field(
        description="Why it is tried: its reference in the business impact analysis or the risk register"
    )
    injects: str = Field(min_length=1, description="What is to be broken, and how")
    rto_s: float | None = Field(default=None, description="Its own objective; null: the estate's")
    rpo_s: float | None = Field(default=None, description="Its own objective; null: the estate's")


class DrTestPlan(Frozen):
    """What a test is to do."""

    version: str | None = Field(description="The version that people gave the plan; null: they gave none")
    kind: DrTestKind
    announced: Announced
    scenarios: list[PlannedScenario] = Field(min_length=1, description="In the order of their turn")
    scope_in: list[str] = Field(default_factory=list, description="What is tested")
    scope_out: list[str] = Field(default_factory=list, description="What is not, and why")
    assumptions: list[str] = Field(default_factory=list, description="What is taken for granted")
    rto_s: float = Field(gt=0)
    rpo_s: float = Field(ge=0)

    @property
    def is_tabletop(self) -> bool:
        """Whether nothing is touched: then nothing can be proved, and nothing can fail."""
        return self.kind is DrTestKind.TABLETOP

    def digest(self) -> str:
        """Return the SHA-256, in hex, of the plan as canonical JSON: keys sorted, no blanks."""
        said = self.model_dump(mode="json")
        return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
