"""report.html of a failback: one page that needs nothing else, for a screen, a phone and paper."""

from recovery.report import failback_sheets, sheets, words
from recovery.report.failback_document import FailbackReport
from recovery.report.html import template


def render_failback(report: FailbackReport) -> str:
    """Return the page: self-contained, the same text for the same report. What it quotes stays text."""
    page = template("failback.html.j2").render(
        report=report, own=failback_sheets, sheets=sheets, words=words, pictures={}
    )
    return f"{page.strip()}\n"
