"""What must come of each scenario, on the way there and on the way back."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from recovery.dr_test.outcome import Alarm, Leg, Proof, ProofState
from recovery.dr_test.people import Severity
from recovery.drill import alarms
from recovery.drill.faults import Fault
from recovery.drill.scripts import Expected
from recovery.errors import RecoveryError, Unavailable
from recovery.failback import Failback
from recovery.findings import Finding
from recovery.journal import Kind
from recovery.objectives import Judgement
from recovery.operation import Failover, Mode, new_id
from recovery.operation_journal import read
from recovery.procedures import failover_of
from recovery.readiness.check import Check, Group, State
from recovery.readiness.kept import Kept
from recovery.readiness.order import ReadinessCheck
from recovery.reconciliation_order import Reconciliation, Then
from recovery.waiting import wait_until
from tasks import awaiting, readiness, steady
from tasks.expected_restores import clusters_rebuilt, restored_beside, rows_restored
from tasks.playing import STEADY_S, Play, Scene, answers_again, is_left
from tasks.run import now

OBSERVED = 3
"""An operation that must not begin is watched for during so many times what alerts need to begin one."""
LOADED_S = 5.0


def failed_over(scene: Scene) -> bool:
    """Alerts have the region failed over; where they may not, the test does, and says so."""
    at = scene.break_it()
    operation = _begun(scene, at)
    awaiting.ended(scene.run.estate, operation, deadline_s=_rto_s(scene))
    return scene.see_failover(operation)


def failed_over_by_another(scene: Scene) -> bool:
    """What runs the failover is killed as soon as it changes something; another process goes on with it."""
    faults, journal = scene.run.outside.faults, scene.run.outside.journal
    if faults is None:
        raise Unavailable("recovery.faults names nothing that injects faults.")
    with ThreadPoolExecutor(1) as pool:
        armed = pool.submit(faults.inject, Fault.ORCHESTRATOR, scene.region)
        at = scene.break_it()
        operation = _begun(scene, at)
        killed_at = armed.result().at
    scene.run.note(f"What ran {operation} was killed at {killed_at:%H:%M:%S.%f} UTC.", step=scene.step)
    asked = failover_of(read(journal, operation))
    if asked and not any(event.kind is Kind.CLOSED for event in read(journal, operation)):
        scene.procedures.failover(
            asked.model_copy(update={"id": operation, "estate": scene.run.operation.estate})
        )
        cut = True
    else:
        cut = False
        scene.deviate(f"{operation} had ended before it could be cut short.", "what was to be shown was not")
    met, twice = scene.see_failover(operation), _done_twice(scene, operation)
    scene.integrity.append(
        Finding(
            check="no step was done twice",
            ok=not twice,
            value=", ".join(twice) or "none was",
            witness="journal",
        )
    )
    return cut and met and not twice


def left_by_a_person(scene: Scene) -> bool:
    """Alerts tell whoever is on call, and begin nothing; in place of that person the test leaves the region."""
    at = scene.break_it()
    told = awaiting.told_of(scene.run.estate, scene.region, at, deadline_s=_rto_s(scene))
    scene.run.note(f"Whoever is on call was told: {told}.", step=scene.step)
    scene.see_alarms(at)
    return moved(scene, injected_at=at)


def moved(scene: Scene, *, injected_at: datetime | None = None) -> bool:
    """The region is left in a planned way: no failed request that was not the fault's, no lost row."""
    rest_until = readiness.rests_until(scene.run.estate)
    if rest_until:
        _waited_until(rest_until)
    operation = new_id("failover", now())
    scene.note_operation(operation, Leg.THERE)
    planned = Failover(
        source=scene.region, mode=Mode.PLANNED, injected_at=injected_at, id=operation, **scene.asked
    )
    scene.procedures.failover(planned)
    return scene.see_failover(operation)


def came_back(scene: Scene) -> bool:
    """What was broken is mended, and the region that was left is brought back."""
    scene.mend()
    if (left := is_left(scene.run)) is None:
        scene.deviate("No region was left: there was nothing to bring back.")
        return False
    answers_again(scene.run)
    operation = new_id("failback", now())
    scene.note_operation(operation, Leg.BACK)
    scene.procedures.failback(Failback(region=left, id=operation, **scene.asked))
    return scene.see_failback(operation)


def nothing_happened(scene: Scene) -> bool:
    """Nothing is failed over for longer than alerts need, and both regions go on serving."""
    at = scene.break_it()
    until = now() + timedelta(seconds=OBSERVED * _alerts_need_s(scene))
    _waited_until(until)
    quorum = scene.run.outside.journal
    begun = awaiting.failover_since(quorum, at)
    told = scene.see_alarms(at)
    if not told:
        scene.observe(
            Severity.LOW,
            f"No alert told of the cut link within {OBSERVED * _alerts_need_s(scene):g} s.",
            "See that each region's rules tell of rows that do not arrive, and how long they wait.",
        )
    success = scene.run.outside.prober.evidence(timedelta(seconds=LOADED_S)).global_name.success
    scene.happened = (
        f"{begun} began, and should not have"
        if begun
        else f"no operation began in {OBSERVED * _alerts_need_s(scene):g} s"
    )
    scene.happened += f"; {100 * (success or 0):.1f} % of requests succeeded meanwhile; {_told(told, at)}"
    return (
        begun is None
        and success is not None
        and success >= float(scene.run.file.settings.prober.success_target)
    )


def mended(scene: Scene) -> bool:
    """What was broken is mended, and nothing differs between the regions afterwards."""
    scene.mend()
    scene.returned = Proof(state=ProofState.NOT_APPLICABLE, sentence="nothing was failed over")
    return _alike(scene)


def untouched(scene: Scene) -> bool:
    """Nothing was changed: there is no way back to be taken."""
    scene.returned = Proof(state=ProofState.NOT_APPLICABLE, sentence="the live clusters were not touched")
    return _alike(scene)


def noticed(scene: Scene) -> bool:
    """The readiness check tells that no alert would arrive."""
    at = scene.break_it()
    silent = _unwatched(scene)
    told_at = now()
    scene.alarms += alarms.of_checks(silent, told_at)
    if silent and len(silent) < len(scene.run.estate.preflights.watching):
        scene.observe(
            Severity.MEDIUM,
            f"The readiness check told of {len(silent)} of {len(scene.run.estate.preflights.watching)} places.",
            "See why it takes the others for alive.",
        )
    told = "; ".join(map(str, silent)) or "nothing of it"
    scene.happened = f"{(told_at - at).total_seconds():.1f} s later the readiness check told: {told}"
    return bool(silent)


def watched_again(scene: Scene) -> bool:
    """What watches the estate is there again, and the readiness check says so."""
    scene.mend()
    scene.returned = Proof(state=ProofState.NOT_APPLICABLE, sentence="nothing was failed over")

    def watched() -> tuple[bool | None, str]:
        # The whole check takes seconds: it is asked once those whom it would ask are heard.
        silent = _unheard(scene) or list(map(str, _unwatched(scene)))
        return (None if silent else True), "; ".join(silent)

    wait_until(watched, what="every place's monitoring", deadline_s=STEADY_S, poll_s=1)
    return _alike(scene)


def _unheard(scene: Scene) -> list[str]:
    """Return the places whose own watchdog is not heard there; `Unavailable` says which does not answer."""
    watching = scene.run.estate.preflights.watching
    return [f"{place} is not heard" for place, one in watching.items() if place not in one.heard()]


def _unwatched(scene: Scene) -> list[Check]:
    """Return the places whose monitoring the readiness check finds dead."""
    run = scene.run
    scene.procedures.readiness(ReadinessCheck(estate=run.operation.estate))
    kept = Kept.newest(run.outside.journal, run.estate.name)
    checks = kept.readiness.checks if kept else ()
    return [check for check in checks if check.group is Group.WATCHED and check.state is not State.OK]


WAYS: Mapping[Expected, tuple[Play, Play]] = {
    Expected.FAILOVER: (failed_over, came_back),
    Expected.RESUMED_FAILOVER: (failed_over_by_another, came_back),
    Expected.LEFT_BY_A_PERSON: (left_by_a_person, came_back),
    Expected.PLANNED_MOVE: (moved, came_back),
    Expected.NOTHING: (nothing_happened, mended),
    Expected.NOTICED: (noticed, watched_again),
    Expected.ROWS_RESTORED: (rows_restored, mended),
    Expected.CLUSTERS_REBUILT: (clusters_rebuilt, mended),
    Expected.BESIDE: (restored_beside, untouched),
}


def _told(told: Sequence[Alarm], at: datetime) -> str:
    """Return which alert told first, and how long after *at*."""
    first = told[0] if told else None
    if first is None or first.at is None:
        return "no alert told of it"
    return f"{first.name} of {first.region} told of it {(first.at - at).total_seconds():.1f} s later"


def _begun(scene: Scene, at: datetime) -> str:
    """Return the failover that alerts began, and remember them; where they do not act by themselves, begin one."""
    try:
        operation = _begun_somehow(scene, at)
    except RecoveryError:
        scene.see_alarms(at)
        raise
    scene.see_alarms(at)
    return operation


def _begun_somehow(scene: Scene, at: datetime) -> str:
    if scene.run.file.global_load_balancing.failover.automatic:
        operation = awaiting.failover_begun(scene.run.estate, at, deadline_s=_rto_s(scene))
        scene.note_operation(operation, Leg.THERE)
        return operation
    operation = new_id("failover", now())
    scene.note_operation(operation, Leg.THERE)
    scene.deviate("The test began the failover.", "global_load_balancing.failover.automatic is false")
    scene.procedures.failover(Failover(source=scene.region, injected_at=at, id=operation, **scene.asked))
    return operation


def _alike(scene: Scene) -> bool:
    """Compare the regions, once both hear each other again."""
    if left := is_left(scene.run):
        raise Unavailable(f"{left} is left: the regions can not be compared before it is brought back.")
    name = new_id("comparison", now())
    scene.note_operation(name, Leg.ASIDE)

    steady.awaited(scene.run.estate, deadline_s=STEADY_S)
    found = scene.procedures.compare(
        Reconciliation(then=Then.COMPARE, id=name, estate=scene.run.operation.estate, reason=scene.run.id)
    )
    state = ProofState.PROVED if found.judgement is Judgement.MET else ProofState.FAILED
    scene.reconciled = Proof(state=state, sentence=found.verdict, operation=name)
    return state is ProofState.PROVED


def _done_twice(scene: Scene, operation: str) -> list[str]:
    """Return the steps that were begun again after they were done, but for those that looked again."""
    done, again = set[str](), set[str]()
    for event in read(scene.run.outside.journal, operation):
        step = event.step or ""
        if event.kind is Kind.DONE:
            done.add(step)
        elif event.kind is Kind.STARTED and step in done and event.data.get("looks_again") is not True:
            again.add(step)
    return sorted(again)


def _rto_s(scene: Scene) -> float:
    return scene.run.file.rto.total_seconds()


def _alerts_need_s(scene: Scene) -> float:
    """Return how long alerts need at most until they begin something, by the estate's timings."""
    automation = scene.run.file.settings.automation
    hold_s = float(automation.hold_seconds) if automation else 0.0
    return float(scene.run.file.automated_failover.detection.detection_window_seconds) + hold_s


def _waited_until(instant: datetime) -> None:
    def over() -> tuple[bool | None, str]:
        return (True if now() >= instant else None), "it is not over"

    left_s = max(0.0, (instant - now()).total_seconds())
    wait_until(over, what=f"{instant:%H:%M:%S} UTC", deadline_s=left_s + 5)
