"""The short form of a repair's report, as Markdown: what Prefect shows beside the run."""

from recovery.report import repair_sheets
from recovery.report.markdown import escaped, grid, titled
from recovery.report.repair_document import RepairReport
from recovery.report.sheets import Sheet


def render_repair_markdown(report: RepairReport) -> str:
    """Return verdict, what a person does next, what was done, and what still differs. What it quotes stays text."""
    end = report.ending
    parts = [
        f"# {escaped(report.headline)}",
        escaped(report.verdict),
        f"**{escaped(end.outcome.capitalize())}.** {escaped(end.summary)}",
        "\n".join(f"{i}. {escaped(line)}" for i, line in enumerate(end.next, start=1)),
        grid(Sheet("", ("", ""), list(repair_sheets.facts(report)))),
        titled(repair_sheets.changes(report)),
        titled(repair_sheets.refused(report)),
        titled(repair_sheets.different(report)),
        f"Operation {escaped(report.operation.id)}, estate {escaped(report.environment.estate)}.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
