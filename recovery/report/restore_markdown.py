"""The short form of a restore's report, as Markdown: what Prefect shows beside the run."""

from recovery.objectives import Judgement
from recovery.report import restore_sheets, sheets, words
from recovery.report.markdown import escaped, grid, judged, titled
from recovery.report.restore_document import Proofs, RestoreReport
from recovery.report.restore_words import title
from recovery.report.sheets import Sheet

_MARK = {Judgement.MET: "✓ HELD", Judgement.MISSED: "✕ FAILED", Judgement.NOT_MEASURED: "NOT PROVED"}


def render_restore_markdown(report: RestoreReport) -> str:
    """Return verdict, what a person does next, the moment, the time, proofs and damage. What it quotes stays text."""
    asked, verdict, end = report.operation, report.verdict, report.ending
    figures = [
        judged(f"RTO, {verdict.rto.method}", verdict.rto),
        judged(f"RPO, {verdict.rpo.method}", verdict.rpo),
        ("Proofs that hold", _counted(verdict.proofs), "all that apply", _MARK[verdict.proofs.judgement]),
    ]
    if verdict.rows_after is not None:
        figures.insert(2, ("Rows acknowledged in that time", words.count(verdict.rows_after), "", ""))
    facts = restore_sheets.moment_facts(report) + restore_sheets.damage_facts(report)
    facts += restore_sheets.exchange_facts(report)
    parts = [
        f"# {escaped(verdict.headline)}: {escaped(title(asked)[1])}, {escaped(asked.scope)}",
        escaped(verdict.brought_back),
        escaped(verdict.reason) if verdict.reason else "",
        grid(Sheet("", ("", "Achieved", "Objective", "Verdict"), figures)),
        f"**{escaped(end.outcome.capitalize())}.** {escaped(end.summary)}",
        "\n".join(f"{i}. {escaped(line)}" for i, line in enumerate(end.next, start=1)),
        titled(Sheet("The moment and the backup", ("What", "Found"), facts)),
        titled(restore_sheets.phases(report)),
        titled(restore_sheets.rungs(report)),
        titled(restore_sheets.damage(report)),
        titled(sheets.not_measured(report)),
        f"Operation {escaped(asked.id)}, estate {escaped(report.environment.estate)}.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _counted(proofs: Proofs) -> str:
    return f"{proofs.held} of {words.count(proofs.tried)}" if proofs.tried else "none tried"
