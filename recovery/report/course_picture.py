"""The course of one scenario: one bar to scale, from the disaster to the estate as it was before."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from recovery.dr_test.document import ScenarioResult
from recovery.dr_test.outcome import ScenarioOutcome
from recovery.measurement import PointName
from recovery.report import words
from recovery.report.bar_picture import Piece, Style, draw_bar
from recovery.report.picture import PAPER, SOURCE_EDGE, SOURCE_FILL, TARGET_FILL

_STYLES = {
    "seen to be well": Style(PAPER, edge=SOURCE_EDGE),
    "not served": Style(TARGET_FILL, text=PAPER),
    "on one region": Style(PAPER, hatch="////", edge=SOURCE_EDGE),
    "way back": Style("#7fa3c7"),
    "being proved": Style(SOURCE_FILL),
}


def draw_course(result: ScenarioResult, *, narrow: bool) -> str | None:
    """Return the picture as SVG, None where the scenario was not tried."""
    if (outcome := result.outcome) is None:
        return None
    cuts = list(_cuts(result, outcome))
    begin = outcome.started_at
    pieces = []
    for name, until in cuts:
        if until > begin:
            pieces.append(Piece(name, (until - begin).total_seconds(), None, _STYLES[name]))
            begin = until
    whole = words.span((outcome.ended_at - outcome.started_at).total_seconds())
    title = f"Course of {result.plan.name}, to scale"
    name = f"course-{result.plan.name}"
    return draw_bar(pieces, name=name, title=title, whole=f"{whole} in all", narrow=narrow)


def _cuts(result: ScenarioResult, outcome: ScenarioOutcome) -> Iterator[tuple[str, datetime]]:
    """Return each piece's name and end, in order; what was not measured is no piece of its own."""
    fault, restored = (
        _point(result, PointName.FAULT) or outcome.injection.at,
        _point(result, PointName.RESTORED),
    )
    if fault is None and outcome.operations:
        fault = restored
    if fault is not None:
        yield "seen to be well", fault
        served = restored if restored and restored >= fault else _served(outcome, fault)
        yield "not served", served
        back = outcome.failback
        if back.at and back.length_s is not None:
            yield "on one region", back.at - timedelta(seconds=back.length_s)
            yield "way back", back.at
    yield "being proved", outcome.ended_at


def _served(outcome: ScenarioOutcome, fault: datetime) -> datetime:
    return fault + timedelta(seconds=outcome.rto.seconds or 0)


def _point(result: ScenarioResult, name: PointName) -> datetime | None:
    return next((point.at for point in result.points if point.name is name), None)
