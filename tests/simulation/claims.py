"""What must be true at every instant of a schedule, and at its end; each thing that is not is told in words."""

from datetime import datetime, timedelta
from typing import Any

from actors import DETECTED, RULES, Actors
from mortal import done_twice
from scheduling import Process, Scheduler

from recovery import epoch as epochs
from recovery import operation_journal
from recovery.epoch import Claim, Epoch, holder_of
from recovery.errors import Superseded
from recovery.evaluation import Evaluation
from recovery.journal import Event, Kind, closed_at, find
from recovery.operation import Mode

LOOK_BACK = timedelta(seconds=1)


class Claims:
    """The invariants of one schedule."""

    def __init__(self, actors: Actors, scheduler: Scheduler) -> None:
        """Hold so far."""
        self.broken: list[str] = []
        self._actors, self._scheduler, self._estate = actors, scheduler, actors.estate
        self._regions = actors.estate.file.regions
        self._let_in: list[tuple[str, Epoch]] = []
        self._stale: dict[str, str] = {}
        self._number: dict[str, int] = {}
        """The epoch of each process."""
        self._found: dict[str, tuple[datetime, frozenset[str]]] = {}
        """When each process took its epoch, and which regions an earlier one had left fenced, whole."""
        self._late = False
        """A statement was carried out after its epoch was over, in a step that was begun before."""
        self._before = self._state()
        self._reachable = self._reached()
        actors.judged = self._judges
        actors.estate.world.passes = self._passes

    def look(self) -> None:
        """Compare the world with what it was, after whoever acted last."""
        if not self._estate.world.touched:
            return
        self._estate.world.touched = False
        now = self._state()
        if now == self._before:
            return
        process, before, self._before = self._scheduler.current, self._before, now
        was, self._reachable = self._reachable, self._reached()
        self._one_side_writes()
        if process is None:
            return
        if was and not self._reachable:
            self._nobody_is_reached(process)
        if stale := self._stale.get(process.name):
            self.breaks(f"{process.name} acted in a step begun after {stale}")
        elif self._is_over(process):
            self._late = True
            self._actors.happened["a late statement was carried out"] += 1
        for region, was_at, stopped_at in zip(self._regions, before[0], now[0], strict=True):
            if was_at[3] is None and stopped_at[3] is not None:
                self._leaves(process, self._estate.file.other(region))

    def takes(self, quorum: Any, estate: str, claim: Claim) -> Epoch:
        """Take an epoch, and see that nobody else was let in before who has not left since."""
        epoch = epochs.take(quorum, estate, claim)
        inside = {name for name, _ in self._let_in} - {claim.operation}
        for name in sorted(inside - {name for name, one in self._let_in if one._closed}):  # noqa: SLF001 - its own word
            self.breaks(f"{claim.operation} was let in beside {name}")
        self._let_in.append((claim.operation, epoch))
        if self._scheduler.current is not None:
            name = self._scheduler.current.name
            self._number[name] = epoch.number
            whole = frozenset(
                region for region in self._regions if self._estate.place(region).is_fenced_whole
            )
            self._found[name] = self._scheduler.now(), whole
        return epoch

    def begins(self, mutates: bool, operation: str, number: int) -> None:  # noqa: FBT001 - what a step says
        """Remember whether a process begins a step after another one of its operation took a newer epoch."""
        process = self._scheduler.current
        newer = [one.number for name, one in self._let_in if name == operation and one.number > number]
        if process is None:
            return
        self._stale.pop(process.name, None)
        if mutates and newer:
            self._stale[process.name] = f"epoch {newer[0]} was taken, with epoch {number}"
            self._actors.happened["a superseded process tried to go on"] += 1

    def breaks(self, what: str) -> None:
        """Write down what is not true."""
        self.broken.append(f"{self._scheduler.clock_s:.3f} s: {what}")
        self._scheduler.tell(f"BROKEN: {what}")

    def end(self) -> None:
        """See that everything has come to an end."""
        quorum = self._estate.outside.journal
        for name in self._actors.asked:
            events = operation_journal.read(quorum, name)
            if events and closed_at(events) is None:
                self.breaks(f"{name} is neither finished nor backed out, and is not resumed to an end")
            self._told(name, events)
        if holder := holder_of(quorum, self._estate.name):
            self.breaks(f"{holder.operation} still holds the estate")
        for name, epoch in self._let_in:
            if _proves(epoch):
                self.breaks(f"epoch {epoch.number} of {name} still proves itself")
        self._ends_open()

    def _is_over(self, process: Process) -> bool:
        """Whether a newer epoch was let in since the process took its own."""
        mine = self._number.get(process.name)
        return mine is not None and any(one.number > mine for _, one in self._let_in)

    def _told(self, name: str, events: Any) -> None:
        """See that no step was done twice, and no traffic rolled back to a region that was not seen to serve."""
        if again := done_twice(events):
            self.breaks(f"{name} did {again[0]} again after it was done")
        self._actors.happened["a failover was backed out"] += find(events, Kind.BACKED_OUT) is not None
        for event in events:
            ended = event.data.get("ended")
            if ended:
                self._actors.happened[f"a shift was {ended}"] += 1
            source, at = self._actors.asked[name].source, event.time
            spells = self._actors.monitoring.ill[source]
            ill = any(a <= at - LOOK_BACK and (b is None or b >= at) for a, b in spells)
            if ended == "rolled back" and ill:
                self.breaks(f"{name} rolled traffic back to {source}, which did not serve")

    def _ends_open(self) -> None:
        """See that customers are served, and that no region stays closed that nobody has left.

        A late fence does close one: what is known, and not mended (docs/decisions/0015-simulation.md).
        """
        if self._late:
            return
        if not self._reached():
            self.breaks("nobody serves in the end")
        quorum = self._estate.outside.journal
        for region in self._regions:
            place = self._estate.place(region)
            shut = place.fenced or place.shut_out or place.cache_fenced or place.closed
            if shut and operation_journal.left_by(quorum, region, but="") is None:
                self.breaks(f"{region} stays closed, and no operation has left it")

    def _state(self) -> tuple[Any, ...]:
        places = tuple(
            (p.fenced, p.shut_out, p.cache_fenced, p.stopped_at, p.replica, p.lost_at, p.sick, p.closed)
            for p in map(self._estate.place, self._regions)
        )
        route53 = self._estate.route53
        return (
            places,
            tuple(route53.records),
            tuple(route53.checks.values()),
            *(s.is_there for s in self._estate.stops.values()),
        )

    def _reached(self) -> frozenset[str]:
        """Return the regions that the global name leads to and that serve, with health checks as they see it."""
        serving = {name for name in self._regions if self._estate.place(name).serves}
        out = {name for name, stop in self._estate.stops.items() if stop.is_there}
        route53 = self._estate.route53
        healthy = [
            r
            for r in route53.records
            if r.region in serving - out and not route53.checks[str(r.health_check)].forced
        ]
        pool = [r for r in healthy if r.weight] or healthy or route53.records
        return frozenset(r.region for r in pool) & serving

    def _one_side_writes(self) -> None:
        """Two regions may take writes only while each has what the other one took."""
        places = [self._estate.place(name) for name in self._regions]
        if all(place.takes_writes for place in places) and any(place.stopped_at for place in places):
            self.breaks("both regions take writes, and one does not hear the other")

    def _nobody_is_reached(self, process: Process) -> None:
        """A region that was lost since the operation looked at it is no fault of the operation."""
        opened = self._opened(self._actors.running.get(process.name, ""))
        spells = [spell for region in self._regions for spell in self._actors.monitoring.ill[region]]
        if opened is None or not any(since >= opened.time for since, _ in spells):
            self.breaks(f"{process.name} left customers without a region")

    def _leaves(self, process: Process, source: str) -> None:
        name = self._actors.running.get(process.name, "")
        asked, opened = self._actors.asked.get(name), self._opened(name)
        if asked is None or opened is None or asked.source != source:
            self.breaks(f"{process.name} left {source} without an operation that says so")
        elif asked.mode is Mode.UNPLANNED and not self._actors.monitoring.was_ill(source, opened.time):
            self.breaks(f"{name} left {source}, which served all the time")
        elif self._ill_before(self._estate.file.other(source), opened.time):
            self.breaks(f"{name} left {source} for a region that did not serve when it was opened")

    def _passes(self, event: Event) -> None:
        """A process passes the point of no return on what it saw itself, whatever an earlier one had seen.

        The source was at fault since it took its epoch, or had been fenced whole by then; and it takes no writes now.
        """
        process = self._scheduler.current
        if process is None or self._late or self._number.get(process.name) != event.epoch:
            return
        asked, monitoring = self._actors.asked[event.operation], self._actors.monitoring
        source, (since, whole) = asked.source, self._found[process.name]
        planned = asked.mode is Mode.PLANNED
        if self._estate.place(source).takes_writes and (planned or not monitoring.was_ill(source, since)):
            self.breaks(f"{event.operation} passed its point of no return, and {source} takes writes")
        if not (planned or monitoring.was_faulty(source, since) or source in whole):
            self.breaks(f"{event.operation} passed its point of no return, and {source} had come back")

    def _ill_before(self, region: str, at: datetime) -> bool:
        """Whether a region did not serve then already, and has not since."""
        return any(since < at and until is None for since, until in self._actors.monitoring.ill[region])

    def _opened(self, name: str) -> Event | None:
        """Return the opening event, whatever store has it: nobody's turn is taken."""
        for store in self._estate.stores.values():
            for key, body in store.objects.items():
                if key.startswith(f"operations/{name}/journal/000001."):
                    return operation_journal._parsed(key, body)  # noqa: SLF001 - how it is read
        return None

    def _judges(self, evaluation: Evaluation) -> None:
        """A verdict has a region left only where that one does not serve, and the other one does."""
        region, since = str(evaluation.verdict.region), evaluation.situation.at - RULES.hysteresis
        if not evaluation.verdict.calls_for_failover:
            return
        if self._estate.place(region).serves and not self._actors.monitoring.was_ill(region, since):
            self.breaks(f"a verdict has {region} left, which serves")
        other = self._estate.file.other(region)
        if self._ill_before(other, evaluation.situation.at - DETECTED):
            self.breaks(f"a verdict has {region} left for {other}, which does not serve")


def _proves(epoch: Epoch) -> bool:
    try:
        epoch.prove()
    except Superseded:
        return False
    return True
