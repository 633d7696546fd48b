"""What one region's cluster keeps for the other region, in memory: what somebody had it keep."""

from collections.abc import Iterator

from recovery.errors import Refused
from recovery.fakes.citizen import Citizen
from recovery.fakes.world import Place, World
from recovery.ports import Subscription
from recovery.salvage.ports import Slot, SlotState, UnsentChange


class FakeSending(Citizen):
    """A `Sending`. A position is a number of changes; what is before it was sent or skipped."""

    def __init__(self, world: World, place: Place) -> None:
        super().__init__(world, f"postgres {place.at}:5432", place)
        self._here = place
        self.kept: list[UnsentChange] = []
        """What was committed, in its order; whoever plays the applications adds to it."""
        self.state = SlotState.KEPT
        self.skipped: dict[str, int] = {}

    def slots(self, subscriptions: list[Subscription]) -> list[Slot]:
        """Return one for each; it is active while the other region hears this one."""
        self._called("slots")
        hears = self._world.hears(self._here.name, self._world.other(self._here.name))
        return [Slot(one, self.state, active=hears) for one in subscriptions]

    def position(self) -> str:
        """Return how many changes there are."""
        self._called("position")
        return str(len(self.kept))

    def unsent(self, subscription: Subscription, *, until: str) -> Iterator[UnsentChange]:
        """Yield those of the subscription's node group."""
        (slot,) = self.slots([subscription])
        self._called("unsent")
        if slot.active or slot.state is not SlotState.KEPT:
            why = "is read by its subscriber" if slot.active else f"is {slot.state}"
            raise Refused(f"{self.endpoint}/{subscription.node_group}: the slot {why}, and can not be read.")
        start = self.skipped.get(subscription.node_group, 0)
        ours = self.kept[start : int(until)]
        yield from (one for one in ours if one.table.database == subscription.node_group)

    def skip(self, subscription: Subscription, *, until: str) -> None:
        """Leave out what is before the position."""
        self._called("skip")
        before = self.skipped.get(subscription.node_group, 0)
        self.skipped[subscription.node_group] = max(before, int(until))
