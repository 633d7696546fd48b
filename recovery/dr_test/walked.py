"""The first page of a tabletop: what was looked at, and what stands against a recovery; nothing is proved by it."""

from collections.abc import Sequence
from datetime import datetime

from recovery.dr_test.document import DrTestFinding, ScenarioResult, Summary
from recovery.dr_test.summary import whats_next
from recovery.objectives import Judgement
from recovery.report.document import Figure

NOTHING = "a tabletop touches nothing"


def walked(
    results: Sequence[ScenarioResult],
    findings: Sequence[DrTestFinding],
    *,
    open_because: str | None,
    next_due: datetime | None,
) -> Summary:
    """Return it: no figure and no point, and no failure either; *open_because* says why it counts for nothing."""
    return Summary(
        verdict=Judgement.NOT_MEASURED,
        headline=f"Walked through: preconditions of {_holding(results)} of {len(results)} scenarios hold",
        sentence=_sentence(results, open_because),
        points=0,
        of=len(results),
        rto=_none([result.rto for result in results]),
        rpo=_none([result.rpo for result in results]),
        rows_acknowledged=None,
        rows_lost=None,
        rows_reason=NOTHING,
        next=whats_next(findings, next_due),
    )


def _holding(results: Sequence[ScenarioResult]) -> int:
    return sum(not result.why for result in results)


def _sentence(results: Sequence[ScenarioResult], open_because: str | None) -> str:
    said = [open_because] if open_because else []
    said.append("Nothing was touched, and no recovery is proved: what each would need was looked at.")
    if names := [result.plan.name.heading for result in results if result.outcome and result.why]:
        said.append(f"{', '.join(names)} could not begin as things stand.")
    if names := [result.plan.name.heading for result in results if result.outcome is None]:
        said.append(f"{', '.join(names)} {'was' if len(names) == 1 else 'were'} not looked at.")
    return " ".join(said)


def _none(figures: Sequence[Figure]) -> Figure:
    goal = figures[0].objective_s if figures else None
    return Figure(
        achieved_s=None, error_s=None, objective_s=goal, judgement=Judgement.NOT_MEASURED, reason=NOTHING
    )
