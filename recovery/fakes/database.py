"""One region's PostgreSQL in memory; the other region's commits arrive as the world has it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from recovery.errors import Refused, Unavailable
from recovery.fakes.citizen import Citizen
from recovery.fakes.world import Place, World
from recovery.ports import DatabaseState, RowKey, SequenceMove, Subscription
from recovery.ports import Place as Where

ROLE = "eden_app"
SEQUENCE, INCREMENT = "public.dr_probe_id_seq", 2
FIRST_KEY = 101
"""Where the first region's sequences stand, odd; the other one's stand one further, and draw even keys."""


class FakeDatabase(Citizen):
    """A `Database`. Each region beats without pause: its newest heartbeat is always of now."""

    def __init__(
        self,
        world: World,
        place: Place,
        *,
        node_groups: Sequence[str],
        rows: Callable[[str], Mapping[RowKey, datetime]],
    ) -> None:
        """Serve *node_groups*; *rows* tells which of the prober's rows a region has, and since when."""
        super().__init__(world, f"postgres {place.at}:5432", place)
        self._here, self._groups, self._rows = place, tuple(node_groups), rows
        self.provider: Where | None = None
        """Where it was told to find the other region's cluster; None while nobody did."""
        self.found_at: Where | None = None
        """Where it was told to be; likewise."""
        phase = list(world.places).index(place.name)
        place.sequences = {(group, SEQUENCE): FIRST_KEY + phase for group in self._groups}

    def listens(self) -> bool:
        """Whether it does."""
        try:
            self._called("listens")
        except Unavailable:
            return False
        return True

    def look(self) -> DatabaseState:
        """Return its state."""
        self._called("look")
        place = self._here
        return DatabaseState(
            version="15.0 (fake)", in_recovery=place.standby, logins={ROLE: not place.shut_out}
        )

    def try_write(self) -> None:
        """Refuse on a standby; else nothing has changed afterwards."""
        self._called("try_write")
        if self._here.standby:
            raise Refused(f"{self.endpoint} is a standby and read-only; promote it first.")

    def heartbeats(self, region: str) -> dict[str, datetime | None]:
        """Return the newest heartbeat of *region* that is here, the same in all node groups that are kept."""
        self._called("heartbeats")
        here = self._here.name
        if region not in self._world.places:
            return dict.fromkeys(self._groups)
        if region == here:
            return dict.fromkeys(self._groups, self._world.clock())
        arrived, unkept = self._world.arrived(region, here), self._there.unkept
        return {
            group: min(arrived, unkept[group].since) if group in unkept else arrived for group in self._groups
        }

    def fence(self) -> list[str]:
        """Shut the applications out."""
        self._called("fence")
        self._shut(out=True)
        return [f"{ROLE} may not log in", "0 sessions ended"]

    def unfence(self) -> None:
        """Let them in again."""
        self._called("unfence")
        self._shut(out=False)

    def beat(self, region: str) -> datetime:
        """Return now: the heartbeat of this instant."""
        self._called("beat")
        if region != self._here.name:
            raise Refused(f"{self.endpoint} writes heartbeats of {self._here.name}, not of {region}.")
        return self._world.clock()

    def subscriptions(self) -> list[Subscription]:
        """Return one a node group; the position is the time up to which commits arrived."""
        self._called("subscriptions")
        return self._subscriptions()

    def stop_applying(self) -> list[Subscription]:
        """Disable every subscription."""
        self._called("stop_applying")
        self._here.stopped_at = self._here.stopped_at or self._world.clock()
        return self._subscriptions()

    def subscribe_anew(self, subscription: Subscription) -> None:
        """Disable them all, and begin this one anew with the next start."""
        self._called("subscribe_anew")
        self._here.stopped_at = self._here.stopped_at or self._world.clock()
        self._here.anew.add(subscription.node_group)

    def start_applying(self) -> None:
        """Enable them, and have all that was sent. One that begins anew needs a provider without a slot of its name."""
        self._called("start_applying")
        self._here.stopped_at, there = None, self._there
        for group in sorted(self._here.anew):
            if (unkept := there.unkept.get(group)) and not unkept.slot_is_there:
                del there.unkept[group]
                there.began[group] = self._world.clock()
        self._here.anew.clear()

    def find_provider_at(self, provider: Where, *, here: Where) -> None:
        """Remember where; the world's link leads everywhere."""
        self._called("find_provider_at")
        self.provider, self.found_at = provider, here

    def sequences(self) -> dict[tuple[str, str], int]:
        """Return the last values."""
        self._called("sequences")
        return dict(self._here.sequences)

    def advance_sequences(self, known: Mapping[tuple[str, str], int], *, margin: int) -> list[SequenceMove]:
        """Move each past what is known of both sides; the fake's tables hold what the other side knows."""
        self._called("advance_sequences")
        there, moves = self._there.sequences, list[SequenceMove]()
        for key, before in self._here.sequences.items():
            least = max(known.get(key, 0), there.get(key, 0)) + margin * INCREMENT
            after = before if before >= least else least + (before - least) % INCREMENT
            moves.append(SequenceMove(*key, before, after))
            self._here.sequences[key] = after
        return moves

    def promote(self) -> bool:
        """Make a standby writable."""
        self._called("promote")
        was, self._here.standby = self._here.standby, False
        self._world.changed()
        return was

    def present_rows(self, since: datetime) -> set[RowKey]:
        """Return the keys of the prober's rows that are here and were written after *since*."""
        self._called("present_rows")
        return {key for key, at in self._rows(self._here.name).items() if at >= since}

    def _subscriptions(self) -> list[Subscription]:
        here, there = self._here.name, self._world.other(self._here.name)
        position = f"{self._world.arrived(there, here).timestamp():.6f}"
        return [
            Subscription(
                node_group=group,
                name=f"from_{there}".replace("-", "_"),
                enabled=self._here.stopped_at is None,
                received_lsn=position,
                replicating=self._world.hears(there, here) and group not in self._there.unkept,
                slot=f"{group}_{here}",
                sets=("default",),
            )
            for group in self._groups
        ]

    @property
    def _there(self) -> Place:
        """The other region's."""
        return self._world.places[self._world.other(self._here.name)]

    def _shut(self, *, out: bool) -> None:
        self._here.shut_out = out
        self._world.changed()
