"""What a manager reads in a minute: passed or not, the worst figures, and what people do next."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from recovery.dr_test.document import DrTestFinding, ScenarioResult, Summary
from recovery.dr_test.scoring import Score
from recovery.measurement import Row
from recovery.objectives import Judgement
from recovery.report import words
from recovery.report.document import Figure

SHOWN = 5
"""How many findings stand on the first page; all are further down."""


def summary(
    results: Sequence[ScenarioResult],
    findings: Sequence[DrTestFinding],
    *,
    open_because: str | None,
    next_due: datetime | None,
) -> Summary:
    """Return the first page; *open_because* says why nothing can be called passed."""
    points, of = sum(result.score.points for result in results), len(results)
    verdict = _verdict(results, open_because)
    lost, acknowledged, why = rows(results)
    return Summary(
        verdict=verdict,
        headline=_headline(verdict, f"{halves(points)} of {of}"),
        sentence=_sentence(results, open_because),
        points=points,
        of=of,
        rto=_worst([result.rto for result in results if _applies(result, "rto")]),
        rpo=_worst([result.rpo for result in results if _applies(result, "rpo")]),
        rows_acknowledged=acknowledged,
        rows_lost=lost,
        rows_reason=why,
        next=whats_next(findings, next_due),
    )


def whats_next(findings: Sequence[DrTestFinding], next_due: datetime | None) -> list[str]:
    """Return what people do next, the most urgent first."""
    return [*_urgent(findings), *([f"The next test is due by {next_due:%Y-%m-%d}."] if next_due else [])]


def halves(points: float) -> str:
    """Return points as people write them: `2½`."""
    whole = int(points)
    half = "½" if points - whole >= Score.THERE_ONLY.points else ""
    return f"{whole or ''}{half}" or "0"


def rows(results: Sequence[ScenarioResult]) -> tuple[int | None, int | None, str | None]:
    """Return rows gone for good, rows promised, and why either is not known: a sum lacks no part."""
    losses = [result.outcome.losses for result in results if result.outcome]
    lost = [loss.final for loss in losses if loss.final is not None]
    again = sum(len(loss.gone) for loss in losses) - len(gone(results))
    promised = [loss.acknowledged for loss in losses if loss.acknowledged is not None]
    silent = [r for r in results if r.outcome is None or r.outcome.losses.final is None]
    why = "; ".join(f"{r.plan.name.heading}: {_why_uncounted(r)}" for r in silent) or None
    if not losses:
        why = why or "no scenario was tried"
    return (sum(lost) - again if lost else None, sum(promised) if promised else None, why)


def gone(results: Sequence[ScenarioResult]) -> list[Row]:
    """Return the rows gone for good, each once: a scenario looks further back than to its own beginning."""
    outcomes = [result.outcome for result in results if result.outcome]
    return list(dict.fromkeys(row for outcome in outcomes for row in outcome.losses.gone))


def _why_uncounted(result: ScenarioResult) -> str:
    return (result.outcome.losses.reason if result.outcome else result.reason) or "not counted"


def _applies(result: ScenarioResult, figure: str) -> bool:
    if result.outcome is None:
        return True
    measured = result.outcome.rto if figure == "rto" else result.outcome.rpo
    return measured.applies or measured.seconds is not None


def _verdict(results: Sequence[ScenarioResult], open_because: str | None) -> Judgement:
    scores = {result.score for result in results}
    if Score.NOT_THERE in scores:
        return Judgement.MISSED
    return Judgement.MET if scores == {Score.THERE_AND_BACK} and not open_because else Judgement.NOT_MEASURED


def _headline(verdict: Judgement, score: str) -> str:
    match verdict:
        case Judgement.MET:
            return f"Passed: {score} scenarios, there and back"
        case Judgement.MISSED:
            return f"Not passed: {score} scenarios"
        case Judgement.NOT_MEASURED:
            return f"Not proved: {score} scenarios"
        case never:
            assert_never(never)


def _sentence(results: Sequence[ScenarioResult], open_because: str | None) -> str:
    said = [open_because] if open_because else []
    for score, told in (
        (Score.THERE_AND_BACK, "went there and back"),
        (Score.THERE_ONLY, "went there, and the way back is not proved"),
        (Score.NOT_THERE, "did not get there, or could not prove it"),
    ):
        if names := [result.plan.name.heading for result in results if result.score is score]:
            said.append(f"{', '.join(names)} {told}.")
    return " ".join(said) or "No scenario was planned."


def _worst(figures: Sequence[Figure]) -> Figure:
    """Return the figure that lies nearest to its objective, or furthest beyond; one that is missing is told."""
    measured = [one for one in figures if one.achieved_s is not None]
    if not measured:
        why = figures[0].reason if figures else "no scenario has this figure"
        goal = figures[0].objective_s if figures else None
        return Figure(
            achieved_s=None, error_s=None, objective_s=goal, judgement=Judgement.NOT_MEASURED, reason=why
        )
    worst = max(measured, key=lambda one: ((one.achieved_s or 0) / (one.objective_s or 1), one.achieved_s))
    missing = len(figures) - len(measured)
    if not missing or worst.judgement is Judgement.MISSED:
        return worst
    why = f"not measured in {words.things(missing, 'scenario')} that {'has' if missing == 1 else 'have'} it"
    return worst.model_copy(update={"judgement": Judgement.NOT_MEASURED, "reason": why})


def _urgent(findings: Sequence[DrTestFinding]) -> list[str]:
    said = [
        f"{finding.owner or 'Nobody yet'}, by {finding.due:%Y-%m-%d}: {finding.what}"
        for finding in findings[:SHOWN]
    ]
    left = len(findings) - len(said)
    return [*said, f"{words.things(left, 'more finding')} below."] if left > 0 else said
