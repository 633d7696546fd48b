"""What one run has found: all checks, and what they say together."""

import json
from collections.abc import Iterable
from enum import StrEnum

from pydantic import AwareDatetime, Field

from recovery.measurement import Frozen
from recovery.readiness.check import Check, Group, State


class Verdict(StrEnum):
    """What all checks together say."""

    READY = "ready"
    DEGRADED = "degraded"
    """A region can be left; something wants looking at."""
    NOT_READY = "not-ready"
    """Something fails, or is not known."""


class Change(StrEnum):
    """What is another than in the run before."""

    VERDICT = "verdict"
    CHECKS = "checks"
    """Other checks fail, warn, or are not known."""
    NONE = "none"


class Readiness(Frozen):
    """Every check of one run."""

    estate: str
    at: AwareDatetime
    took_s: float
    checks: tuple[Check, ...] = Field(description="The worst first")

    @property
    def verdict(self) -> Verdict:
        """What they say together."""
        return verdict_of(self.checks)

    def to_json(self) -> str:
        """Return it with its verdict and headline, for programs."""
        told = self.model_dump(mode="json") | {"verdict": self.verdict, "headline": self.headline}
        return json.dumps(told, indent=2, ensure_ascii=False)

    def change_from(self, before: "Readiness | None") -> "Change":
        """Return what is another than it was before; everything is where nothing is known of before."""
        if before is None or before.verdict is not self.verdict:
            return Change.VERDICT
        return Change.NONE if before.standing == self.standing else Change.CHECKS

    @property
    def standing(self) -> frozenset[tuple[tuple[str, str, str], State]]:
        """The checks that do not hold, and how they stand."""
        return frozenset((check.key, check.state) for check in self.checks if check.state is not State.OK)

    @property
    def headline(self) -> str:
        """The verdict, and how many checks stand how."""
        counts = {state: sum(check.state is state for check in self.checks) for state in State}
        told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
        return f"{self.verdict.replace('-', ' ')}: {told}"


def verdict_of(checks: Iterable[Check]) -> Verdict:
    """Return what checks say together: what is not known is not ready."""
    states = {check.state for check in checks}
    if states & {State.FAILED, State.UNKNOWN} or not states:
        return Verdict.NOT_READY
    return Verdict.DEGRADED if State.WARNING in states else Verdict.READY


def sorted_checks(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return them as people read them: the worst first, then by what they are about."""
    states, groups = list(State), list(Group)
    order = {state: place for place, state in enumerate(states)}
    rank = {group: place for place, group in enumerate(groups)}
    return tuple(
        sorted(checks, key=lambda one: (order[one.state], rank[one.group], one.region or "", one.name))
    )
