"""What must hold before a verdict becomes a failover that nobody asked for. No clock, no network."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, Field

from recovery.measurement import Frozen
from recovery.verdict import Row, Verdict

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Policy(Frozen):
    """What the estate allows to happen by itself."""

    automatic: bool = Field(
        default=False, description="False: decide, write it down, do nothing (shadow mode)"
    )
    approval: bool = Field(default=True, description="A person approves before anything is changed")
    hold: timedelta = Field(default=timedelta(minutes=2), description="A verdict must have stood so long")
    evaluations: int = Field(default=4, ge=1, description="And in so many evaluations in a row")
    cooldown: timedelta = Field(default=timedelta(minutes=15), description="From the end of an operation on")
    per_hour: int = Field(default=1, ge=0)
    per_day: int = Field(default=2, ge=0)


class Circumstances(Frozen):
    """What stands around a verdict when it is reached."""

    standing_since: AwareDatetime | None = Field(
        default=None, description="Since when the same region has been called lost or at fault, unbroken"
    )
    evaluations: int = Field(default=0, ge=0, description="How many in a row said so")
    left_by: str | None = Field(
        default=None, description="The operation that left the region, where none came back to it since"
    )
    target_ready: bool | None = Field(default=None, description="None: could not be told")
    target_told: str = "not looked at"
    operation: str | None = Field(default=None, description="The operation that holds the estate")
    begun: tuple[AwareDatetime, ...] = Field(default=(), description="When earlier failovers began")
    ended_at: AwareDatetime | None = Field(default=None, description="When the last operation ended")
    switched_off: str | None = Field(default=None, description="Who turned automation off, and why")
    maintenance: str | None = Field(default=None, description="What is being worked on, by whom")


class Guard(Frozen):
    """One guard, with the value it found and the limit it is held to."""

    name: str
    ok: bool
    value: str
    limit: str


class Course(StrEnum):
    """What is done about a verdict: this drives the intake."""

    FAIL_OVER = "fail over"
    ASK = "ask for approval"
    SHADOW = "would fail over"
    WAIT = "wait"
    """Only time is missing."""
    HELD_BACK = "held back"
    """A guard forbids it: a person is called."""
    PAGE = "page"
    WATCH = "watch"
    NOTHING = "nothing"


COURSES = {
    Row.GLOBAL_FAULT: Course.PAGE,
    Row.MONITORING_FAULT: Course.PAGE,
    Row.PARTITION: Course.PAGE,
    Row.UNATTRIBUTED: Course.PAGE,
    Row.SERVICE_FAULT: Course.PAGE,
    Row.SUSPECT: Course.WATCH,
    Row.HEALTHY: Course.NOTHING,
}
"""Of the verdicts that never lead to a failover; a person is called to any region that fails the prober."""


class Decision(Frozen):
    """The course that is taken, the guards that led to it, and what would have to change for a failover."""

    course: Course
    guards: tuple[Guard, ...]
    missing: tuple[str, ...]


def decide(verdict: Verdict, around: Circumstances, policy: Policy, now: datetime) -> Decision:
    """Return what is done about *verdict*, and what would have to change before more is."""
    lacking = tuple(f"{c.what} (now: {c.value})" for c in verdict.conditions if not c.holds)
    if not verdict.calls_for_failover:
        course = Course.PAGE if verdict.failing else COURSES[verdict.row]
        return Decision(course=course, guards=(), missing=lacking)
    stood, allowed = _stood(around, policy, now), _allowed(around, policy, now)
    course = _course(policy, stood=all(g.ok for g in stood), allowed=all(g.ok for g in allowed))
    guards = (*stood, *allowed, *_permitted(policy))
    missing = tuple(f"{g.name}: {g.limit} (now: {g.value})" for g in guards if not g.ok)
    return Decision(course=course, guards=guards, missing=missing)


def _course(policy: Policy, *, stood: bool, allowed: bool) -> Course:
    if not allowed:
        return Course.HELD_BACK
    if not stood:
        return Course.WAIT
    if not policy.automatic:
        return Course.SHADOW
    return Course.ASK if policy.approval else Course.FAIL_OVER


def _stood(around: Circumstances, policy: Policy, now: datetime) -> tuple[Guard, ...]:
    since = around.standing_since
    stood = now - since if since else timedelta()
    return (
        _guard("held long enough", stood >= policy.hold, _s(stood), f"at least {_s(policy.hold)}"),
        _guard(
            "seen again and again",
            around.evaluations >= policy.evaluations,
            f"{around.evaluations} evaluations",
            f"at least {policy.evaluations}",
        ),
    )


def _allowed(around: Circumstances, policy: Policy, now: datetime) -> tuple[Guard, ...]:
    rests_until = around.ended_at + policy.cooldown if around.ended_at else None
    # One that another host's clock puts after now was begun all the same.
    hour = sum(now - HOUR < at for at in around.begun)
    day = sum(now - DAY < at for at in around.begun)
    return (
        _guard(
            "not left already", around.left_by is None, around.left_by or "no operation left it", "none did"
        ),
        _guard("target ready", around.target_ready is True, around.target_told, "fit to take over"),
        _guard("estate free", around.operation is None, around.operation or "free", "no operation holds it"),
        _guard(
            "cooled down",
            rests_until is None or now >= rests_until,
            f"rests until {rests_until.astimezone(UTC):%F %T} UTC" if rests_until else "no operation yet",
            f"{_s(policy.cooldown)} after the last operation",
        ),
        _guard("no maintenance", around.maintenance is None, around.maintenance or "none", "none"),
        _guard(
            "within the budget",
            hour < policy.per_hour and day < policy.per_day,
            f"{hour} in an hour, {day} in a day",
            f"fewer than {policy.per_hour} in an hour and {policy.per_day} in a day",
        ),
        _guard("switched on", around.switched_off is None, around.switched_off or "on", "on"),
    )


def _permitted(policy: Policy) -> tuple[Guard, ...]:
    return (
        _guard(
            "automatic failover",
            policy.automatic,
            "on" if policy.automatic else "off (shadow mode)",
            "global_load_balancing.failover.automatic: true",
        ),
        _guard(
            "no approval needed",
            not policy.approval,
            "asked for" if policy.approval else "not asked for",
            "manual_approval_required: false, or a person's approval",
        ),
    )


def _guard(name: str, ok: bool, value: str, limit: str) -> Guard:  # noqa: FBT001 - what a guard is
    return Guard(name=name, ok=ok, value=value, limit=limit)


def _s(span: timedelta) -> str:
    return f"{span.total_seconds():.0f} s"
