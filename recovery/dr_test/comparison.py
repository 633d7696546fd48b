"""This test beside earlier ones: what became better or worse, and which findings were looked at again."""

from collections.abc import Sequence
from datetime import datetime

from recovery.dr_test.document import Compared, DrTest, DrTestFinding, PastRun, Retest, ScenarioResult
from recovery.dr_test.plan import DrTestPlan
from recovery.dr_test.scenarios import ScenarioName
from recovery.dr_test.scoring import Score
from recovery.report import words

SAME_S = 0.05
"""A difference below it is none: figures are told to a tenth of a second."""


def compared(results: Sequence[ScenarioResult], earlier: Sequence[DrTest]) -> list[Compared]:
    """Return each scenario beside the newest earlier test that tried it."""
    return [_compared(result, *_before(result.plan.name, earlier)) for result in results]


def history(earlier: Sequence[DrTest], this: PastRun) -> list[PastRun]:
    """Return the tests in short, oldest first, this one last."""
    return [past_run(test) for test in earlier] + [this]


def past_run(test: DrTest) -> PastRun:
    """Return a test in short; one without a plan has no scenarios, and the estate's objectives."""
    return run_of(test.id, test.started_at, test.scenarios, test.plan) if test.plan else _empty(test)


def run_of(test: str, at: datetime, results: Sequence[ScenarioResult], plan: DrTestPlan) -> PastRun:
    """Return a test in short: its points, and the longest figures of its scenarios."""
    return PastRun(
        test=test,
        at=at,
        points=sum(result.score.points for result in results),
        of=len(results),
        rto_s=max((one.rto.achieved_s for one in results if one.rto.achieved_s is not None), default=None),
        rpo_s=max((one.rpo.achieved_s for one in results if one.rpo.achieved_s is not None), default=None),
        rto_objective_s=plan.rto_s,
        rpo_objective_s=plan.rpo_s,
    )


def retests(
    test: str,
    results: Sequence[ScenarioResult],
    findings: Sequence[DrTestFinding],
    earlier: Sequence[DrTest],
) -> list[Retest]:
    """Return the open findings of earlier tests whose scenario was tried again.

    One is closed where the scenario passed and the same thing was not found again.
    """
    tried = {result.plan.name: result.score for result in results if result.outcome}
    again = {(finding.scenario, finding.what) for finding in findings}
    return [
        Retest(
            finding=old.id,
            test=test,
            closed=tried[old.scenario] is Score.THERE_AND_BACK and (old.scenario, old.what) not in again,
        )
        for old in _open(earlier)
        if old.scenario in tried
    ]


def _open(earlier: Sequence[DrTest]) -> list[DrTestFinding]:
    """Return what is open, each thing once: as the newest test told of it."""
    closed = {retest.finding for test in earlier for retest in test.retests if retest.closed}
    newest = {(finding.scenario, finding.what): finding for test in earlier for finding in test.findings}
    return [finding for finding in newest.values() if finding.id not in closed]


def _before(name: ScenarioName, earlier: Sequence[DrTest]) -> tuple[DrTest | None, ScenarioResult | None]:
    for test in reversed(earlier):
        for result in test.scenarios:
            if result.plan.name is name and result.outcome:
                return test, result
    return None, None


def _compared(now: ScenarioResult, test: DrTest | None, before: ScenarioResult | None) -> Compared:
    if test is None or before is None:
        first = "No earlier test tried it."
        return Compared(scenario=now.plan.name, test=None, rto_s=None, rpo_s=None, score=None, told=first)
    told = [
        _moved("RTO", now.rto.achieved_s, before.rto.achieved_s),
        _moved("RPO", now.rpo.achieved_s, before.rpo.achieved_s),
        f"score as before: {now.score}" if now.score is before.score else f"{before.score}, now {now.score}",
    ]
    return Compared(
        scenario=now.plan.name,
        test=test.id,
        rto_s=before.rto.achieved_s,
        rpo_s=before.rpo.achieved_s,
        score=before.score,
        told="; ".join(told),
    )


def _moved(name: str, now: float | None, before: float | None) -> str:
    if now is None or before is None:
        return f"{name} was not measured {'then' if before is None else 'now'}"
    if abs(now - before) < SAME_S:
        return f"{name} as before"
    return f"{name} {words.span(abs(now - before))} {'longer' if now > before else 'shorter'}"


def _empty(test: DrTest) -> PastRun:
    rto, rpo = test.summary.rto.objective_s, test.summary.rpo.objective_s
    return PastRun(
        test=test.id,
        at=test.started_at,
        points=0,
        of=0,
        rto_s=None,
        rpo_s=None,
        rto_objective_s=rto or 0,
        rpo_objective_s=rpo or 0,
    )
