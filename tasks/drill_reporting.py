"""The end of a test: what passed, and its evidence."""

from prefect.events import emit_event

from recovery.dr_test.outcome import ScenarioOutcome
from recovery.drill.order import PASSED, WALKED, Scope
from recovery.drill.scripts import step_name
from recovery.event_names import DRILL_PASSED, estate_id
from recovery.journal import Kind
from tasks.beside import best_effort
from tasks.drill_run import DrTestRun
from tasks.evidence_publishing import publish_evidence


def outcomes(run: DrTestRun) -> list[ScenarioOutcome]:
    """Return what became of each scenario that was played."""
    steps = {step_name(script) for script in run.scripts}
    done = [event for event in run.journal.events if event.kind is Kind.DONE and event.step in steps]
    return [ScenarioOutcome.model_validate(event.data["result"]) for event in done]


def publish(run: DrTestRun) -> str:
    """End the test, and publish its evidence. Safe to repeat."""
    found = outcomes(run)
    good = [one for one in found if _is_good(run, one)]
    count, all_good = f"{len(good)} of {len(run.scripts)} scenarios", len(good) == len(run.scripts)
    following = [f"{one.scenario}: {one.happened}" for one in found if one not in good]
    if run.scope is Scope.TABLETOP:
        summary = f"walked through: preconditions of {count} hold"
        run.close(WALKED if all_good else "preconditions missing", summary, following=following)
    else:
        summary = f"{count} passed, there and back"
        run.close(PASSED if all_good else "failed", summary, following=following)
        if all_good:
            best_effort(lambda: _tell_passed(run))
    publish_evidence(run)
    return summary


def _tell_passed(run: DrTestRun) -> None:
    """Tell that a test passed: an automation pages where the next one is overdue. A tabletop proves no recovery."""
    emit_event(
        DRILL_PASSED, {"prefect.resource.id": estate_id(run.estate.name)}, payload={"operation": run.id}
    )


def _is_good(run: DrTestRun, outcome: ScenarioOutcome) -> bool:
    """Whether it went there and came back; on a tabletop, whether its preconditions hold."""
    if run.scope is Scope.TABLETOP:
        return all(finding.ok for finding in outcome.integrity)
    return bool(outcome.there and outcome.back)


def publish_missing(run: DrTestRun) -> None:
    """Publish it, if the process was killed before it could."""
    publish_evidence(run)


def publish_interim(run: DrTestRun) -> None:
    """Publish what the journal holds so far."""
    publish_evidence(run)
