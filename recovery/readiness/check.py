"""One check of readiness, and what all of them together say."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from pydantic import AwareDatetime, Field

from recovery.errors import RecoveryError, Refused
from recovery.measurement import Frozen

T = TypeVar("T")
S = TypeVar("S")


class State(StrEnum):
    """How a check stands, the worst first: what cannot be told is no good news."""

    FAILED = "failed"
    UNKNOWN = "unknown"
    WARNING = "warning"
    OK = "ok"


class Group(StrEnum):
    """What a check is about."""

    ESTATE = "estate"
    ACCESS = "logins and certificates"
    WATCHED = "watched"
    SERVING = "serving"
    REPLICATION = "replication"
    POSTGRES = "PostgreSQL"
    SCHEMA = "schema"
    PARITY = "the regions' likeness"
    BACKUPS = "backups"
    PROOF = "last proved"


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


class Check(Frozen):
    """One condition, looked at once."""

    name: str = Field(description="The condition, in the same words every time")
    group: Group
    region: str | None = Field(
        default=None, description="Whose it is; null: the estate's, or of both regions"
    )
    state: State
    value: str = Field(description="What was seen, or why nothing was")
    limit: str = Field(default="", description="What it is held against")
    remedy: str = Field(description="What would mend it")

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from the others of one run, and is the same in the next."""
        return self.group, self.name, self.region or ""

    def __str__(self) -> str:
        """The check as a person reads it."""
        limit = f" (limit: {self.limit})" if self.limit else ""
        remedy = f"; {self.remedy}" if self.state is not State.OK else ""
        where = f"{self.region}: " if self.region else ""
        return f"{where}{self.name}: {self.value}{limit}{remedy}"


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


@dataclass(frozen=True)
class Silent:
    """A fact that could not be had, and why."""

    why: str
    answered: bool = False
    """It was answered, with a no: what else is asked there may be answered well."""


Told: TypeAlias = T | Silent


class Judged(NamedTuple):
    """What a criterion says of a fact."""

    state: State
    value: str
    limit: str = ""


@dataclass(frozen=True)
class Criterion(Generic[T]):
    """What a fact is asked, by which name, and what would do where it does not hold."""

    name: str
    judge: Callable[[T], Judged]
    remedy: str


def checked(
    group: Group, told: Told[T], criteria: Iterable[Criterion[T]], *, region: str | None = None
) -> list[Check]:
    """Return a check for each criterion; of a fact that could not be had every one is unknown."""
    return [
        Check(
            name=one.name, group=group, region=region, remedy=one.remedy, **_judged(told, one.judge)._asdict()
        )
        for one in criteria
    ]


def _judged(told: Told[T], judge: Callable[[T], Judged]) -> Judged:
    return Judged(State.UNKNOWN, told.why) if isinstance(told, Silent) else judge(told)


def asked(ask: Callable[[], T]) -> Told[T]:
    """Return what *ask* returns, or why it could not: whatever is wrong with one part is told, and not raised."""
    try:
        return ask()
    except RecoveryError as error:
        return Silent(str(error), answered=isinstance(error, Refused))
    except Exception as error:  # noqa: BLE001 - its words are not ours, and may hold what nobody is to read
        return Silent(f"{type(error).__name__}, which is a defect; see the log.")


def in_turn(before: object, ask: Callable[[], T]) -> Told[T]:
    """Return what *ask* returns; nobody is asked again who has just not answered."""
    return before if isinstance(before, Silent) and not before.answered else asked(ask)


def both(left: Told[T], right: Told[S]) -> Told[tuple[T, S]]:
    """Return two facts as one, which is silent where either is."""
    if isinstance(left, Silent):
        return left
    return right if isinstance(right, Silent) else (left, right)


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


def holds(value: str, limit: str = "", *, ok: bool, otherwise: State = State.FAILED) -> Judged:
    """Return that a fact is as it should be, or *otherwise*."""
    return Judged(State.OK if ok else otherwise, value, limit)


def listed(names: Sequence[str], *, most: int = 5) -> str:
    """Return names in a sentence: the first few, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
