"""A disaster recovery test: fit to begin, announced, and played scenario by scenario."""

from prefect.events import emit_event
from pydantic import JsonValue

from recovery import switch
from recovery.dr_test.opening import opening_data, people_of, planned, risk_of
from recovery.dr_test.outcome import ScenarioOutcome
from recovery.dr_test.plan import DrTestPlan, PlannedScenario
from recovery.drill.order import SHORT, DrTestOrder, Scope, allowed_scope
from recovery.drill.scripts import ALL, Script, step_name
from recovery.epoch import Epoch
from recovery.errors import BadInput, NotReady, RecoveryError, Unavailable
from recovery.estate_in_hand import EstateInHand
from recovery.event_names import TEST_BEGINS, estate_id
from recovery.findings import Finding, Findings
from recovery.journal import Event
from recovery.operation_journal import OperationJournal
from recovery.procedures import ProcedureName
from recovery.readiness.ports import Watching
from recovery.silences import Told, maintenance
from recovery.waiting import wait_until
from tasks import drill_reporting, expectations, steady, undoing, walking
from tasks.beside import best_effort
from tasks.checks import refuse_unless_all
from tasks.drill_run import DrTestRun, Procedures
from tasks.journal import Procedure
from tasks.playing import Scene, is_left, played
from tasks.run import now
from tasks.step import Step, step


def _everything(run: DrTestRun) -> list[str]:
    found = [part.endpoint for region in (run.region, run.other) for part in (region.database, region.cache)]
    return [
        *found,
        run.outside.prober.endpoint,
        *([run.outside.faults.endpoint] if run.outside.faults else []),
        *(one.endpoint for one in run.estate.preflights.watching.values()),
    ]


@step(title="Check that the estate can be tested", touches=_everything)
def can_be_tested(run: DrTestRun) -> Findings:
    """Refuse an estate that waiting does not make fit: a region is left, or nothing breaks it. Reads only."""
    found = [_nobody_left(run)]
    if run.scope is Scope.FULL:
        found.append(_can_break(run))
        found.append(_alerts_act(run))
    return refuse_unless_all(f"{run.estate.name} can not be tested now", found)


@step(title="Announce the test", touches=lambda _run: ["Prefect's events", "the journal"], timeout_s=None)
def announce(run: DrTestRun) -> Findings:
    """Tell that a test begins, once maintenance and incidents are over; `NotReady` where they last too long.

    The estate is in its steady state then. Writes only marks.
    """
    found = _quiet(run)
    if found.failed:
        run.note(
            f"Held, {run.operation.hold_minutes:g} minutes at most: {'; '.join(map(str, found.failed))}."
        )
        found = _awaited(run)
    names = [script.scenario.value for script in run.scripts]
    best_effort(
        lambda: emit_event(
            TEST_BEGINS,
            {"prefect.resource.id": estate_id(run.estate.name)},
            payload={"operation": run.id, "scope": run.scope.value, "scenarios": names},
        )
    )
    run.note(f"Begins ({run.scope}): {', '.join(names)}.")
    return found


def _awaited(run: DrTestRun) -> Findings:
    def quiet() -> tuple[Findings | None, str]:
        found = _quiet(run)
        return (None if found.failed else found), "; ".join(map(str, found.failed))

    deadline_s = 60 * run.operation.hold_minutes + 1
    try:
        return wait_until(quiet, what="a quiet estate", deadline_s=deadline_s, poll_s=1)
    except RecoveryError as error:
        raise NotReady(f"The test was not begun: {error}") from error


def _quiet(run: DrTestRun) -> Findings:
    """Customers are served, nobody works on the estate, and nobody has announced to."""
    found = steady.findings(run.estate, marks=run.scope is not Scope.TABLETOP).findings
    return Findings(findings=[*found, _no_maintenance(run)])


def _no_maintenance(run: DrTestRun) -> Finding:
    """No silence covers an alert of either region; where nothing watches, nobody can make one."""
    told = {place: _told(watching) for place, watching in run.estate.preflights.watching.items()}
    region, other = run.region.name, run.other.name
    under_way = maintenance(told, source=region, target=other, now=now()) if told else None
    return Finding(
        check="there is no maintenance",
        ok=under_way is None,
        value=under_way or "none",
        witness="Alertmanager",
        remedy="wait for its end, or expire the silence",
    )


def _told(watching: Watching) -> Told:
    try:
        return Told(watching.silences())
    except Unavailable as error:
        return Told(missing=str(error))


def _nobody_left(run: DrTestRun) -> Finding:
    left = is_left(run)
    return Finding(
        check="no region is left",
        ok=left is None,
        value=f"{left} is" if left else "none is",
        witness="journal",
        remedy=f"bring it back: `dr failback {left}`" if left else "",
    )


def _can_break(run: DrTestRun) -> Finding:
    faults = run.outside.faults
    return Finding(
        check="something injects faults",
        ok=faults is not None,
        value=faults.endpoint if faults else "nothing",
        remedy="name it in recovery.faults, or test with the scope `live`",
    )


def _alerts_act(run: DrTestRun) -> Finding:
    thrown = switch.newest(run.outside.journal, run.estate.name)
    off = thrown is not None and not thrown.on
    return Finding(
        check="automation is on",
        ok=not off,
        value=thrown.sentence if thrown else "on",
        remedy="`dr automation on`: the test is of what alerts do",
    )


def _step_of(script: Script) -> Step[DrTestRun, [Procedures], ScenarioOutcome]:
    """Return the step that plays a script: its checkpoint is the outcome."""

    def play(run: DrTestRun, procedures: Procedures) -> ScenarioOutcome:
        if run.scope is Scope.TABLETOP:
            return walking.walked(Scene(run, script, procedures))
        there, back = expectations.WAYS[script.expected]
        return played(Scene(run, script, procedures), there, back)

    play.__name__, play.__doc__ = step_name(script), script.title
    made = step(
        title=script.title, side="region", mutates=True, retries=0, timeout_s=None, touches=_everything
    )
    return made(play)


STEPS = {script.scenario: _step_of(script) for script in ALL}


def play_all(run: DrTestRun, procedures: Procedures) -> None:
    """Play the scenarios, one after the other; one that was played before is skipped.

    Where one has not come back, or leaves the estate otherwise than it was, that is put right before the next one.
    """
    for script in run.scripts:
        outcome = STEPS[script.scenario](run, procedures)
        whole = outcome.there and outcome.back and outcome.steady_after.holds
        if run.scope is not Scope.TABLETOP and not whole:
            undoing.put_back(run, procedures)


def _refuse(operation: DrTestOrder, estate: EstateInHand) -> None:
    """Raise `BadInput` for a region that is not there, or what the estate or the scope does not allow.

    One that only puts the estate back breaks nothing: it is let go on whatever the estate file says since.
    """
    if operation.region:
        estate.file.other(operation.region)
    run = _bare(operation, estate)
    if not operation.put_back and run.scope.goes_beyond(allowed_scope(estate.file)):
        raise BadInput(_too_wide(run))
    if not run.scripts:
        allowed = [script.scenario.value for script in ALL if run.scope in script.scopes]
        raise BadInput(
            f"None of {', '.join(operation.scenarios)} may be played with the scope {run.scope}: choose of "
            f"{', '.join(allowed)}, or another scope."
        )


def _too_wide(run: DrTestRun) -> str:
    testing, allowed = run.file.disaster_recovery.testing, allowed_scope(run.file)
    says = (testing.scope if testing else None) or "not set, which is tabletop"
    return (
        f"A test with the scope {run.scope} goes beyond what {run.estate.name} allows: "
        f"disaster_recovery.testing.scope is {says}. Test with the scope {allowed}; or, where the estate "
        f"may be tested so, set it to {run.scope} in the estate file."
    )


def _bare(operation: DrTestOrder, estate: EstateInHand) -> DrTestRun:
    quorum = estate.outside.journal
    journal = OperationJournal(quorum, operation.id or "dry-run", actor="dry run")
    return DrTestRun(operation, estate, journal, Epoch(quorum, estate.name, 0))


def show(operation: DrTestOrder, estate: EstateInHand) -> str:
    """Return what would be played, and change nothing."""
    _refuse(operation, estate)
    run = _bare(operation, estate)
    lines = [f"Scope {run.scope}, region {run.region.name}:"]
    lines += [
        f"- {one.title}: {one.hypothesis.format(region=run.region.name, other=run.other.name)}"
        for one in run.scripts
    ]
    return "\n".join([*lines, "Nothing was changed."])


def _refuse_changed(operation: DrTestOrder, begun: Event) -> None:
    before = DrTestOrder.model_validate(begun.data["parameters"])
    if (before.scenarios, before.scope, before.region) != (
        operation.scenarios,
        operation.scope,
        operation.region,
    ):
        raise BadInput(
            f"Test {operation.id} was asked for otherwise; resume it with `dr resume {operation.id}`."
        )


def _opening(run: DrTestRun) -> dict[str, JsonValue]:
    names: list[JsonValue] = [script.scenario.value for script in run.scripts]
    told: dict[str, JsonValue] = {"scope": run.scope.value, "region": run.region.name, "scenarios": names}
    return {**told, **opening_data(_plan(run), people_of(run.file))}


def _plan(run: DrTestRun) -> DrTestPlan:
    """Return what the test is to do; its hash goes into the journal before anything is done."""
    scenarios = [
        PlannedScenario(
            name=one.scenario,
            hypothesis=one.hypothesis.format(region=run.region.name, other=run.other.name),
            risk=risk_of(run.file, one.scenario) or one.why,
            injects=f"{one.fault} of {run.region.name}"
            if one.fault and run.scope is not Scope.TABLETOP
            else "nothing is broken",
        )
        for one in run.scripts
    ]
    return planned(run.file, scenarios, kind=run.scope.kind)


PROCEDURE = Procedure(
    name=ProcedureName.QUARTERLY_DR_TEST,
    short=SHORT,
    run=DrTestRun,
    refuse=_refuse,
    refuse_changed=_refuse_changed,
    opening=_opening,
    going_on=lambda run: [f"run `dr resume {run.id}`: it puts the estate back first, then goes on"],
    publish=drill_reporting.publish_interim,
    publish_missing=drill_reporting.publish_missing,
    holds=lambda estate: f"{estate.name}-dr-test",
)
