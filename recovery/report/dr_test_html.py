"""report.html of a test: one page that needs nothing else, its first part read in a minute."""

from collections.abc import Mapping, Sequence
from functools import partial

from markupsafe import Markup

from recovery.dr_test.document import DrTest, ScenarioResult
from recovery.dr_test.operation_evidence import REPAIRS, RESTORES
from recovery.dr_test.outcome import Leg
from recovery.dr_test.summary import halves
from recovery.journal import Event
from recovery.report import dr_test_proofs, dr_test_sheets, words
from recovery.report.compose import compose
from recovery.report.html import Draw, drawn, template
from recovery.report.reading import text
from recovery.report.restore_compose import compose_restore

Journals = Mapping[str, Sequence[Event]]


def render_dr_test(test: DrTest, journals: Journals) -> str:
    """Return the page: self-contained, the same text for the same test. What it quotes stays text.

    *journals* has the events of the operations, by id: the pictures of traffic and phases are drawn from them.
    """
    page = template("dr_test.html.j2").render(
        test=test,
        own=dr_test_sheets,
        proofs=dr_test_proofs,
        words=words,
        halves=halves,
        pictures=_pictures(test, journals),
    )
    return f"{page.strip()}\n"


def _pictures(test: DrTest, journals: Journals) -> dict[str, tuple[Markup, Markup]]:
    # Half a second that only those who want the page should wait for.
    from recovery.report.course_picture import draw_course  # noqa: PLC0415
    from recovery.report.objectives_picture import draw_objectives  # noqa: PLC0415
    from recovery.report.trend_picture import draw_trend  # noqa: PLC0415

    if test.is_tabletop:
        return {}
    made: dict[str, Draw] = {
        "objectives": partial(draw_objectives, test),
        "trend": partial(draw_trend, test.history),
    }
    for result in test.scenarios:
        made[f"course-{result.plan.name}"] = partial(draw_course, result)
        made |= _of_operation(result, journals)
    return drawn(**made)


def _of_operation(result: ScenarioResult, journals: Journals) -> dict[str, Draw]:
    """Return the pictures of the operation that went there: its phases and its traffic."""
    from recovery.report.phases_picture import draw_phases  # noqa: PLC0415 - as above
    from recovery.report.spent_picture import draw_spent  # noqa: PLC0415
    from recovery.report.traffic_picture import draw_traffic  # noqa: PLC0415

    there = [one.id for one in result.outcome.operations if one.leg is Leg.THERE] if result.outcome else []
    events = next((journals[name] for name in there if journals.get(name)), None)
    if events is None:
        return {}
    procedure, scenario = text(events[0].data, "procedure"), result.plan.name
    if procedure in RESTORES:
        name = f"phases-{scenario}"
        return {name: partial(draw_spent, compose_restore(events), name=name)}
    if procedure in REPAIRS:
        return {}
    report, phases, traffic = compose(events), f"phases-{scenario}", f"traffic-{scenario}"
    return {
        phases: partial(draw_phases, report, name=phases),
        traffic: partial(draw_traffic, report, name=traffic),
    }
