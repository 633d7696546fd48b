"""One region's gateway in memory."""

from collections.abc import Collection, Sequence
from itertools import cycle

from recovery.errors import Refused, Unavailable
from recovery.fakes.citizen import Citizen
from recovery.fakes.world import Place, World
from recovery.ports import GatewayState

LIMIT = 1000


class FakeGateway(Citizen):
    """A `Gateway`. While `down`, it does not answer from here, and customers are served."""

    def __init__(self, world: World, place: Place, *, services: Sequence[str], fences: bool = True) -> None:
        """Serve *services*; one that does not *fences* can neither be closed nor looked at."""
        super().__init__(world, f"gateway {place.at}:443", place)
        self._here, self._services = place, tuple(services)
        self._turn = cycle(self._services)
        self.fences = fences

    @property
    def sick(self) -> bool:
        """Whether its services answer 503; set it to make them."""
        return self._here.sick

    @sick.setter
    def sick(self, is_sick: bool) -> None:
        self._here.sick = is_sick
        self._world.changed()

    @property
    def sessions(self) -> int:
        """Sessions now, of `LIMIT`; set it to fill the gateway."""
        return self._here.sessions

    @sessions.setter
    def sessions(self, now: int) -> None:
        self._here.sessions = now

    def answers(self, services: Collection[str]) -> dict[str, str]:
        """Return what failed, and how: all of them, none, or as many as are `failing`, in turn."""
        try:
            self._called("answers")
        except Unavailable:
            return dict.fromkeys(services, "ConnectError")
        if not self._here.serves:
            return dict.fromkeys(services, "HTTP 503")
        ill = {next(self._turn) for _ in range(self._here.failing)}
        return dict.fromkeys(ill.intersection(services), "HTTP 500")

    def look(self) -> GatewayState:
        """Return its state."""
        self._asked("look")
        up, down = ((), self._services) if self._here.sick else (self._services, ())
        return GatewayState(up, down, self._here.sessions, LIMIT, fenced=self._here.fenced)

    def fence(self) -> None:
        """Close it."""
        self._asked("fence")
        self._here.fenced = True
        self._world.changed()

    def unfence(self) -> None:
        """Open it."""
        self._asked("unfence")
        self._here.fenced = False
        self._world.changed()

    def _asked(self, verb: str) -> None:
        """Have the runtime API called."""
        self._called(verb)
        if not self.fences:
            raise Refused(f"{self.endpoint} has no runtime API; give `recovery.gateways.*.admin`.")
