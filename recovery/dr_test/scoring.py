"""What a test is worth: full marks only there and back, and less as time passes and things change.

It stands alone: it takes values, and asks nobody.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from pydantic import AwareDatetime, Field

from recovery.measurement import Frozen


class Score(StrEnum):
    """How far a scenario came."""

    THERE_AND_BACK = "there and back"
    THERE_ONLY = "there only"
    NOT_THERE = "not there"
    NOT_TRIED = "not tried"
    """On a tabletop: what it needs was looked at, at most; it earns nothing, and nothing failed."""

    @property
    def points(self) -> float:
        """1 there and back, half for there without a proved way back, 0 otherwise."""
        match self:
            case Score.THERE_AND_BACK:
                return 1.0
            case Score.THERE_ONLY:
                return 0.5
            case Score.NOT_THERE | Score.NOT_TRIED:
                return 0.0
            case never:
                assert_never(never)


def score(*, there: bool | None, back: bool | None) -> Score:
    """Return how far it came; what was not tried is not proved, and a way back needs a way there."""
    if there is not True:
        return Score.NOT_THERE
    return Score.THERE_AND_BACK if back is True else Score.THERE_ONLY


class State(Frozen):
    """What a proof was made on, or what there is now; a value that is null is not known."""

    at: AwareDatetime
    estate_digest: str | None = None
    schema_digest: str | None = None
    code_version: str | None = None


class Worth(Frozen):
    """What a proof is worth now, and why it is not worth more."""

    points: float = Field(ge=0, le=1)
    of: float = Field(ge=0, le=1, description="What it was worth when it was made")
    why: list[str] = Field(description="Each reason for the difference, in a sentence")

    @property
    def is_full(self) -> bool:
        """Whether nothing has been lost of it."""
        return self.points >= self.of


LEFT_AFTER_CHANGE = {
    "schema_digest": ("The schema", 0.5),
    "estate_digest": ("The estate file", 0.5),
    "code_version": ("This tool's version", 0.75),
}
"""What a change of each leaves of a proof. They multiply: a proof of another system proves little."""


def present_worth(proved: Score, then: State, now: State, *, interval: timedelta) -> Worth:
    """Return what a proof made on *then* is worth *now*.

    It is whole for one *interval* (the time between two tests), loses evenly through the second, and is worth
    nothing from its end on. Each change since leaves a part of it (`LEFT_AFTER_CHANGE`); what is not known on
    either side counts as changed.
    """
    whole = proved.points
    left, why = _left_by_age(then.at, now.at, interval)
    reasons = [why] if why else []
    for name, (what, leaves) in LEFT_AFTER_CHANGE.items():
        if told := _changed(getattr(then, name), getattr(now, name), what):
            left *= leaves
            reasons.append(told)
    return Worth(points=whole * left, of=whole, why=reasons if whole else [f"It was proved “{proved}”."])


def worthless_at(at: datetime, *, interval: timedelta) -> datetime:
    """Return from when on a proof made *at* is worth nothing, whatever did not change."""
    return at + 2 * interval


def _left_by_age(at: datetime, now: datetime, interval: timedelta) -> tuple[float, str | None]:
    age = now - at
    if age < timedelta(0):
        return 0.0, f"It is dated {at:%Y-%m-%d %H:%M} UTC, which is still to come: compare the clocks."
    if age <= interval:
        return 1.0, None
    left = max(0.0, 1 - (age - interval) / interval)
    days, every = age / timedelta(days=1), interval / timedelta(days=1)
    return left, f"It is {days:.0f} days old, and a test is due every {every:.0f}."


def _changed(then: str | None, now: str | None, what: str) -> str | None:
    if then is None or now is None:
        return f"{what} may have changed: it is not known what {'it was' if then is None else 'it is'}."
    return f"{what} changed since." if then != now else None
