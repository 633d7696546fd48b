"""A process that is killed at any point of its way, in place of SIGKILL; used by the tests of killed operations."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from threading import RLock

from recovery.errors import OperationClosed
from recovery.fakes.copies import FakeCopies
from recovery.fakes.estate import FakeEstate
from recovery.fakes.stores import FakeStore
from recovery.fakes.world import World
from recovery.journal import Event, Kind, find

PLACES = ("us-east-1", "us-west-2", "witness")
PARTS = 2
"""So many tests share the points of one procedure, to run beside each other."""


class Killed(BaseException):
    """In place of SIGKILL: nothing takes anything more of this process, so nothing is undone or told."""


class Process:
    """One process: it dies after its point number *lives_for*, for the journal and for the world at once.

    A point is a change: a key of the journal is about to be written, or the world is not as it was at the call
    before. So it dies before, in the middle of, and after whatever a step does; between two looks nothing differs.
    """

    def __init__(self, lives_for: int | None = None) -> None:
        self.lives_for, self.points = lives_for, 0
        """How many it has passed so far."""
        self.stores = [MortalStore(place, self) for place in PLACES]
        self._dead, self._written, self._lock = False, set[str](), RLock()
        self._look: Callable[[], object] = lambda: None
        self._seen: object = None

    def lives(self) -> None:
        """Go on as another process, which nobody kills."""
        self.lives_for, self._dead = None, False

    def dies(self) -> None:
        """End here: whoever calls this gets no answer any more."""
        self._dead = True
        raise Killed

    def acts_on(self, estate: FakeEstate) -> FakeEstate:
        """Have *estate* be what it changes, from now on."""
        self._look = lambda: state_of(estate)
        self._seen = self._look()
        for world in worlds_of(estate):
            world.before_call = self._calls
        return estate

    def asks(self, _verb: str) -> None:
        if self._dead:
            raise Killed

    def writes(self, key: str) -> None:
        with self._lock:
            if key not in self._written:
                self._written.add(key)
                self._passes()

    def _calls(self) -> None:
        with self._lock:
            if (now := self._look()) != self._seen:
                self._seen = now
                self._passes()
        self.asks("")

    def _passes(self) -> None:
        self.points += 1
        if self.lives_for is not None and self.points > self.lives_for:
            self._dead = True


class MortalStore(FakeStore):
    def __init__(self, place: str, process: Process) -> None:
        super().__init__(place, before=process.asks)
        self._process = process

    def put_new(self, key: str, body: bytes) -> bytes | None:
        self._process.writes(key)
        return super().put_new(key, body)

    def put(self, key: str, body: bytes) -> None:
        self._process.writes(key)
        super().put(key, body)


class Stopping(MortalStore):
    """Its process dies once it has written *dies*, and is told to stop once *stops* is written; each once."""

    def __init__(
        self, place: str, process: Process, said: set[bytes], *, dies: bytes, stops: bytes | None = None
    ) -> None:
        super().__init__(place, process)
        self._said, self._dies, self._stops = said, dies, stops

    def put_new(self, key: str, body: bytes) -> bytes | None:
        written = super().put_new(key, body)
        if self._dies in body and self._dies not in self._said:
            self._said.add(self._dies)
            self._process.lives_for = 0
        if self._stops and self._stops in body and self._stops not in self._said:
            self._said.add(self._stops)
            raise KeyboardInterrupt
        return written


@dataclass(frozen=True)
class Procedure:
    """What a procedure is run with, again and again."""

    prepare: Callable[[Process], FakeEstate]
    run: Callable[[FakeEstate], object]
    journal: Callable[[FakeEstate], Sequence[Event]]
    ended: Callable[[FakeEstate], list[object]]
    """What it leaves behind, but for what differs from run to run."""


def killed_everywhere(
    procedure: Procedure, *, part: int, least: int, every: int = 1
) -> Iterator[tuple[int, FakeEstate]]:
    """Kill it after *every* one of its points, and go on with it: it ends as an undisturbed run, no step done twice.

    Yields each point, and the estate as it is in the end. There must be *least* points.
    """
    process = Process()
    undisturbed = process.acts_on(procedure.prepare(process))
    procedure.run(undisturbed)

    for lives_for in count(part * every, PARTS * every):
        process = Process()
        estate = process.acts_on(procedure.prepare(process))
        process.lives_for = process.points + lives_for
        try:
            procedure.run(estate)
        except Killed:
            process.lives()
        else:
            break
        try:
            procedure.run(estate)
        except OperationClosed:
            assert find(procedure.journal(estate), Kind.CLOSED)

        assert procedure.ended(estate) == procedure.ended(undisturbed), f"killed after {lives_for} points"
        assert done_twice(procedure.journal(estate)) == [], f"killed after {lives_for} points"
        yield lives_for, estate

    assert lives_for >= least


def worlds_of(estate: FakeEstate) -> list[World]:
    return [estate.world, *([estate.third_place.world] if estate.third_place else [])]


def state_of(estate: FakeEstate) -> object:
    """All that verbs can change."""
    there = estate.third_place
    copies = [*estate.copies.values(), *(there.copies.values() if there else ())]
    tables = [repr(region.tables.rows) for region in estate.fake_regions.values()]
    places = [repr(place) for place in (there.world.places.values() if there else ())]
    return estate.state(), places, tables, [_state_of_copies(one) for one in copies]


def _state_of_copies(copies: FakeCopies) -> object:
    scratch, replacement = copies.scratch, copies.replacement
    kept = (scratch.exists, scratch.promoted, scratch.running, scratch.before is None)
    return kept, replacement.detached, replacement.quiet, repr(copies.live.rows), repr(copies.beside.rows)


def done_twice(events: Sequence[Event]) -> list[str | None]:
    """The steps that were started in a region after they were done there.

    One that looks again may be: by another process, and before the point of no return.
    """
    done: dict[tuple[str | None, str | None], int] = {}
    again, no_return = [], False
    for event in events:
        where = (event.step, event.region)
        no_return |= event.kind is Kind.POINT_OF_NO_RETURN
        if event.kind is Kind.DONE:
            done[where] = event.epoch
        elif event.kind is Kind.STARTED and where in done:
            looks_again = event.data.get("looks_again") is True and event.epoch > done[where]
            if no_return or not looks_again:
                again.append(event.step)
    return again
