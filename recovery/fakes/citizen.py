"""What all fakes of one world have in common: a log of the verbs called, and failures on demand."""

from collections.abc import Callable

from recovery.errors import Unavailable
from recovery.fakes.world import Place, World

Hook = Callable[[], None]


class Citizen:
    """One part of the world. With a place, it answers only while that region is not lost."""

    def __init__(self, world: World, endpoint: str, place: Place | None = None) -> None:
        self._world, self._endpoint, self._place = world, endpoint, place
        self.log: list[str] = []
        """The verbs that were called, in order."""
        self.down = False
        """It does not answer, to whoever asks from here."""
        self._hooks: dict[str, Hook] = {}

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return self._endpoint

    def takes_connections(self, *, within_s: float) -> bool:  # noqa: ARG002 - it is there at once, or not at all
        """Whether it answers."""
        try:
            self._called("takes_connections")
        except Unavailable:
            return False
        return True

    def meanwhile(self, verb: str, happens: Hook) -> None:
        """Have *happens* called at each call of *verb*, before the verb does anything."""
        self._hooks[verb] = happens

    def fails(self, verb: str, error: BaseException, *, after: int = 0, times: int | None = None) -> None:
        """Have *verb* raise *error* from its call number *after* + 1 on, *times* times or always."""
        calls = 0

        def raising() -> None:
            nonlocal calls
            calls += 1
            if calls > after and (times is None or calls <= after + times):
                raise error

        self.meanwhile(verb, raising)

    def heals(self) -> None:
        """Have it answer again, and forget `meanwhile` and `fails`."""
        self.down = False
        self._hooks.clear()

    def _called(self, verb: str) -> None:
        """Log the verb; raise where it was told to, or where nothing answers."""
        self._world.called(f"{self._endpoint}: {verb}")
        self.log.append(verb)
        if hook := self._hooks.get(verb):
            hook()
        if self.down or (self._place is not None and self._place.lost_at is not None):
            raise Unavailable(f"{self._endpoint} did not answer: connection refused.")
