"""The short form of a comparison's report, as Markdown: what Prefect shows beside the run."""

from recovery.reconcile.findings import Findings
from recovery.report import reconciliation_sheets
from recovery.report.markdown import escaped, grid, titled
from recovery.report.sheets import Sheet


def render_reconciliation_markdown(report: Findings) -> str:
    """Return verdict, tables, samples and what was left out. What it quotes stays text."""
    parts = [
        f"# {escaped(report.headline)}: {escaped(' and '.join(report.regions))}",
        escaped(report.verdict),
        grid(Sheet("", ("", ""), list(reconciliation_sheets.facts(report)))),
        titled(reconciliation_sheets.drift(report)),
        titled(reconciliation_sheets.samples(report)),
        titled(reconciliation_sheets.keys(report)),
        titled(Sheet("The plan of a repair", ("", ""), list(reconciliation_sheets.plan_facts(report)))),
        titled(reconciliation_sheets.changes(report)),
        titled(reconciliation_sheets.queue(report)),
        titled(reconciliation_sheets.unfinished(report)),
        titled(reconciliation_sheets.not_compared(report)),
        titled(reconciliation_sheets.unreplicated(report)),
        f"Comparison {escaped(report.id)}, estate {escaped(report.estate)}.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
