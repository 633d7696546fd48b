"""report.html of a repair of both regions: one page that needs nothing else, for a screen, a phone and paper."""

from recovery.report import repair_sheets, sheets, words
from recovery.report.html import template
from recovery.report.repair_document import RepairReport


def render_repair(report: RepairReport) -> str:
    """Return the page: self-contained, the same text for the same report. What it quotes stays text."""
    page = template("repair.html.j2").render(
        report=report, own=repair_sheets, sheets=sheets, words=words, pictures={}
    )
    return f"{page.strip()}\n"
