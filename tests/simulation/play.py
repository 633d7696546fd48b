"""One schedule: what its seed draws, played to its end."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from actors import Actors
from claims import Claims
from scheduling import Endless, Process, Scheduler
from simulated import SimulatedEstate
from virtual import Virtual
from weather import Weather

from recovery.epoch import give_up, holder_of
from recovery.errors import RecoveryError
from recovery.estate import EstateFile
from recovery.journal import closed_at
from recovery.operation_journal import read

ROUNDS = 4
SHARES = ((50, 50), (80, 20), (100, 0), (0, 100))


@dataclass(frozen=True)
class Outcome:
    """How a schedule ended."""

    seed: int
    broken: tuple[str, ...]
    happened: Counter[str] = field(default_factory=Counter)
    mark: str = ""
    """The same for the same run: its calls, its time, and what the journal's stores hold."""

    def __str__(self) -> str:
        return f"seed {self.seed}: {'; '.join(self.broken) or 'nothing broken'}"


class Schedule:
    """The seed's world, and who acts in it."""

    def __init__(self, seed: int, file: EstateFile, virtual: Virtual) -> None:
        """Draw the world."""
        self.seed = seed
        self.scheduler = virtual.scheduler = Scheduler(seed)
        weights = dict(zip(file.regions, self.scheduler.chance.choice(SHARES), strict=True))
        self.estate = virtual.estate = SimulatedEstate(file, self.scheduler, weights)
        self.actors = Actors(self.estate, self.scheduler)
        self.claims = virtual.claims = Claims(self.actors, self.scheduler)
        self.weather = Weather(self.actors, self.scheduler)
        self.scheduler.looks = self.claims.look
        self.scheduler.killed = self.weather.killed
        self.scheduler.stopped = self.weather.stopped

    def played(self) -> Outcome:
        """Play it: the storm, then calm, in which everything that is open is resumed to its end."""
        try:
            self.weather.draw()
            self.scheduler.run()
            self.weather.calms()
            self.scheduler.run()
            self._ends()
            self.claims.end()
        except (Endless, RecoveryError) as error:
            self.claims.breaks(str(error))
        return Outcome(self.seed, tuple(self.claims.broken), self.actors.happened, self._mark())

    def _ends(self) -> None:
        for number in range(ROUNDS):
            for name in self._open():
                self.actors.happened["resumed in the end"] += 1
                process = Process(f"the end's {number}", "witness")
                self.actors.person(process, self.actors.asked[name])
                self.scheduler.run()
            self.weather.guards()
            if not self._open():
                return
            if number == 1:
                self._give_up_the_dead()

    def _open(self) -> list[str]:
        quorum = self.estate.outside.journal
        journals = {name: read(quorum, name) for name in self.actors.asked}
        open_ones = [name for name, events in journals.items() if events and closed_at(events) is None]
        holder = holder_of(quorum, self.estate.name)
        if holder and holder.operation not in open_ones:
            open_ones.append(holder.operation)
        return open_ones

    def _give_up_the_dead(self) -> None:
        """Where a rival died between its announcement and its look, two stand: a person says which one is dead."""
        quorum = self.estate.outside.journal
        for name in self.actors.asked:
            if not read(quorum, name):
                self.actors.happened["a dead rival was given up by a person"] += 1
                give_up(quorum, self.estate.name, name)

    def _mark(self) -> str:
        held = {place: sorted(store.objects.items()) for place, store in self.estate.stores.items()}
        digest = hashlib.sha256(repr(held).encode()).hexdigest()
        return f"{self.scheduler.calls} calls, {self.scheduler.clock_s:.6f} s, {digest}"


def play(
    seed: int, file: EstateFile, virtual: Virtual, *, told: Callable[[str], None] | None = None
) -> Outcome:
    """Play the schedule of *seed*; *told* hears what is done in it."""
    schedule = Schedule(seed, file, virtual)
    schedule.scheduler.told = told
    return schedule.played()
