"""Who acts in a schedule: people and intakes that start operations, and the guard of a region that comes back."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from scheduling import Process, Scheduler, ToldToStop
from simulated import WITNESS, SimulatedEstate

from deployments.intake.deciding import failover_of
from deployments.intake.surroundings import around, probes
from flows.region_failover import region_failover
from recovery.errors import RecoveryError, Unavailable
from recovery.evaluation import Evaluation, evaluate
from recovery.evidence import Evidence
from recovery.guards import Circumstances, Policy
from recovery.operation import Failover
from recovery.region_guard import Answer, Guard
from recovery.region_standing import Asking
from recovery.signals import Correlation, Signal, SignalClass, Situation

LOOKS, LOOK_S = 5, 1.0
DETECTED = timedelta(seconds=0.5)
"""So long an alert rule waits."""
RULES = Correlation(hysteresis=timedelta(seconds=2), watchdog_silence=timedelta(seconds=2))
POLICY = Policy(
    automatic=True, approval=False, hold=timedelta(seconds=1), evaluations=2, cooldown=timedelta(seconds=5)
)
WINDOW = timedelta(seconds=1)
Spell = tuple[datetime, datetime | None]
"""From when, until when; None: still."""


class Monitoring:
    """What is told of the regions: the truth, as far as no lie is in the way."""

    def __init__(self, estate: SimulatedEstate, scheduler: Scheduler) -> None:
        """Have nobody lie, and nobody ill."""
        self.estate, self.scheduler = estate, scheduler
        self.ill = {name: list[Spell]() for name in estate.world.places}
        """When each region did not serve, for whatever reason but an operation's fence."""
        self.faulty = {name: list[Spell]() for name in estate.world.places}
        """When each region was lost or sick: not for its guard's sake alone."""
        self.alerts_lie: set[str] = set()
        self.silent: set[str] = set()

    def is_ill(self, region: str) -> bool:
        """Whether it does not serve now."""
        return self.is_faulty(region) or self.estate.place(region).closed

    def is_faulty(self, region: str) -> bool:
        """Whether it would not serve now, also where its guard let it."""
        place = self.estate.place(region)
        return place.lost_at is not None or place.sick

    def was_ill(self, region: str, since: datetime) -> bool:
        """Whether it did not serve at any instant from *since* on."""
        return _within(self.ill[region], since)

    def was_faulty(self, region: str, since: datetime) -> bool:
        """Whether it was lost or sick at any instant from *since* on."""
        return _within(self.faulty[region], since)

    def changed(self) -> None:
        """Remember who is ill, and who is at fault, from now on."""
        for known, is_so in ((self.ill, self.is_ill), (self.faulty, self.is_faulty)):
            for region, spells in known.items():
                _remember(spells, self.scheduler.now(), is_so=is_so(region))

    def situation(self, evidence: Evidence | None) -> Situation:
        """Return what an intake knows."""
        now, regions = self.scheduler.now(), self.estate.file.regions
        heard = {name: self._heard(name, now) for name in regions}
        return Situation(
            at=now,
            regions=regions,
            signals=tuple(signal for name in regions for signal in self._of(name, now)),
            probes=probes(evidence, self.estate) if evidence else {},
            watchdogs=heard,
        )

    def _heard(self, region: str, now: datetime) -> datetime:
        lost = self.estate.place(region).lost_at
        return now - timedelta(minutes=1) if region in self.silent else lost or now

    def _of(self, region: str, now: datetime) -> Iterator[Signal]:
        other = self.estate.file.other(region)
        for since, until in self.ill[region]:
            for kind, observer in ((SignalClass.HEALTH, WITNESS), (SignalClass.ERRORS, WITNESS)):
                yield _signal(region, kind, observer, since, until)
            yield _signal(region, SignalClass.LATENCY, other, since, until)
        cut = self.estate.world.link_cut_at
        if (lost := self.estate.place(region).lost_at) or cut:
            yield _signal(region, SignalClass.REPLICATION, other, lost or cut or now, None)
        if region in self.alerts_lie:
            for kind in (SignalClass.HEALTH, SignalClass.ERRORS, SignalClass.LATENCY):
                yield _signal(region, kind, WITNESS, now - WINDOW, None)


def _within(spells: list[Spell], since: datetime) -> bool:
    return any(until is None or until >= since for _, until in spells)


def _remember(spells: list[Spell], now: datetime, *, is_so: bool) -> None:
    is_open = bool(spells) and spells[-1][1] is None
    if is_so and not is_open:
        spells.append((now, None))
    elif is_open and not is_so:
        spells[-1] = (spells[-1][0], now)


def _signal(region: str, kind: SignalClass, observer: str, since: datetime, until: datetime | None) -> Signal:
    return Signal(
        key=f"{region}/{kind}/{observer}/{since:%T.%f}",
        region=region,
        observer=observer,
        signal=kind,
        active_at=since + DETECTED,
        ended_at=until,
        confirmed=True,
    )


class Intake:
    """An intake at one place: it looks again and again, and starts what follows."""

    def __init__(self, actors: "Actors") -> None:
        """Have seen nothing yet."""
        self._actors, self._standing = actors, (None, None, 0)

    def watch(self, process: Process) -> None:
        """Look so many times; a failover that follows runs in between."""
        actors = self._actors
        for _ in range(LOOKS):
            evaluation = self._evaluated()
            operation = failover_of(evaluation, "estate.yaml", decided_at=actors.scheduler.now())
            if operation is not None:
                actors.happened["an intake started a failover"] += 1
                actors.operate(process, operation)
            actors.scheduler.sleep(LOOK_S)

    def _evaluated(self) -> Evaluation:
        actors = self._actors
        try:
            evidence = actors.estate.prober.evidence(WINDOW)
        except Unavailable:
            evidence = None
        situation = actors.monitoring.situation(evidence)
        first = evaluate(situation, RULES, Circumstances(), POLICY)
        actors.happened[f"verdict: {first.verdict.row}"] += 1
        actors.judged(first)
        region = first.verdict.region if first.verdict.calls_for_failover else None
        before, since, count = self._standing
        now = situation.at
        self._standing = (region, since, count + 1) if region == before else (region, now, 1)
        if region is None:
            return first
        seen = around(actors.estate, evidence, source=region, fault_at=first.verdict.since, now=now)
        update = {"standing_since": self._standing[1], "evaluations": self._standing[2]}
        return evaluate(situation, RULES, seen.model_copy(update=update), POLICY)


class Actors:
    """Those who act on one estate, and a count of what happened."""

    def __init__(self, estate: SimulatedEstate, scheduler: Scheduler) -> None:
        """Have nobody act yet."""
        self.estate, self.scheduler = estate, scheduler
        self.monitoring = Monitoring(estate, scheduler)
        self.asked: dict[str, Failover] = {}
        self.running: dict[str, str] = {}
        """The operation that each process works at."""
        self.happened: Counter[str] = Counter()
        self._guards: dict[str, tuple[Guard, Asking]] = {}
        """The guard of each region that came back, since then."""
        self.judged: Callable[[Evaluation], None] = lambda _evaluation: None
        """Told of each verdict."""

    def operate(self, process: Process, operation: Failover) -> None:
        """Carry an operation out, as far as it goes."""
        name = str(operation.id)
        self.asked.setdefault(name, operation)
        self.running[process.name] = name
        try:
            region_failover.fn(operation)
        except RecoveryError as error:
            self.happened[f"stopped: {type(error).__name__}"] += 1
            self.scheduler.tell(f"stops: {error}")
        except ToldToStop:
            self.happened["a process was told to stop"] += 1
        else:
            self.happened[f"a {operation.mode} failover ended well"] += 1
        self.running.pop(process.name)

    def person(self, process: Process, operation: Failover) -> None:
        """Have a person start an operation, or resume it, at the process's place."""
        self.scheduler.start(process, lambda: self.operate(process, operation))

    def intake(self, process: Process) -> None:
        """Have an intake watch at the process's place."""
        self.scheduler.start(process, lambda: Intake(self).watch(process))

    def comes_back(self, region: str) -> None:
        """Have a region back, closed until its guard, which has just started, says that it may serve."""
        place = self.estate.place(region)
        if place.lost_at is None:
            return
        place.lost_at, place.closed = None, True
        self.scheduler.tell(f"{region} comes back, closed")
        self.changed()
        asking = Asking(self.estate.file, self.estate.outside.journal, region)
        self._guards[region] = Guard(region, started_at=self.scheduler.now()), asking
        self.estate.guards[region].says = lambda: self._guards[region][0]
        self.guard(region)

    def guard(self, region: str) -> None:
        """Have a closed region's guard ask; it opens, or asks again later while anybody acts."""
        place = self.estate.place(region)
        if not place.closed or place.lost_at:
            return
        if self._asked(region).may_serve:
            place.closed = False
            self.scheduler.tell(f"{region}'s guard opens it")
            self.changed()
            self.happened["a guard opened a region that came back"] += 1
            return
        self.happened["a guard kept a region closed"] += 1
        if self.scheduler.processes:  # while anybody acts, the answer may become another one
            self.scheduler.after(LOOK_S, lambda: self.guard(region))

    def changed(self) -> None:
        """Have customers and monitoring see what has changed."""
        self.estate.world.touched = True
        self.estate.world.changed()
        self.monitoring.changed()

    def _asked(self, region: str) -> Answer:
        """Have the region's guard ask the journal from there, as its process does, and answer."""
        world, now = self.estate.world, self.scheduler.now()
        guard, asking = self._guards[region]
        world.guest_at = region
        try:
            guard = guard.answered(asking.ask(), now)
        except RecoveryError as error:
            guard = guard.unanswered(str(error))
        world.guest_at = WITNESS
        self._guards[region] = guard, asking
        return guard.answer(now)
