"""Playing one scenario: steady state, fault, what must come of it, the way back, steady state again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from recovery.dr_test.outcome import (
    Alarm,
    Deviation,
    Injection,
    Leg,
    Losses,
    Measured,
    Observation,
    Proof,
    ProofState,
    ScenarioOutcome,
    StartedOperation,
)
from recovery.dr_test.people import Severity
from recovery.drill import alarms, evidence
from recovery.drill.scripts import WATCHING, Script, step_name
from recovery.errors import RecoveryError
from recovery.findings import Finding, Findings
from recovery.journal import Event, Kind
from recovery.measurement import Point
from recovery.operation_journal import left_by, read
from recovery.procedures import failover_of
from recovery.report.compose import compose
from recovery.report.document import Report
from recovery.report.failback_compose import compose_failback
from recovery.report.failback_document import FailbackReport
from recovery.waiting import wait_until
from tasks import awaiting, steady
from tasks.accounting import accounted_for, look_back
from tasks.drill_run import DrTestRun, Procedures
from tasks.run import now

STEADY_S = 180.0
"""So long the estate may take to be as it was, after what was broken is mended."""
JUST_NOW = timedelta(seconds=5)
"""For so long what a scenario was left in is what the next one begins with: nobody did anything in between."""
BEFORE, AFTERWARDS = "before anything was broken", "afterwards"
NO_FAILOVER = "nothing was failed over"


@dataclass
class Scene:
    """A scenario while it is played: what was done so far, and what was seen."""

    run: DrTestRun
    script: Script
    procedures: Procedures
    began: datetime = field(default_factory=now)
    injected: Injection = field(
        default_factory=lambda: Injection(what="nothing", at=None, reason="nothing is broken")
    )
    operations: list[StartedOperation] = field(default_factory=list)
    failover: Report | None = None
    failback: FailbackReport | None = None
    rto: Measured = field(default_factory=lambda: evidence.not_applicable(NO_FAILOVER))
    rpo: Measured = field(default_factory=lambda: evidence.not_applicable(NO_FAILOVER))
    reconciled: Proof | None = None
    returned: Proof | None = None
    integrity: list[Finding] = field(default_factory=list)
    deviations: list[Deviation] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    happened: str = ""
    details: dict[str, str] = field(default_factory=dict)
    """What the injection told."""
    damaged_at: datetime | None = None
    """When rows were damaged that may have been promised before the scenario began."""

    @property
    def region(self) -> str:
        """The region that is hit."""
        return self.run.region.name

    def break_it(self) -> datetime:
        """Inject the script's fault; return the instant."""
        faults, fault = self.run.outside.faults, self.script.fault
        if faults is None or fault is None:
            raise RuntimeError(f"{self.script.scenario} breaks nothing here.")
        self.run.note(f"Injecting: {fault} of {self.region}.", step=self.step, injecting=fault.value)
        done = faults.inject(fault, self.region)
        self.details = dict(done.details)
        self.injected = Injection(what=f"{fault} of {self.region}", at=done.at)
        self.run.note(f"Injected: {fault} of {self.region}.", step=self.step, at=done.at.isoformat())
        return done.at

    @property
    def counted_from(self) -> datetime:
        """From when on promised rows are looked for, where no failover and no failback does."""
        return look_back(self.run.estate, self.damaged_at) if self.damaged_at else self.began

    @property
    def asked(self) -> dict[str, str | None]:
        """What every operation of the scenario is asked for with."""
        order = self.run.operation
        return {
            "estate": order.estate,
            "requested_by": order.requested_by,
            "reason": f"{self.script.title} ({self.run.id})",
        }

    @property
    def step(self) -> str:
        """The name of the step that plays it."""
        return step_name(self.script)

    def mend(self) -> None:
        """Have all that was broken mended."""
        if (faults := self.run.outside.faults) and self.injected.at:
            faults.heal()
            self.injected = self.injected.model_copy(update={"healed_at": now()})

    def note_operation(self, operation: str, leg: Leg) -> None:
        """Remember an operation that was started."""
        self.operations.append(StartedOperation(id=operation, leg=leg))
        self.run.note(f"{operation} was started ({leg}).", step=self.step, started=operation)

    def see_failover(self, operation: str) -> bool:
        """Take the figures of a failover that has ended; return whether it met its objectives."""
        events = read(self.run.outside.journal, operation)
        self.failover = compose(events)
        self.alarms += alarms.of_decision(failover_of(events))
        verdict = self.failover.verdict
        self.rto = evidence.from_injection(evidence.figure(verdict.rto), self.failover, self.injected.at)
        self.rpo = evidence.figure(verdict.rpo)
        self.happened = f"{operation}: {verdict.headline}"
        return verdict.overall == "met"

    def see_failback(self, operation: str) -> bool:
        """Take what a failback proved; return whether it is complete."""
        self.failback = compose_failback(read(self.run.outside.journal, operation))
        self.happened += f"; {operation}: {self.failback.headline}"
        return self.failback.judgement == "met"

    def see_alarms(self, since: datetime) -> list[Alarm]:
        """Remember the alerts that began after *since* and fire now, and return them."""
        found = alarms.of_alerts(awaiting.alerts_since(self.run.estate, since))
        self.alarms += found
        return found

    def deviate(self, what: str, why: str | None = None) -> None:
        """Remember that something went otherwise than planned."""
        self.deviations.append(Deviation(at=now(), what=what, why=why))

    def observe(self, severity: Severity, what: str, remedy: str) -> None:
        """Remember something that should be put right: the report makes a finding of it."""
        self.observations.append(Observation(severity=severity, what=what, remedy=remedy))


Play = Callable[[Scene], bool]
"""Does one way of a scenario, and returns whether the hypothesis held."""


def played(scene: Scene, there: Play, back: Play) -> ScenarioOutcome:
    """Play a scenario there and back, and return what became of it; whatever fails on the way is told in it.

    Something that stops the test itself is raised: the test then puts the estate back as a whole.
    """
    before = _seen_already(scene) or _proof(scene, BEFORE)
    went, came = False, False
    if before.holds:
        went = _tried(scene, there, "on the way there")
        came = _tried(scene, back, "on the way back")
    # Nothing brings it there by itself where the way back was not taken.
    after = _proof(scene, AFTERWARDS, deadline_s=STEADY_S if came else 0.0)
    scene.run.seen_steady = after
    return _outcome(scene, (before, after), went=went, came=came and after.holds)


def _tried(scene: Scene, way: Play, where: str) -> bool:
    scene.run.epoch.prove()  # the steady state was waited for: another process may have the test by now
    try:
        return way(scene)
    except RecoveryError as error:
        scene.deviate(f"It stopped {where}: {error}")
        scene.happened = f"{scene.happened}; it stopped {where}: {error}".removeprefix("; ")
        return False


def _seen_already(scene: Scene) -> Proof | None:
    """Return the end of the scenario before, where it has only just been seen that all was well; None to look."""
    seen, scene.run.seen_steady = scene.run.seen_steady, None
    if seen is None or not seen.holds or seen.at is None or scene.began - seen.at > JUST_NOW:
        return None
    return seen.model_copy(update={"sentence": seen.sentence.replace(AFTERWARDS, BEFORE, 1)})


def _proof(scene: Scene, when: str, *, deadline_s: float = STEADY_S) -> Proof:
    """Wait for the steady state, and return whether it came."""
    try:
        found: Findings = steady.awaited(scene.run.estate, deadline_s=deadline_s)
    except RecoveryError as error:
        return Proof(state=ProofState.FAILED, sentence=f"{when}: {error}", at=now())
    return Proof(state=ProofState.PROVED, sentence=f"{when}: {found}", at=now())


def _outcome(scene: Scene, steadies: tuple[Proof, Proof], *, went: bool, came: bool) -> ScenarioOutcome:
    return ScenarioOutcome(
        scenario=scene.script.scenario,
        started_at=scene.began,
        ended_at=now(),
        injection=scene.injected,
        happened=scene.happened or "nothing happened",
        operations=scene.operations,
        points=_points(scene),
        rto=scene.rto,
        rpo=scene.rpo,
        losses=_losses(scene, was_played=steadies[0].holds),
        integrity=scene.integrity,
        steady_before=steadies[0],
        steady_after=steadies[1],
        reconciliation=scene.reconciled or evidence.alike(scene.failback),
        failback=scene.returned or evidence.way_back(scene.failback, scene.operations),
        there=went,
        back=came,
        deviations=scene.deviations,
        alarms=alarms.in_order(scene.alarms),
        observations=scene.observations,
    )


def _points(scene: Scene) -> list[Point]:
    found = evidence.points(scene.failover, scene.failback, scene.injected.at)
    return alarms.detected(found, scene.alarms, scene.injected.at, alone=scene.script.expected in WATCHING)


def _losses(scene: Scene, *, was_played: bool) -> Losses:
    """Return promised rows by their fate; what no failover and no failback compared is compared here."""
    if not was_played:
        return Losses(reason="the estate was not steady: the scenario was not played")
    if scene.failover:
        return evidence.losses(scene.failover, scene.failback)
    try:
        return evidence.losses_of(accounted_for(scene.run.estate, scene.counted_from))
    except RecoveryError as error:
        return Losses(reason=str(error))


def answers_again(run: DrTestRun, *, deadline_s: float = STEADY_S) -> None:
    """Return once every part of the region that was hit answers: what mends it may come back before that does."""

    def answers() -> tuple[bool | None, str]:
        region = run.region
        region.database.look()
        region.cache.look()
        if region.gateway.fences:
            region.gateway.look()
        return True, "all answer"

    wait_until(answers, what=f"every part of {run.region.name}", deadline_s=deadline_s, poll_s=0.5)


def notes_of(run: DrTestRun) -> list[Event]:
    """Return the remarks of the test's journal, oldest first."""
    return [event for event in run.journal.events if event.kind is Kind.NOTED]


def is_left(run: DrTestRun) -> str | None:
    """Return the region that a failover has left, None where none has."""
    quorum = run.outside.journal
    return next((name for name in run.file.regions if left_by(quorum, name, but="")), None)
