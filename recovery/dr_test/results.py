"""Each scenario of the plan with its outcome, held against the journals of the operations that it names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from recovery.dr_test.document import OperationEvidence, ScenarioResult
from recovery.dr_test.judging import scored
from recovery.dr_test.outcome import Leg, Measured, ScenarioOutcome
from recovery.dr_test.plan import DrTestPlan, PlannedScenario
from recovery.dr_test.scenarios import ScenarioName
from recovery.dr_test.scoring import Score, score
from recovery.journal import Event, Kind
from recovery.measurement import Point, PointName
from recovery.objectives import Judgement
from recovery.report import words
from recovery.report.document import Figure
from recovery.report.reading import text

TOLERANCE_S = 0.5
"""So much may an outcome's figure lie below that of its operation's own report: both round, and T0 has an error."""


@dataclass(frozen=True)
class Tried:
    """What was tried, and by which operations, each with its journal where that was found."""

    outcomes: Mapping[ScenarioName, ScenarioOutcome]
    operations: Mapping[str, OperationEvidence]
    doubt: str | None
    """Why nothing that the test says counts: its own journal is broken."""


def outcomes_in(events: Sequence[Event]) -> dict[ScenarioName, ScenarioOutcome]:
    """Return each scenario's newest outcome: the result of a step that ended well."""
    found = {}
    for event in events:
        if event.kind is Kind.DONE and (outcome := _outcome(event)):
            found[outcome.scenario] = outcome
    return found


def results(plan: DrTestPlan, tried: Tried, events: Sequence[Event]) -> list[ScenarioResult]:
    """Return every scenario of the plan, in its order."""
    return [
        _result(plan, one, tried) if one.name in tried.outcomes else _untried(plan, one, events)
        for one in plan.scenarios
    ]


def objectives_of(plan: DrTestPlan, one: PlannedScenario) -> tuple[float, float]:
    """Return RTO and RPO of a scenario, seconds: its own, or the estate's."""
    return (
        plan.rto_s if one.rto_s is None else one.rto_s,
        plan.rpo_s if one.rpo_s is None else one.rpo_s,
    )


def _result(plan: DrTestPlan, one: PlannedScenario, tried: Tried) -> ScenarioResult:
    outcome, (rto_s, rpo_s) = tried.outcomes[one.name], objectives_of(plan, one)
    if plan.is_tabletop:
        return _walked(one, outcome, (rto_s, rpo_s), tried.doubt)
    found = scored(outcome, rto_s=rto_s, rpo_s=rpo_s)
    there = [*_against(outcome, Leg.THERE, tried.operations), *_flattered(outcome, tried.operations)]
    back = list(_against(outcome, Leg.BACK, tried.operations))
    if tried.doubt:
        there.insert(0, tried.doubt)
    reached = score(
        there=found.score is not Score.NOT_THERE and not there,
        back=found.score is Score.THERE_AND_BACK and not back,
    )
    return ScenarioResult(
        plan=one,
        outcome=outcome,
        reason=None,
        points=_points(outcome, tried.operations),
        rto=_borne_out(_figure(outcome.rto, rto_s, found.rto), there),
        rpo=_borne_out(_figure(outcome.rpo, rpo_s, found.rpo), there),
        score=reached,
        why=[*there, *found.why, *back],
    )


def _walked(
    one: PlannedScenario, outcome: ScenarioOutcome, objectives_s: tuple[float, float], doubt: str | None
) -> ScenarioResult:
    """Return a scenario of a tabletop: what it needs was looked at, whatever else its outcome claims."""
    rto_s, rpo_s = objectives_s
    against = [str(check) for check in outcome.integrity if not check.ok]
    return ScenarioResult(
        plan=one,
        outcome=outcome,
        reason=None,
        points=[],
        rto=_figure(outcome.rto, rto_s, Judgement.NOT_MEASURED),
        rpo=_figure(outcome.rpo, rpo_s, Judgement.NOT_MEASURED),
        score=Score.NOT_TRIED,
        why=[*([doubt] if doubt else []), *against],
    )


def _untried(plan: DrTestPlan, one: PlannedScenario, events: Sequence[Event]) -> ScenarioResult:
    why, (rto_s, rpo_s) = _why_untried(one.name, events), objectives_of(plan, one)
    nothing = Measured(reason=why)
    return ScenarioResult(
        plan=one,
        outcome=None,
        reason=why,
        points=[],
        rto=_figure(nothing, rto_s, Judgement.NOT_MEASURED),
        rpo=_figure(nothing, rpo_s, Judgement.NOT_MEASURED),
        score=Score.NOT_TRIED if plan.is_tabletop else Score.NOT_THERE,
        why=[why],
    )


def _why_untried(name: ScenarioName, events: Sequence[Event]) -> str:
    own = [e for e in events if (e.step or "").removeprefix("scenario_").replace("_", "-") == name]
    if failed := [e for e in own if e.kind is Kind.FAILED]:
        return f"It stopped: {text(failed[-1].data, 'error', 'the journal does not say why')}"
    if skipped := [e for e in own if e.kind is Kind.SKIPPED]:
        return f"It was left out: {text(skipped[-1].data, 'why', 'the journal does not say why')}"
    if any(e.kind is Kind.STARTED for e in own):
        return "The journal does not say how it ended."
    return "It was planned, and the journal has nothing of it."


def _against(
    outcome: ScenarioOutcome, leg: Leg, operations: Mapping[str, OperationEvidence]
) -> Iterator[str]:
    """Return what keeps the operations of one leg from being believed."""
    for started in outcome.operations:
        if started.leg is not leg:
            continue
        found = operations.get(started.id)
        if found is None:
            yield f"The journal of {started.id} was not found, or is broken: nothing proves what it did."
        elif not found.environment.chain_verified:
            yield f"The journal of {started.id} is broken at event {found.environment.broken_at}."
        elif not found.ending.closed:
            yield f"{started.id} has not ended: {found.ending.summary}"


def _flattered(outcome: ScenarioOutcome, operations: Mapping[str, OperationEvidence]) -> Iterator[str]:
    """Return where an outcome tells better figures than the operation that it took them from."""
    for started in outcome.operations:
        found = operations.get(started.id)
        if found is None or started.leg is not Leg.THERE:
            continue
        for name, told, own in (
            ("RTO", outcome.rto.seconds, found.rto_s),
            ("RPO", outcome.rpo.seconds, found.rpo_s),
        ):
            if told is not None and own is not None and told < own - TOLERANCE_S:
                yield f"{name} is told as {words.span(told)}, and {started.id} measured {words.span(own)}."


def _points(outcome: ScenarioOutcome, operations: Mapping[str, OperationEvidence]) -> list[Point]:
    """Return T0 to T7: the outcome's own; else those of the way there, and T7 of the way back."""
    if outcome.points:
        return sorted(outcome.points, key=lambda point: point.name)
    there = next((found for found in _points_of(outcome, Leg.THERE, operations) if found), [])
    back = [point for found in _points_of(outcome, Leg.BACK, operations) for point in found]
    again = next((one for one in back if one.name is PointName.REDUNDANT and one.at), None)
    kept = [one for one in there if one.at or one.name is not PointName.REDUNDANT or again is None]
    more = [again] if again and len(kept) < len(there) else []
    return sorted([*kept, *more], key=lambda point: point.name)


def _points_of(
    outcome: ScenarioOutcome, leg: Leg, operations: Mapping[str, OperationEvidence]
) -> list[list[Point]]:
    return [
        operations[one.id].points for one in outcome.operations if one.leg is leg and one.id in operations
    ]


def _figure(measured: Measured, objective_s: float, judged: Judgement) -> Figure:
    return Figure(
        achieved_s=measured.seconds,
        error_s=measured.error_s,
        objective_s=objective_s,
        judgement=judged,
        reason=measured.reason,
    )


def _borne_out(figure: Figure, doubts: Sequence[str]) -> Figure:
    """Return a figure; one that would be met is not, while something stands against its operation's journal."""
    if figure.judgement is not Judgement.MET or not doubts:
        return figure
    return figure.model_copy(update={"judgement": Judgement.NOT_MEASURED, "reason": doubts[0]})


def _outcome(event: Event) -> ScenarioOutcome | None:
    result = event.data.get("result")
    if not isinstance(result, dict) or "scenario" not in result:
        return None
    try:
        return ScenarioOutcome.model_validate(result)
    except ValidationError:
        return None
