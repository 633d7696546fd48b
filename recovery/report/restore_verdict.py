"""The verdict of a restore: never better than what was proved and measured, by an operation that ended well."""

from recovery.objectives import Judgement
from recovery.procedures import ProcedureName
from recovery.report import words
from recovery.report.document import StepState
from recovery.report.reading import number
from recovery.report.restore_document import Found, Proofs, RestoreVerdict
from recovery.report.restore_results import MEASURE, PROVE, Told, why_nothing
from recovery.report.restore_words import BESIDE, PLANNED, RECOVERED, REPAIRED, REPLACED, brought_back
from recovery.report.verdict import HEADLINE, worse

GOOD_ENDINGS = frozenset({BESIDE, REPAIRED, REPLACED, RECOVERED})

_RTO = "from the operation's opening to the last proof, by the journal's clock"
_RTO_OF_REPAIR = "from the operation's opening to the end of the repair, by the journal's clock"
_RTO_OF_REPLACING = "from the operation's opening to a customer's write after it, by the journal's clock"
_RTO_OF_RECOVERY = (
    "from the last good probe of any region to customers served by the stand-ins, by the prober"
)
_RPO = "from the newest replayed commit, as the restored cluster tells it, to the fault"
_RPO_OF_RECOVERY = (
    "from the newest row before which no promised row is missing to the last good probe, by the prober"
)


def restore_verdict(told: Told) -> RestoreVerdict:
    """Return the verdict: `met` only if nothing stands against it."""
    counted, achieved = _proofs(told), told.found.achieved
    doubt = _doubt(told, counted)
    rto = _figure(told, "rto_s", method=_rto_method(told), doubt=doubt)
    rpo = _figure(told, "rpo_s", method=_RPO_OF_RECOVERY if _is_recovery(told) else _RPO, doubt=doubt)
    overall = worse([rto, rpo])
    headline = HEADLINE[overall]
    return RestoreVerdict(
        overall=overall,
        headline=f"Proofs failed, {headline.lower()}" if counted.failed else headline,
        brought_back=brought_back(told.asked, told.ending, told.found),
        reason=None if overall is Judgement.MET else doubt or _reason(overall, rto, rpo),
        rto=rto,
        rpo=rpo,
        proofs=counted,
        rows_after=achieved.rows_after if achieved else None,
        rows_given_up=achieved.rows_given_up if achieved else None,
        outage_s=achieved.outage_s if achieved else None,
    )


def _is_recovery(told: Told) -> bool:
    return told.asked.procedure == ProcedureName.MULTI_REGION_RECOVERY


def _rto_method(told: Told) -> str:
    if _is_recovery(told):
        return _RTO_OF_RECOVERY
    return _RTO_OF_REPLACING if told.found.opened else _RTO_OF_REPAIR if told.found.repaired else _RTO


def _proofs(told: Told) -> Proofs:
    """Return the validation ladder, counted; without one the reason says why."""
    if told.found.proved is None:
        why = why_nothing(told.steps, PROVE)
        return Proofs(judgement=Judgement.NOT_MEASURED, held=0, tried=0, failed=[], reason=why)
    failed = [rung.name for rung in told.found.proved.failed]
    tried = sum(rung.held is not None for rung in told.found.proved.rungs)
    judgement, reason = Judgement.MET, None
    if failed:
        named = ", ".join(f"“{name}”" for name in failed)
        verb = "does not hold" if len(failed) == 1 else "do not hold"
        judgement = Judgement.MISSED
        reason = f"{len(failed)} of {words.things(tried, 'proof')} {verb}: {named}."
    elif not tried:
        judgement, reason = Judgement.NOT_MEASURED, "No rung of the validation ladder could be tried."
    return Proofs(judgement=judgement, held=tried - len(failed), tried=tried, failed=failed, reason=reason)


def _doubt(told: Told, counted: Proofs) -> str | None:
    """Return why nothing can be called met, None where nothing stands against it."""
    ending, repaired = told.ending, told.found.repaired
    if not told.environment.chain_verified:
        return f"The journal is broken at event {told.environment.broken_at}: its figures prove nothing."
    if counted.failed:
        return counted.reason
    if told.asked.dry_run and ending.closed:
        return "Only the plan was shown: nothing was changed."
    if not ending.closed or ending.outcome not in GOOD_ENDINGS:
        return _failure(told) or _not_ended_well(told)
    if repaired and repaired.verified < repaired.rows:
        return f"{repaired.rows:,} rows were changed, and only {repaired.verified:,} read back as planned."
    return counted.reason


def _failure(told: Told) -> str | None:
    """Return the newest failure of a step that never ended well, in its own words."""
    failed = [step for step in told.steps if step.state is StepState.FAILED and not step.undo]
    return f"“{failed[-1].title}” failed: {failed[-1].sentence}" if failed else None


def _not_ended_well(told: Told) -> str:
    if not told.ending.closed:
        return "The operation is not closed: its figures may still change."
    if told.ending.outcome == PLANNED:
        return "Only the plan was made: no live row was changed."
    return f"The operation ended “{told.ending.outcome}”: it did not bring back what was asked for."


def _figure(told: Told, key: str, *, method: str, doubt: str | None) -> Found:
    """Return one judged figure; one that would be met is `not measured` while there is a *doubt*."""
    achieved_s, why = _measured(told, key)
    goal = number(told.goals, key)
    objective_s = goal if goal is not None and goal >= 0 else None
    judgement, reason = Judgement.NOT_MEASURED, why
    if achieved_s is not None and objective_s is None:
        reason = "The journal does not say what the objective is."
    elif achieved_s is not None and objective_s is not None:
        judgement = Judgement.MET if achieved_s <= objective_s else Judgement.MISSED
        reason = None
    if judgement is Judgement.MET and doubt:
        judgement, reason = Judgement.NOT_MEASURED, doubt
    return Found(
        achieved_s=achieved_s,
        error_s=None,
        objective_s=objective_s,
        judgement=judgement,
        reason=reason,
        method=method,
    )


def _measured(told: Told, key: str) -> tuple[float | None, str | None]:
    """Return a figure, or why there is none: a length of time that is below zero is none."""
    achieved = told.found.achieved
    if achieved is None:
        return None, why_nothing(told.steps, MEASURE)
    found = achieved.rto_s if key == "rto_s" else achieved.rpo_s
    if found is None:
        why = achieved.rpo_reason if key == "rpo_s" else None
        return None, why or "No reason was written down."
    if found < 0 and key == "rpo_s":
        late = words.span(-found)
        return None, f"The newest replayed commit is {late} after the fault: the damage may be in it."
    if found < 0:
        return None, f"It came out as {words.span(found)}: compare the clocks of the processes."
    return found, None


def _reason(overall: Judgement, rto: Found, rpo: Found) -> str:
    """Return why the verdict is not met, a sentence for each figure that it is about."""
    about = [(name, one) for name, one in (("RTO", rto), ("RPO", rpo)) if one.judgement is overall]
    if overall is Judgement.MISSED:
        said = [
            f"{name} was missed: {words.span(one.achieved_s)}, the objective is {words.span(one.objective_s)}."
            for name, one in about
        ]
    else:
        said = [f"{name} was not measured: {(one.reason or '').rstrip('.')}." for name, one in about]
    return " ".join(said)
