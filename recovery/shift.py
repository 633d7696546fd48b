"""Moving traffic in steps: what to do next, from what was seen. No network, no clock.

A step sends a share of requests to the target and is verified by a window in which that
share has *arrived*, few enough requests failed, and they were fast enough. DNS moves
slowly and never wholly: what was set is not what is there. Semantics follow Argo Rollouts'
analysis (four outcomes) and Flagger's thresholds.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self, assert_never

from pydantic import AwareDatetime, Field, model_validator

from recovery.errors import BadInput
from recovery.judgement import Judgement, Limits, Outcome, fit_to_return, judge
from recovery.measurement import Frozen
from recovery.observation import Observation, Seen
from recovery.traffic import Weights, checked_weights

WHOLE = 100
"""Weights of a shift add up to this: one weight, one percent."""


class Plan(Frozen):
    """How a shift is paced, when a step counts, and what happens when it does not."""

    increment_percent: int = Field(ge=1, le=WHOLE)
    interval: timedelta = Field(ge=timedelta(), description="Least time from one step to the next")
    verification: timedelta = Field(ge=timedelta(), description="Time with good data needed at the last step")
    max_hold: timedelta = Field(gt=timedelta(), description="Longest time a step may stay unverified")
    cooldown: timedelta = Field(
        default=timedelta(), ge=timedelta(), description="From a rollback to a new shift"
    )
    breaches: int = Field(
        default=2, ge=1, description="Failed windows, no good one between, that end the shift"
    )
    patience: timedelta = Field(
        default=timedelta(),
        ge=timedelta(),
        description="So long windows may fail that the source is no way out of; then the shift is held",
    )
    back_out: bool = Field(
        default=True, description="Put traffic back when a step fails; False: hold and page"
    )
    ttl: timedelta = Field(default=timedelta(), ge=timedelta(), description="DNS caches keep answers so long")
    limits: Limits = Limits()
    final_percent: int = Field(default=WHOLE, ge=1, le=WHOLE, description="The share at which the shift ends")

    @model_validator(mode="after")
    def _can_be_done(self) -> Self:
        if self.max_hold < self.interval + self.verification:
            raise ValueError(
                f"max_hold is {self.max_hold}, and interval and verification take "
                f"{self.interval + self.verification}; give max_hold at least that"
            )
        return self

    @classmethod
    def at_once(cls, verification: timedelta, max_hold: timedelta, limits: Limits | None = None) -> Self:
        """Return the plan of an unplanned failover: all in one step, and no way back to a lost region."""
        return cls(
            increment_percent=WHOLE,
            interval=timedelta(),
            verification=verification,
            max_hold=max_hold,
            back_out=False,
            limits=limits or Limits(),
        )


class Phase(StrEnum):
    """How far a shift is."""

    READY = "ready"
    SHIFTING = "shifting"
    DONE = "done"
    ROLLED_BACK = "rolled back"
    HELD = "held"


class Step(Frozen):
    """The share of a step, and what was seen of it since it was set."""

    share: int = Field(description="Percent of requests that are to go to the target")
    since: AwareDatetime
    counted_until: AwareDatetime = Field(description="Windows up to here were judged")
    pending: Observation | None = Field(default=None, description="Windows that said too little so far")
    verified: timedelta = timedelta()
    failed_windows: int = 0
    failing_since: AwareDatetime | None = Field(default=None, description="Begin of the first of them")
    last: Judgement | None = None


class Shift(Frozen):
    """A shift and all it must remember, ready for the journal.

    Made with plan, source, target and the original weights; `advance` fills in the rest.
    """

    plan: Plan
    source: str
    target: str
    original: dict[str, int]
    baseline: Seen | None = Field(default=None, description="The target before the shift")
    not_before: AwareDatetime | None = Field(
        default=None, description="End of an earlier rollback's cooldown"
    )
    phase: Phase = Phase.READY
    step: Step | None = Field(default=None, description="None before the first one")
    reason: str = Field(default="", description="Why it was rolled back, or held")

    @model_validator(mode="after")
    def _has_two_regions(self) -> Self:
        checked_weights(self.original, {self.source, self.target})
        if self.source == self.target:
            raise ValueError(f"source and target are both {self.source}; name two regions")
        return self

    @property
    def weights(self) -> Weights:
        """What the global name is to have now; setting it again after a crash is safe."""
        if self.step is None or self.phase is Phase.ROLLED_BACK:
            return dict(self.original)
        return weights_for(self.step.share, self.source, self.target)


@dataclass(frozen=True)
class SetWeights:
    """Set these weights; windows that begin from now on are judged."""

    share: int
    weights: Weights


@dataclass(frozen=True)
class Wait:
    """Come back with each new window, and at *until* with or without one."""

    until: datetime
    reason: str


@dataclass(frozen=True)
class Done:
    """The traffic is at the target as planned, and stayed well for the verification period."""


@dataclass(frozen=True)
class RollBack:
    """Set the original weights again: the source was seen to be fit."""

    weights: Weights
    reason: str


@dataclass(frozen=True)
class Hold:
    """Change nothing, and page: a person decides. `released` lets the shift go on."""

    reason: str


Action = SetWeights | Wait | Done | RollBack | Hold


def weights_for(share: int, source: str, target: str) -> dict[str, int]:
    """Return the weights that send *share* percent to the target; they add up to 100."""
    if not 0 <= share <= WHOLE:
        raise BadInput(f"share is {share}; give a percentage from 0 to {WHOLE}")
    return {source: WHOLE - share, target: share}


def advance(shift: Shift, window: Observation | None, now: datetime) -> tuple[Shift, Action]:
    """Return the shift after *window*, and what to do; without a new window, *window* is None.

    A window that begins before the last one's end, or before its step, is not judged. Safe
    to repeat: an ended shift gives its last action again.
    """
    match shift.phase, shift.step:
        case Phase.DONE, _:
            return shift, Done()
        case Phase.ROLLED_BACK, _:
            return shift, RollBack(shift.weights, shift.reason)
        case Phase.HELD, _:
            return shift, Hold(shift.reason)
        case Phase.SHIFTING, Step() as step:
            return _look(shift, step, window, now)
        case _:
            return _begin(shift, now)


def released(shift: Shift, now: datetime) -> Shift:
    """Return a held shift as it goes on with the same step, its failures forgiven by a person."""
    if shift.phase is not Phase.HELD or shift.step is None:
        return shift
    step = Step(share=shift.step.share, since=now, counted_until=now)
    return shift.model_copy(update={"phase": Phase.SHIFTING, "step": step, "reason": ""})


def _begin(shift: Shift, now: datetime) -> tuple[Shift, Action]:
    """An unplanned shift waits for no cooldown: its source is presumed lost."""
    if shift.plan.back_out and shift.not_before is not None and now < shift.not_before:
        return shift, Wait(
            shift.not_before, f"cooling down from a rollback until {shift.not_before:%F %T %Z}"
        )
    return _step_on(shift, shift.original[shift.target] * WHOLE // sum(shift.original.values()), now)


def _step_on(shift: Shift, share: int, now: datetime) -> tuple[Shift, Action]:
    """Return the shift at the step after *share*, with nothing seen of it."""
    step = Step(
        share=min(shift.plan.final_percent, share + shift.plan.increment_percent),
        since=now,
        counted_until=now,
    )
    after = shift.model_copy(update={"phase": Phase.SHIFTING, "step": step})
    return after, SetWeights(step.share, after.weights)


def _look(shift: Shift, step: Step, window: Observation | None, now: datetime) -> tuple[Shift, Action]:
    """Judge a new window, alone and with those that said too little before it."""
    if window is None or window.start < step.counted_until:
        return _unless_overdue(shift, step, window, now)
    expired = window.start >= step.since + shift.plan.ttl
    told, evidence = judge(shift.plan.limits, step.share, window, shift.baseline, expired=expired), window
    if step.pending is not None and (told.keep or told.outcome is Outcome.SUCCESSFUL):
        joined = step.pending + window
        together = judge(shift.plan.limits, step.share, joined, shift.baseline)
        if told.keep or together.outcome is Outcome.SUCCESSFUL:
            told, evidence = together, joined
    seen = step.model_copy(
        update={"counted_until": window.end, "last": told, "pending": evidence if told.keep else None}
    )
    match told.outcome:
        case Outcome.SUCCESSFUL:
            return _succeeded(shift, seen, evidence, now)
        case Outcome.FAILED:
            seen = _failed(seen, window)
            if seen.failed_windows >= shift.plan.breaches and not _bears(shift, seen, evidence, now):
                return _stop(shift.model_copy(update={"step": seen}), evidence, told.reason, now)
        case Outcome.INCONCLUSIVE | Outcome.ERROR:
            pass  # neither adds to the failures nor forgives them
        case _:
            assert_never(told.outcome)
    return _unless_overdue(shift, seen, evidence, now)


def _failed(step: Step, window: Observation) -> Step:
    counted = {"failed_windows": step.failed_windows + 1, "verified": timedelta()}
    return step.model_copy(update=counted | {"failing_since": step.failing_since or window.start})


def _bears(shift: Shift, step: Step, evidence: Observation, now: datetime) -> bool:
    """Whether to look on for a while: what neither region is free of may pass, and going back would help nobody."""
    plan, since = shift.plan, step.failing_since or now
    return plan.back_out and not fit_to_return(plan.limits, evidence.source) and now < since + plan.patience


def _succeeded(shift: Shift, step: Step, evidence: Observation, now: datetime) -> tuple[Shift, Action]:
    verified = step.verified + evidence.length
    good = step.model_copy(update={"failed_windows": 0, "failing_since": None, "verified": verified})
    if good.share >= shift.plan.final_percent and good.verified >= shift.plan.verification:
        return shift.model_copy(update={"phase": Phase.DONE, "step": good}), Done()
    if good.share < shift.plan.final_percent and now >= good.since + shift.plan.interval:
        return _step_on(shift, good.share, now)
    return _unless_overdue(shift, good, evidence, now)


def _unless_overdue(
    shift: Shift, step: Step, evidence: Observation | None, now: datetime
) -> tuple[Shift, Action]:
    """Wait, or stop a step that was not verified in time."""
    after, told = (
        shift.model_copy(update={"step": step}),
        step.last.reason if step.last else "nothing was seen",
    )
    deadline, pace = step.since + shift.plan.max_hold, step.since + shift.plan.interval
    if now >= deadline:
        held = (
            f"{step.share} % was not verified within {shift.plan.max_hold.total_seconds():g} s; last: {told}"
        )
        return _stop(after, evidence or step.pending, held, now)
    return after, Wait(pace if now < pace else deadline, told)


def _stop(
    shift: Shift, evidence: Observation | None, reason: str, now: datetime
) -> tuple[Shift, RollBack | Hold]:
    """Put traffic back if the source was seen to be fit for it, hold if it was not."""
    ended = shift.model_copy(update={"phase": Phase.ROLLED_BACK, "reason": reason})
    if shift.plan.back_out and evidence is not None and fit_to_return(shift.plan.limits, evidence.source):
        after = ended.model_copy(update={"not_before": now + shift.plan.cooldown})
        return after, RollBack(after.weights, reason)
    why = f"was not seen to be any better than {shift.target}" if shift.plan.back_out else "is presumed lost"
    held = f"{reason}; traffic is not put back: {shift.source} {why}; check both regions and decide"
    return ended.model_copy(update={"phase": Phase.HELD, "reason": held}), Hold(held)
