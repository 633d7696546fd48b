"""The short form of a failback's report, as Markdown: what Prefect shows beside the run."""

from recovery.report import failback_sheets
from recovery.report.failback_document import FailbackReport
from recovery.report.markdown import escaped, grid, titled
from recovery.report.sheets import Sheet


def render_failback_markdown(report: FailbackReport) -> str:
    """Return verdict, what a person does next, and what was brought home. What it quotes stays text."""
    end = report.ending
    parts = [
        f"# {escaped(report.headline)}",
        escaped(report.verdict),
        f"**{escaped(end.outcome.capitalize())}.** {escaped(end.summary)}",
        "\n".join(f"{i}. {escaped(line)}" for i, line in enumerate(end.next, start=1)),
        grid(Sheet("", ("", ""), list(failback_sheets.facts(report)))),
        titled(failback_sheets.lost(report)),
        titled(failback_sheets.written(report)),
        f"Operation {escaped(report.operation.id)}, estate {escaped(report.environment.estate)}.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
