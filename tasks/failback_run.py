"""The return of a region under way."""

from functools import cached_property

from recovery.approval import is_asked_for
from recovery.estate_in_hand import Region
from recovery.failback import Failback
from recovery.journal import Kind
from recovery.left_region import LeftRegion, left_region
from recovery.region_standing import OPENS
from tasks.run import Run

RETURNS = "return_traffic"
"""The step that sends the region its first customers."""


class FailbackRun(Run[Failback]):
    """The return of a region under way. Traffic moves as in a failover: from where it is to the region that is back."""

    @property
    def source(self) -> Region:
        """The region that serves everything."""
        return self.estate.other(self.operation.region)

    @property
    def target(self) -> Region:
        """The region that is back."""
        return self.estate.region(self.operation.region)

    @cached_property
    def failover(self) -> LeftRegion:
        """How it was left. Raises `BadInput` for a region that no failover has left."""
        return left_region(self.outside.journal, self.operation.region, but=self.id)

    @property
    def is_kept_out(self) -> bool:
        """Whether nobody was let into the region yet: what was seen of it may be seen again, and it be closed."""
        return not self._has_begun(OPENS)

    @property
    def has_no_customers(self) -> bool:
        """Whether none of its traffic was returned yet."""
        return not self._has_begun(RETURNS)

    @property
    def needs_approval(self) -> bool:
        """Whether somebody must approve before anything is looked at or changed."""
        return is_asked_for(self.file, self.operation)

    def region_of(self, side: str) -> str:
        """Return the name of the region that serves, or of the one that is back."""
        return self.source.name if side == "source" else self.target.name

    def _has_begun(self, step: str) -> bool:
        return any((event.kind, event.step) == (Kind.STARTED, step) for event in self.journal.events)
