"""What one region's cluster keeps for the other region, in memory: what somebody had it keep."""

from collections.abc import Iterator

from recovery.errors import Refused
from recovery.fakes.citizen import Citizen
from recovery.fakes.world import Place, Unkept, World
from recovery.ports import Subscription
from recovery.salvage.ports import Slot, SlotState, UnsentChange


class FakeSending(Citizen):
    """A `Sending`. A position is a number of changes; what is before it was sent or skipped."""

    def __init__(self, world: World, place: Place) -> None:
        super().__init__(world, f"postgres {place.at}:5432", place)
        self._here = place
        self.kept: list[UnsentChange] = []
        """What was committed, in its order; whoever plays the applications adds to it."""
        self.skipped: dict[str, int] = {}
        self.kept_bytes = 0
        """How much WAL that is."""

    def loses(self, node_group: str, *, slot_is_there: bool = True) -> None:
        """Keep nothing of a node group any more: WAL was thrown away, or, without a slot, the cluster is another."""
        self._here.unkept[node_group] = Unkept(self._world.clock(), slot_is_there)

    def slots(self, subscriptions: list[Subscription]) -> list[Slot]:
        """Return one for each; it is active while the other region hears this one."""
        self._called("slots")
        return [self._slot(one) for one in subscriptions]

    def position(self) -> str:
        """Return how many changes there are."""
        self._called("position")
        return str(len(self.kept))

    def unsent(self, subscription: Subscription, *, until: str) -> Iterator[UnsentChange]:
        """Yield those of the subscription's node group."""
        group = subscription.node_group
        (slot,) = self.slots([subscription])
        self._called("unsent")
        if slot.active or slot.state is not SlotState.KEPT:
            why = "is read by its subscriber" if slot.active else f"is {slot.state}"
            raise Refused(f"{self.endpoint}/{group}: the slot {why}, and can not be read.")
        began = self._here.began.get(group)
        ours = [
            one for one in self.kept[self.skipped.get(group, 0) : int(until)] if one.table.database == group
        ]
        yield from (one for one in ours if began is None or one.at >= began)

    def drop_lost(self, subscription: Subscription) -> None:
        """Have no slot any more, where nothing was kept."""
        self._called("drop_lost")
        slot = self._slot(subscription)
        if slot.state is SlotState.KEPT:
            read = ", and read" if slot.active else ""
            raise Refused(
                f"{self.endpoint}/{subscription.node_group}: the slot is {slot.state}{read}: it is not dropped."
            )
        self.loses(subscription.node_group, slot_is_there=False)

    def skip(self, subscription: Subscription, *, until: str) -> None:
        """Leave out what is before the position."""
        self._called("skip")
        before = self.skipped.get(subscription.node_group, 0)
        self.skipped[subscription.node_group] = max(before, int(until))

    def _slot(self, subscription: Subscription) -> Slot:
        if unkept := self._here.unkept.get(subscription.node_group):
            state = SlotState.LOST if unkept.slot_is_there else SlotState.MISSING
            return Slot(subscription, state, active=False)
        hears = self._world.hears(self._here.name, self._world.other(self._here.name))
        return Slot(subscription, SlotState.KEPT, active=hears, kept_bytes=self.kept_bytes)
