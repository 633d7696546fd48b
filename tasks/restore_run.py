"""A restore under way, of one cluster or of both, and a recovery in a third place."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property

from recovery.approval import is_asked_for
from recovery.epoch import Epoch
from recovery.estate_in_hand import EstateInHand, Restorable
from recovery.journal import Kind
from recovery.multi_region_recovery import MultiRegionRecovery
from recovery.operation_journal import OperationJournal, left_by
from recovery.restore_operation import Restore, Scope
from recovery.restore_point import Target, TargetKind
from recovery.restore_ports import Replacement, Scratch
from recovery.restoring import Chosen, Lost, ReplayedTo
from tasks.run import Run


class RestoreRun(Run[Restore]):
    """A restore to a point in time under way: one region's cluster, as it was."""

    @property
    def region(self) -> str:
        """The region whose cluster is restored."""
        return self.operation.region

    @property
    def clients(self) -> Restorable:
        """Its backups, its scratch cluster, and the live one."""
        return self.estate.restorable(self.region)

    @property
    def scratch(self) -> Scratch:
        """The cluster that this operation restores."""
        return self.clients.scratch(self.id)

    @property
    def replacement(self) -> Replacement:
        """The live cluster's place."""
        return self.clients.replacement(self.id)

    @property
    def target(self) -> Target | None:
        """The moment that is gone back to; None while it is not known yet."""
        return self.operation.target

    @cached_property
    def parts(self) -> Sequence["RestoreRun"]:
        """This one, and where clusters are replaced, the other region's: that is brought to the same moment.

        A region that a failover has left is not: it serves nobody, and a failback makes it anew.
        """
        other = self.file.other(self.region)
        if not self.operation.replaces or left_by(self.outside.journal, other, but=self.id):
            return [self]
        return [self, PeerRun(self, other)]

    @property
    def fault_at(self) -> datetime | None:
        """When the damage was done, as far as somebody told."""
        return self.operation.fault_at

    @property
    def elsewhere(self) -> bool:
        """Whether the clusters are rebuilt on other hosts than those that had them."""
        return False

    @property
    def keeps_scratch(self) -> bool:
        """Whether the operation's folder is left: the scratch cluster for looking, or what was replaced."""
        return self.operation.replaces or (self.operation.scope is Scope.BESIDE and self.operation.keep)

    @property
    def needs_approval(self) -> bool:
        """Whether somebody must approve the repair before the live cluster is changed."""
        return is_asked_for(self.file, self.operation)

    def region_of(self, side: str) -> str:  # noqa: ARG002 - this procedure has one side
        """Return the region."""
        return self.region


class PeerRun(RestoreRun):
    """The same operation, for the other region's cluster: it goes to the instant that the first one's moment is."""

    def __init__(self, first: RestoreRun, region: str) -> None:
        """Share the operation's journal and epoch."""
        operation = first.operation.model_copy(update={"region": region})
        super().__init__(operation, first.estate, first.journal, first.epoch)
        self.history = first.history
        self._first = first

    @property
    def fault_at(self) -> datetime | None:
        """When the first one's was."""
        return self._first.fault_at

    @property
    def elsewhere(self) -> bool:
        """Whether the first one is."""
        return self._first.elsewhere

    @property
    def target(self) -> Target | None:
        """The first one's moment as a time; None until that has found it."""
        asked = self._first.operation.target
        if asked.kind in {TargetKind.TIME, TargetKind.LATEST}:
            return asked
        if asked.kind is TargetKind.BEFORE_TRANSACTION and (at := self._chosen_at()):
            return Target.time(at - timedelta(microseconds=1))
        done = self.journal.find(Kind.DONE, step="replay", region=self._first.region)
        last = ReplayedTo.model_validate(done.data["result"]).last_commit_at if done else None
        return Target.time(last) if last else None

    def _chosen_at(self) -> datetime | None:
        done = self.journal.find(Kind.DONE, step="can_be_reached", region=self._first.region)
        return Chosen.model_validate(done.data["result"]).moment_at if done else None


class RecoveryRun(RestoreRun):
    """A recovery under way: its estate is the stand-ins' from the beginning; the lost regions are beside it."""

    def __init__(
        self, asked: MultiRegionRecovery, estate: EstateInHand, journal: OperationJournal, epoch: Epoch
    ) -> None:
        """Restore what the regions in service had: one that a failover has left is not among them."""
        first, second = estate.file.regions
        left = [name for name in (first, second) if left_by(estate.outside.journal, name, but=asked.id or "")]
        operation = asked.of_clusters(second if first in left else first, both=not left)
        super().__init__(operation, estate.stand_ins, journal, epoch)
        self.lost, self._asked = estate, asked

    @property
    def asked(self) -> MultiRegionRecovery:
        """What was asked for."""
        return self._asked

    @property
    def fault_at(self) -> datetime | None:
        """When the last region was lost, as somebody told, or as the prober saw it."""
        done = self.journal.find(Kind.DONE, step="confirm_lost")
        return self.asked.fault_at or (Lost.model_validate(done.data["result"]).fault_at if done else None)

    @property
    def elsewhere(self) -> bool:
        """They are: on the stand-ins."""
        return True
