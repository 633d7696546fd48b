"""One check of readiness: a condition, held against a fact."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from pydantic import Field

from recovery.measurement import Frozen
from recovery.readiness.told import Silent, Told

T = TypeVar("T")


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
    CLOCKS = "clocks"
    OUTAGES = "outages"
    POSTGRES = "PostgreSQL"
    SCHEMA = "schema"
    PARITY = "the regions' likeness"
    BACKUPS = "backups"
    PROOF = "last proved"


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
    worth: float | None = Field(
        default=None, ge=0, le=1, description="Of a proof: what it is worth now; null: it is none"
    )

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


class Judged(NamedTuple):
    """What a criterion says of a fact."""

    state: State
    value: str
    limit: str = ""
    worth: float | None = None


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


def holds(value: str, limit: str = "", *, ok: bool, otherwise: State = State.FAILED) -> Judged:
    """Return that a fact is as it should be, or *otherwise*."""
    return Judged(State.OK if ok else otherwise, value, limit)


def listed(names: Sequence[str], *, most: int = 5) -> str:
    """Return names in a sentence: the first few, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
