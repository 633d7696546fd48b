"""What goes wrong, and when: all of it drawn from the schedule's seed."""

from collections.abc import Callable

from actors import Actors
from scheduling import Process, Scheduler
from simulated import WITNESS

from recovery.operation import Failover, Mode

STORM_S = 8.0
STORE_FAULTS = ("down", "late", "loses_replies")
LONGEST_LIFE = 300
"""Calls within which a process that is to die dies: so many a failover takes."""

ANNOUNCED = 20
"""Calls in which an epoch is taken."""
BEGINNING = 80
"""Calls in which one that resumes passes what is done."""


class Weather:
    """The faults of one schedule."""

    def __init__(self, actors: Actors, scheduler: Scheduler) -> None:
        """Have drawn nothing yet."""
        self._actors, self._scheduler, self._chance = actors, scheduler, scheduler.chance
        self._estate, self._made = actors.estate, 0
        self._calm = False

    def draw(self) -> None:
        """Draw what will happen: a disaster or none, lies, faults of the journal, and who acts."""
        region = self._chance.choice(self._estate.file.regions)
        disaster = self._disaster(region)
        if self._chance.random() < 0.35:
            self._lie(beside=disaster)
        for _ in range(self._chance.choice((0, 0, 1, 1, 2))):
            self._store_fails()
        self._estate.route53.meanwhile("set_weights", self._traffic_moves)
        self._estate.world.ends = self._dies_at_the_end
        if self._chance.random() < 0.1:
            self._during(self._route53_is_down)
        for _ in range(self._chance.choice((1, 1, 1, 2, 2, 3))):
            self._somebody_acts(region)

    def calms(self) -> None:
        """Have everything back, and nobody die any more."""
        self._calm = True
        self._heal_link()
        self._estate.route53.down = self._estate.prober.down = False
        self._estate.prober.accuses.clear()
        self._actors.monitoring.alerts_lie.clear()
        self._actors.monitoring.silent.clear()
        for store in self._estate.stores.values():
            store.down = store.late = store.loses_replies = False
            store.deliver()
        for region in self._estate.file.regions:
            self._estate.place(region).sick = False
            self._actors.comes_back(region)
        self.guards()

    def guards(self) -> None:
        """Have the guards look."""
        self._actors.changed()
        for region in self._estate.file.regions:
            self._actors.guard(region)

    def killed(self, process: Process) -> None:
        """A person resumes what was killed, at another place, unless nobody sees it."""
        self._actors.happened["a process was killed"] += 1
        self._taken_over(process, seldom=0.3)

    def stopped(self, process: Process) -> None:
        """A person takes a process that stands still for dead, now and then, and resumes its operation."""
        self._actors.happened["a process stood still"] += 1
        self._taken_over(process, seldom=0.4)

    def _taken_over(self, process: Process, *, seldom: float) -> None:
        name = self._actors.running.get(process.name)
        if self._calm or name is None or self._chance.random() < seldom:
            return
        places = [place for place in (*self._estate.file.regions, WITNESS) if place != process.place]

        def resumed() -> None:
            self._actors.happened["resumed by another process"] += 1
            if self._chance.random() < 0.2:
                self._scheduler.after(self._chance.random() / 10, self._journal_is_away)
            self._actors.person(
                self._process("resumes", self._chance.choice(places)), self._actors.asked[name]
            )

        self._scheduler.after(self._chance.random() * 2, resumed)

    def _dies_at_the_end(self) -> None:
        """Have a process die while it writes its operation's end: after the first store, or the second."""
        process = self._scheduler.current
        if process is not None and not self._calm and self._chance.random() < 0.1:
            self._actors.happened["a process died at the end"] += 1
            process.dies_at = process.calls + self._chance.randint(2, 3)

    def _journal_is_away(self) -> None:
        """Have a majority of the stores down, for longer than one step is tried again."""
        self._actors.happened["the journal was away as somebody resumed"] += 1
        stores = self._chance.sample([*self._estate.stores.values()], 2)

        def switched(down: bool) -> None:  # noqa: FBT001 - a state
            for store in stores:
                store.down = down

        switched(True)
        self._scheduler.after(1.3 + self._chance.random(), lambda: switched(False))

    def _disaster(self, region: str) -> str:
        kind = self._chance.choice(("lost", "lost", "isolated", "sick", "link", "none", "none"))
        match kind:
            case "lost":
                self._happens("a region was lost", lambda: self._lose(region, for_good=True))
            case "isolated":
                self._happens("a region was cut off", lambda: self._lose(region, for_good=False))
            case "sick":
                self._happens("a region was sick", lambda: self._sicken(region))
            case "link":
                self._happens("the link was cut", self._cut)
        if kind in {"lost", "isolated"} and self._chance.random() < 0.6:
            self._after(2, lambda: self._actors.comes_back(region))
        if kind in {"sick", "lost"} and self._chance.random() < 0.25:
            other = self._estate.file.other(region)
            self._happens("the other region was sick", lambda: self._sicken(other))
        if kind == "link":
            self._after(3, self._heal_link)
        return kind

    def _lose(self, region: str, *, for_good: bool) -> None:
        """Have it answer nobody; processes in a region that is only cut off live on."""
        place = self._estate.place(region)
        place.lost_at = place.lost_at or self._scheduler.now()
        for process in list(self._scheduler.processes) if for_good else []:
            if process.place == region:
                self._scheduler.kill(process)
        self._actors.changed()

    def _sicken(self, region: str) -> None:
        place = self._estate.place(region)
        place.sick = True
        self._actors.changed()

        def well() -> None:
            place.sick = False
            self._actors.changed()

        if self._chance.random() < 0.5:
            self._after(1, well)

    def _traffic_moves(self) -> None:
        """Have the move itself bring a region down, now and then: the one that gets more, or both."""
        if self._calm or self._chance.random() > 0.12:
            return
        for region in self._chance.choice((self._estate.file.regions, self._estate.file.regions[:1])):
            self._scheduler.after(self._chance.random() / 4, lambda region=region: self._sicken(region))
        self._actors.happened["a region was sick while traffic moved"] += 1

    def _cut(self) -> None:
        self._estate.world.link_cut_at = self._scheduler.now()

    def _heal_link(self) -> None:
        self._estate.world.link_cut_at = None

    def _lie(self, *, beside: str) -> None:
        """Have one witness be wrong. A cut link deafens the target: the prober tells the truth then."""
        region = self._chance.choice(self._estate.file.regions)
        prober, monitoring = self._estate.prober, self._actors.monitoring
        lies = ("blind", "alerts", "watchdog", "prober")
        match self._chance.choice(lies[:-1] if beside == "link" else lies):
            case "prober":
                self._happens("the prober lied", lambda: prober.accuses.add(region))
                self._after(4, lambda: prober.accuses.discard(region))
            case "blind":
                self._happens("the prober fell silent", lambda: setattr(prober, "down", True))
                self._after(2, lambda: setattr(prober, "down", False))
            case "alerts":
                self._happens("alerts lied", lambda: monitoring.alerts_lie.add(region))
            case "watchdog":
                self._happens("a region's monitoring fell silent", lambda: monitoring.silent.add(region))

    def _store_fails(self) -> None:
        place, fault = self._chance.choice([*self._estate.stores]), self._chance.choice(STORE_FAULTS)
        store = self._estate.stores[place]

        def back() -> None:
            setattr(store, fault, False)
            self._scheduler.after(self._chance.random(), store.deliver)

        self._happens(f"a store was {fault}", lambda: setattr(store, fault, True))
        self._after(1, back)

    def _route53_is_down(self, down: bool) -> None:  # noqa: FBT001 - a state
        self._estate.route53.down = down
        self._actors.happened["Route 53's control plane was away"] += down

    def _during(self, switch: Callable[[bool], None]) -> None:
        begins = self._chance.random() * STORM_S
        self._scheduler.after(begins, lambda: switch(True))
        self._scheduler.after(begins + self._chance.random() * STORM_S, lambda: switch(False))

    def _somebody_acts(self, region: str) -> None:
        kind = self._chance.choice(
            ("intake", "intakes", "unplanned", "unplanned", "planned", "planned", "both")
        )
        places = [*self._estate.file.regions, WITNESS]
        self._chance.shuffle(places)
        at = self._chance.random() * 3
        if kind in {"intake", "intakes"}:
            for place in places[: 1 if kind == "intake" else 2]:
                self._scheduler.after(
                    at, lambda place=place: self._actors.intake(self._process("intake", place))
                )
            return
        modes = (Mode.UNPLANNED, Mode.PLANNED) if kind == "both" else (Mode(kind),)
        for mode, place in zip(modes, places, strict=False):
            source = region if self._chance.random() < 0.8 else self._estate.file.other(region)
            self._made += 1
            asked = Failover(id=f"failover-{self._made:04d}-{source}", source=source, mode=mode)
            started = lambda asked=asked, place=place: self._started(asked, place)  # noqa: E731 - bound here
            self._scheduler.after(at, started)

    def _started(self, asked: Failover, place: str) -> None:
        self._actors.happened[f"a person started a {asked.mode} failover"] += 1
        self._actors.person(self._process("starts", place), asked)

    def _process(self, what: str, place: str) -> Process:
        """Return a process that is as mortal as the weather has it."""
        self._made += 1
        process = Process(f"{what}-{self._made}@{place}", place)
        life = self._chance.choice((BEGINNING, LONGEST_LIFE)) if what == "resumes" else LONGEST_LIFE
        if self._chance.random() < 0.45:
            process.dies_at = self._chance.randint(1, life)
        if self._chance.random() < 0.2:
            process.ends_at = self._chance.randint(1, life)
        if self._chance.random() < 0.4:
            process.stops_at = self._chance.randint(1, self._chance.choice((ANNOUNCED, life)))
            process.stops_s = self._chance.choice((0.5, 3.0, 10.0))
        return process

    def _happens(self, what: str, happens: Callable[[], object]) -> None:
        """Have it happen within the storm, and be counted."""

        def counted() -> None:
            self._actors.happened[what] += 1
            self._scheduler.tell(what)
            happens()

        self._scheduler.after(self._chance.random() * STORM_S / 2, counted)

    def _after(self, seconds: float, happens: Callable[[], object]) -> None:
        """Have it happen no sooner than the storm's middle, and so much later at most."""
        self._scheduler.after(STORM_S / 2 + self._chance.random() * seconds, lambda: happens() and None)
