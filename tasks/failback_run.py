"""The return of a region under way."""

from functools import cached_property

from recovery.approval import is_asked_for
from recovery.estate_in_hand import Region
from recovery.failback import Failback
from recovery.left_region import LeftRegion, left_region
from tasks.run import Run


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
    def needs_approval(self) -> bool:
        """Whether somebody must approve before anything is looked at or changed."""
        return is_asked_for(self.file, self.operation)

    def region_of(self, side: str) -> str:
        """Return the name of the region that serves, or of the one that is back."""
        return self.source.name if side == "source" else self.target.name
