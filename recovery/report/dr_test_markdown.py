"""The short form of a test's report, as Markdown: what Prefect shows beside the run."""

from recovery.dr_test.document import DrTest
from recovery.report import dr_test_sheets
from recovery.report.markdown import escaped, grid, judged, titled
from recovery.report.sheets import Sheet


def render_dr_test_markdown(test: DrTest) -> str:
    """Return verdict, figures, scenarios and what people do next. What it quotes stays text."""
    told = test.summary
    rows = [judged("Worst RTO", told.rto), judged("Worst RPO", told.rpo)]
    parts = [
        f"# {escaped(told.headline)}",
        escaped(told.sentence),
        grid(Sheet("", ("", "Achieved", "Objective", "Verdict"), rows)),
        titled(dr_test_sheets.scenarios(test)),
        "\n".join(f"{i}. {escaped(line)}" for i, line in enumerate(told.next, start=1)),
        f"Test {escaped(test.id)}, estate {escaped(test.environment.estate)}.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
