"""report.html of a comparison: one page that needs nothing else, for a screen, a phone and paper."""

from recovery.reconcile.findings import Findings
from recovery.report import reconciliation_sheets, words
from recovery.report.html import template


def render_reconciliation(report: Findings) -> str:
    """Return the page: self-contained, the same text for the same findings. What it quotes stays text."""
    page = template("reconciliation.html.j2").render(
        report=report, own=reconciliation_sheets, words=words, pictures={}
    )
    return f"{page.strip()}\n"
