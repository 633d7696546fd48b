"""report.html: the report as one page that needs nothing else, for a screen, a phone and paper."""

from functools import cache, partial
from pathlib import Path
from typing import Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from recovery.plain_text import visible
from recovery.report import sheets, words
from recovery.report.document import Report


class Draw(Protocol):
    """Returns one picture as SVG, its texts escaped; None where there is nothing to draw."""

    def __call__(self, *, narrow: bool) -> str | None:
        """Draw it for a page, or for a phone."""


def render_html(report: Report) -> str:
    """Return the page: self-contained, the same text for the same report. What it quotes stays text."""
    # Half a second that only those who want the page should wait for.
    from recovery.report.phases_picture import draw_phases  # noqa: PLC0415
    from recovery.report.traffic_picture import draw_traffic  # noqa: PLC0415

    pictures = drawn(phases=partial(draw_phases, report), traffic=partial(draw_traffic, report))
    page = template("report.html.j2").render(report=report, sheets=sheets, words=words, pictures=pictures)
    return f"{page.strip()}\n"


def drawn(**draw: Draw) -> dict[str, tuple[Markup, Markup]]:
    """Return each picture that there is by its name, wide and narrow."""
    return {
        name: (Markup(visible(wide)), Markup(visible(narrow)))  # noqa: S704 - our own SVG, its texts escaped
        for name, one in draw.items()
        if (wide := one(narrow=False)) and (narrow := one(narrow=True))
    }


@cache
def template(name: str) -> Template:
    """Return a template beside this file; every text that it is given stays text."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        finalize=lambda value: visible(value) if type(value) is str else value,  # markup is ours
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
