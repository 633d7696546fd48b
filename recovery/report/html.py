"""report.html: the report as one page that needs nothing else, for a screen, a phone and paper."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from recovery.plain_text import visible
from recovery.report import sheets, words
from recovery.report.document import Report


def render_html(report: Report) -> str:
    """Return the page: self-contained, the same text for the same report. What it quotes stays text."""
    # Half a second that only those who want the page should wait for.
    from recovery.report.phases_picture import draw_phases  # noqa: PLC0415
    from recovery.report.traffic_picture import draw_traffic  # noqa: PLC0415

    pictures = {
        name: (Markup(visible(wide)), Markup(visible(narrow)))  # noqa: S704 - our own SVG, its texts escaped
        for name, draw in (("phases", draw_phases), ("traffic", draw_traffic))
        if (wide := draw(report, narrow=False)) and (narrow := draw(report, narrow=True))
    }
    page = _template().render(report=report, sheets=sheets, words=words, pictures=pictures)
    return f"{page.strip()}\n"


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        finalize=lambda value: visible(value) if type(value) is str else value,  # markup is ours
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")
