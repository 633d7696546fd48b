"""An operation under way: what was asked for, on which estate, with its journal and its epoch."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Generic, TypeVar

from pydantic import JsonValue

from recovery.approval import is_asked_for
from recovery.epoch import Epoch
from recovery.estate import EstateFile
from recovery.estate_in_hand import EstateInHand, Outside, Region
from recovery.journal import Kind
from recovery.operation import Failover, Operation
from recovery.operation_journal import OperationJournal
from recovery.reconcile.ports import Tables
from recovery.regions_repair import RegionsRepair
from tasks.watching import History

OperationT = TypeVar("OperationT", bound=Operation)


class Run(Generic[OperationT]):
    """Passed to every step. It is no collection: Prefect takes it as it is, and stores nothing of it."""

    def __init__(
        self, operation: OperationT, estate: EstateInHand, journal: OperationJournal, epoch: Epoch
    ) -> None:
        """Hold the operation, the estate, and where events go."""
        self.operation, self.estate = operation, estate
        self.journal, self.epoch = journal, epoch
        self.history = History()
        """How long its steps took before."""

    def __repr__(self) -> str:
        """The operation's id: this is what logs and Prefect show."""
        return f"Run({self.id})"

    @property
    def id(self) -> str:
        """The operation's id."""
        return self.operation.id or ""

    @property
    def file(self) -> EstateFile:
        """What the estate's file says."""
        return self.estate.file

    @property
    def outside(self) -> Outside:
        """What stands in front of the regions and beside them."""
        return self.estate.outside

    @property
    def asked(self) -> Operation:
        """What was asked for, as the journal keeps it."""
        return self.operation

    def region_of(self, side: str) -> str:
        """Return the name of the region on that side of the procedure."""
        raise NotImplementedError

    @property
    def past_no_return(self) -> bool:
        """Whether the only way is forward."""
        return self.journal.find(Kind.POINT_OF_NO_RETURN) is not None

    @property
    def backing_out(self) -> bool:
        """Whether what was done is being put back."""
        return self.journal.find(Kind.BACKING_OUT) is not None

    @property
    def why_backing_out(self) -> str:
        """Why it is put back, in a sentence; empty while it is not."""
        begun = self.journal.find(Kind.BACKING_OUT)
        return f"Cause: {begun.data.get('why', 'not told')}" if begun else ""

    @property
    def not_come_to(self) -> set[str]:
        """The mutating steps that an earlier process began, and this one has not come to."""
        events = [event for event in self.journal.events if event.step]
        reached = {(event.step, event.region) for event in events if event.epoch == self.epoch.number}
        begun = {
            (event.step, event.region)
            for event in events
            if event.kind is Kind.STARTED and event.data.get("mutating") is True
        }
        return {str(step) for step, _ in begun - reached}

    def back_out(self, error: BaseException) -> None:
        """Write down that what was done is put back from now on, and why; once."""
        if not self.backing_out:
            why = str(error) or type(error).__name__
            self.journal.record(Kind.BACKING_OUT, now(), data={"why": why})

    def note(self, text: str, *, step: str | None = None, **data: JsonValue) -> None:
        """Write a remark into the journal."""
        self.journal.record(Kind.NOTED, now(), step=step, data={"text": text, **data})

    def close(self, outcome: str, summary: str, *, following: list[str]) -> None:
        """End the operation for good, and let the next one take the estate. Safe to repeat.

        *following* is what a person does next.
        """
        if self.journal.find(Kind.CLOSED) is None:
            told: list[JsonValue] = [*following]
            self.journal.record(
                Kind.CLOSED, now(), data={"outcome": outcome, "summary": summary, "next": told}
            )
        self.epoch.close()


class FailoverRun(Run[Failover]):
    """A failover under way: a source that is left, and a target that takes over."""

    @property
    def source(self) -> Region:
        """The region that is being left."""
        return self.estate.region(self.operation.source)

    @property
    def target(self) -> Region:
        """The region that takes over."""
        return self.estate.other(self.operation.source)

    @property
    def needs_approval(self) -> bool:
        """Whether somebody must approve before anything is looked at or changed."""
        return is_asked_for(self.file, self.operation)

    def region_of(self, side: str) -> str:
        """Return the source's name, or the target's."""
        return self.source.name if side == "source" else self.target.name


class RepairRun(Run[RegionsRepair]):
    """A repair of both regions under way."""

    @property
    def needs_approval(self) -> bool:
        """Whether somebody must approve the plan before anything is changed."""
        return is_asked_for(self.file, self.operation)

    @cached_property
    def parts(self) -> Sequence["RepairPart"]:
        """The same repair, in each region."""
        return [RepairPart(self, region) for region in self.file.regions]


class RepairPart(RepairRun):
    """The same operation, in one region."""

    def __init__(self, whole: RepairRun, region: str) -> None:
        """Share the operation's journal and epoch."""
        super().__init__(whole.operation, whole.estate, whole.journal, whole.epoch)
        self.history = whole.history
        self.region = region

    @property
    def tables(self) -> Tables:
        """The region's tables."""
        return self.estate.region(self.region).tables

    def region_of(self, side: str) -> str:  # noqa: ARG002 - it has one
        """Return the region."""
        return self.region


def now() -> datetime:
    """Return the time, aware, in UTC: the steps' clock. The core is given it."""
    return datetime.now(UTC)
