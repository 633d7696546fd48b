"""A person's approval of an operation: asked for by the estate, given by somebody else than who asked, once.

The answer is an object beside the operation's journal, put there once and for all: it does not matter where it
was given, nor whether the process that waits for it was killed in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from recovery.errors import BadInput, Refused
from recovery.estate import EstateFile
from recovery.failback import Failback
from recovery.measurement import Frozen
from recovery.operation import Failover, Operation
from recovery.quorum import Quorum, Taken
from recovery.regions_repair import RegionsRepair
from recovery.restore_operation import Restore

ALERTS = "alerts"
"""Who asked, where nobody did."""
NOBODY = "nobody"

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class Decision(StrEnum):
    """What an approver makes of an operation."""

    APPROVE = "approve"
    REFUSE = "refuse"


class Said(BaseModel):
    """What somebody said, before it is known that they may."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Decision
    by: Name
    code: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] = Field(repr=False)
    why: Why


class Answer(Frozen):
    """The one answer to an operation: who gave it, where, and why."""

    approved: bool
    by: str
    why: str
    at: AwareDatetime
    given_in: str = Field(description="The form in Prefect, `dr`, or the timeout")


class Approval(Frozen):
    """What became of the question, for the journal."""

    asked_by: str
    approved_by: str
    approved_at: AwareDatetime
    why: str
    given_in: str

    def __str__(self) -> str:
        """Who approved, and why."""
        return f"asked by {self.asked_by}, approved by {self.approved_by} ({self.given_in}): {self.why}"


class Card(Protocol):
    """What an approver is shown before deciding."""

    @property
    def question(self) -> str:
        """Return what is asked."""
        ...

    @property
    def facts(self) -> Sequence[tuple[str, str]]:
        """Return each fact with its value, most important first."""
        ...

    @property
    def irreversible(self) -> Sequence[str]:
        """Return what can not be undone."""
        ...


class Approvers(Protocol):
    """The people who may approve, each known by a code that nobody else can make."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return who they are."""
        ...

    def moment_of(self, name: str, code: str, at: datetime) -> int | None:
        """Return the number of the moment to which a right *code* belongs, None for a wrong one."""
        ...


def is_asked_for(file: EstateFile, operation: Failover | Restore | RegionsRepair | Failback) -> bool:
    """Whether somebody must approve: unless the file says so, only of what alerts have started.

    A restore is approved once there is a plan to look at, and only one that changes what serves. So is a repair.
    Alerts start no failback.
    """
    coordination = file.disaster_recovery.recovery_coordination
    asked = coordination.manual_approval_required if coordination else None
    if isinstance(operation, Restore):
        return bool(asked) and operation.changes_live
    if isinstance(operation, RegionsRepair | Failback):
        return bool(asked)
    return operation.incident is not None if asked is None else asked


@dataclass(frozen=True)
class Question:
    """One operation's question, where the journal is: put by whoever asked, answered once."""

    operation: Operation
    estate: str
    quorum: Quorum
    approvers: Approvers

    @property
    def asked_by(self) -> str | None:
        """Who asked: the alerts, or a person; None where the person gave no name."""
        by_alerts = isinstance(self.operation, Failover) and self.operation.incident is not None
        return ALERTS if by_alerts else self.operation.requested_by

    def answer(self) -> Answer | None:
        """Return the answer that was given, None while there is none."""
        stores = self.quorum.read(self._key)
        for body in {store[self._key] for store in stores if self._key in store}:
            try:
                self.quorum.put_new(self._key, body)  # one that stands at a minority only is made whole
            except Taken:
                continue
            return Answer.model_validate_json(body)
        return None

    def close(self, answer: Answer) -> Answer:
        """Put *answer* down for good, and return it; where another one was first, that one is returned."""
        try:
            self.quorum.put_new(self._key, answer.model_dump_json().encode())
        except Taken:
            if (first := self.answer()) is None:
                raise
            return first
        return answer

    def take(self, said: Said, *, given_in: str, now: datetime) -> Answer:
        """Put down what was said, or raise why it can not be taken: not an approver, who asked, or not their code.

        A code is spent by this, whatever becomes of the answer.
        """
        if said.by not in self.approvers.names:
            raise BadInput(
                f"{said.by!r} is no approver of {self.estate}: {', '.join(self.approvers.names)} are."
            )
        if said.by == self.asked_by and said.decision is Decision.APPROVE:
            raise Refused(f"{said.by} asked for this operation, and can not approve it: somebody else must.")
        self._spend(said, now)
        approved = said.decision is Decision.APPROVE
        return self.close(Answer(approved=approved, by=said.by, why=said.why, at=now, given_in=given_in))

    def _spend(self, said: Said, now: datetime) -> None:
        moment = self.approvers.moment_of(said.by, said.code, now)
        if moment is None:
            raise Refused(f"The code is not {said.by}'s of this moment; give the one that is shown now.")
        try:
            key = f"estates/{self.estate}/codes/{said.by}/{moment}"
            self.quorum.put_new(key, f"{self.operation.id} {now.isoformat()}".encode())
        except Taken as error:
            raise Refused(f"{said.by}'s code was used already; wait for the next one.") from error

    @property
    def _key(self) -> str:
        return f"operations/{self.operation.id}/approval"
