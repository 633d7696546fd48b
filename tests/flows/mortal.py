"""A process that is killed at a write of its journal, in place of SIGKILL; used by the tests of killed operations."""

from collections.abc import Sequence

from recovery.fakes.stores import FakeStore
from recovery.journal import Event, Kind

PLACES = ("us-east-1", "us-west-2", "witness")


class Killed(BaseException):
    """In place of SIGKILL: the journal takes nothing more of this process, so nothing is undone or told."""


class Process:
    """One process's journal: it dies at its write number *lives_for* + 1, in all stores at once."""

    def __init__(self, lives_for: int | None = None) -> None:
        self.lives_for, self._dead, self._written = lives_for, False, set[str]()
        self.stores = [MortalStore(place, self) for place in PLACES]

    def lives(self) -> None:
        self.lives_for, self._dead = None, False

    @property
    def written(self) -> int:
        """How many keys it has written so far."""
        return len(self._written)

    def calls(self, _verb: str) -> None:
        if self._dead:
            raise Killed

    def writes(self, key: str) -> None:
        self._written.add(key)
        if self.lives_for is not None and len(self._written) > self.lives_for:
            self._dead = True


class MortalStore(FakeStore):
    def __init__(self, place: str, process: Process) -> None:
        super().__init__(place, before=process.calls)
        self._process = process

    def put_new(self, key: str, body: bytes) -> bytes | None:
        self._process.writes(key)
        return super().put_new(key, body)

    def put(self, key: str, body: bytes) -> None:
        self._process.writes(key)
        super().put(key, body)


def done_twice(events: Sequence[Event]) -> list[str | None]:
    """The steps that were started in a region after they were done there."""
    done: set[tuple[str | None, str | None]] = set()
    again = []
    for event in events:
        if event.kind is Kind.DONE:
            done.add((event.step, event.region))
        elif event.kind is Kind.STARTED and (event.step, event.region) in done:
            again.append(event.step)
    return again
