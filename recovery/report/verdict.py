"""The verdict of a report: never better than what was measured, by an operation that ended well."""

from collections.abc import Sequence
from datetime import timedelta

from pydantic import JsonValue

from recovery.measurement import Measurement, PointName
from recovery.objectives import Achieved, Judged, Judgement, Objectives
from recovery.report import words
from recovery.report.document import Asked, Ending, Environment, Figure, Verdict
from recovery.report.reading import Fields, number

GOOD_ENDINGS = frozenset({"restored", "moved"})

HEADLINE = {
    Judgement.MET: "Objectives met",
    Judgement.MISSED: "Objectives missed",
    Judgement.NOT_MEASURED: "Objectives not measured",
}


def objectives(fields: Fields) -> Objectives | None:
    """Return the objectives that the opening event wrote down, None where it wrote none."""
    rto, rpo = number(fields, "rto_s"), number(fields, "rpo_s")
    if rto is None or rpo is None or rto <= 0 or rpo < 0:
        return None
    return Objectives(rto=timedelta(seconds=rto), rpo=timedelta(seconds=rpo))


def doubt(ending: Ending, environment: Environment, asked: Asked) -> str | None:
    """Return why nothing can be called met, None where nothing stands against it."""
    if not environment.chain_verified:
        return f"The journal is broken at event {environment.broken_at}: its figures prove nothing."
    if asked.dry_run:
        return "Only the plan was shown: nothing was changed."
    if not ending.closed:
        return "The operation is not closed: its figures may still change."
    if ending.outcome not in GOOD_ENDINGS:
        return f"The operation ended “{ending.outcome}”: it restored nothing that could be measured."
    return None


def verdict(
    judged: Judged | None, measurement: Measurement | None, *, unmeasured: str, doubt: str | None
) -> Verdict:
    """Return the verdict; *unmeasured* says why there is no measurement, *doubt* why nothing can be met."""
    fault = _error_s(measurement, PointName.FAULT)
    restored = _error_s(measurement, PointName.RESTORED)
    both = None if fault is None or restored is None else fault + restored
    rto = figure(judged.rto if judged else None, error_s=both, unmeasured=unmeasured, doubt=doubt)
    rpo = figure(judged.rpo if judged else None, error_s=fault, unmeasured=unmeasured, doubt=doubt)
    overall = worse([rto, rpo])
    rows = measurement.rows if measurement else None
    reason = measurement.rows_reason if measurement else unmeasured
    return Verdict(
        overall=overall,
        headline=HEADLINE[overall],
        reason=_reason(overall, rto, rpo, doubt=doubt),
        rto=rto,
        rpo=rpo,
        rows_lost=len(rows.lost) if rows else None,
        rows_acknowledged=rows.acknowledged if rows else None,
        rows_reason=None if rows else reason or "rows were not compared, and nobody wrote down why",
    )


def figure(achieved: Achieved | None, *, error_s: float | None, unmeasured: str, doubt: str | None) -> Figure:
    """Return one judged figure; one that would be met is `not measured` while there is a *doubt*."""
    if achieved is None:
        return Figure(
            achieved_s=None,
            error_s=None,
            objective_s=None,
            judgement=Judgement.NOT_MEASURED,
            reason=unmeasured,
        )
    judgement, reason = achieved.judgement, achieved.reason
    length, limit = achieved.length, achieved.objective
    if judgement is Judgement.MET and doubt:
        judgement, reason = Judgement.NOT_MEASURED, doubt
    elif judgement is Judgement.MET and length and length + timedelta(seconds=error_s or 0) > limit:
        reason = "Met by less than the measurement's error."
    return Figure(
        achieved_s=None if length is None else length.total_seconds(),
        error_s=None if length is None else error_s,
        objective_s=limit.total_seconds(),
        judgement=judgement,
        reason=reason,
    )


def with_objectives(verdict: Verdict, asked: dict[str, JsonValue]) -> Verdict:
    """Return *verdict* with the objectives filled in where there was nothing to judge."""
    rto, rpo = (
        known
        if known.objective_s is not None
        else known.model_copy(update={"objective_s": number(asked, key)})
        for known, key in ((verdict.rto, "rto_s"), (verdict.rpo, "rpo_s"))
    )
    return verdict.model_copy(update={"rto": rto, "rpo": rpo})


def worse(figures: Sequence[Figure]) -> Judgement:
    """Return the judgement of them all: missed if one is, met only if all are."""
    both = {figure.judgement for figure in figures}
    if Judgement.MISSED in both:
        return Judgement.MISSED
    return Judgement.MET if both == {Judgement.MET} else Judgement.NOT_MEASURED


def _reason(overall: Judgement, rto: Figure, rpo: Figure, *, doubt: str | None) -> str | None:
    """Return why the verdict is not met, in one sentence; a doubt comes before all."""
    if overall is Judgement.MET:
        return None
    if doubt:
        return doubt
    said = [
        _sentence(name, known) for name, known in (("RTO", rto), ("RPO", rpo)) if known.judgement is overall
    ]
    return " ".join(dict.fromkeys(said))


def _sentence(name: str, known: Figure) -> str:
    if known.judgement is Judgement.NOT_MEASURED:
        return f"{name} was not measured: {known.reason}."
    found = known.reason or words.span(known.achieved_s)
    return f"{name} was missed: {found}, the objective is {words.span(known.objective_s)}."


def _error_s(measurement: Measurement | None, name: PointName) -> float | None:
    points = measurement.points if measurement else []
    return next((point.error_s for point in points if point.name is name), None)
