"""The report's short form, as Markdown: what Prefect shows beside the run."""

import re

from recovery.objectives import Judgement
from recovery.report import sheets, words
from recovery.report.document import Figure, Report
from recovery.report.sheets import Sheet

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#|!~&$])")


def render_markdown(report: Report) -> str:
    """Return verdict, outcome, what a person does next, and the phases. What it quotes stays text."""
    asked, verdict, end = report.operation, report.verdict, report.ending
    lost = words.count(verdict.rows_lost)
    parts = [
        f"# {verdict.headline}: {_text(asked.source)} to {_text(asked.target)}",
        _text(verdict.reason) if verdict.reason else "",
        _grid(
            Sheet(
                "",
                ("", "Achieved", "Objective", "Verdict"),
                [
                    _figure("RTO, from the fault to clients restored", verdict.rto),
                    _figure("RPO, promised work that is lost, as time", verdict.rpo),
                    ("Rows lost, acknowledged and not in the target", lost, "", ""),
                ],
            )
        ),
        f"**{_text(end.outcome.capitalize())}.** {_text(end.summary)}",
        "\n".join(f"{i}. {_text(line)}" for i, line in enumerate(end.next, start=1)),
        _titled(sheets.phases(report)),
        _titled(sheets.interruptions(report)),
        _titled(sheets.not_measured(report)),
        f"Operation {_text(asked.id)}, estate {_text(report.environment.estate)}.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def timeline_table(report: Report) -> list[dict[str, str]]:
    """Return the clock points as rows for a table artifact, each with the phase that it ended."""
    ended = {phase.ends: phase for phase in report.timeline.phases}
    fault = sheets.fault_at(report)
    return [
        {
            "Point": f"{point.name} {words.MEANING[point.name]}",
            "Time (UTC)": words.instant(point.at) or "not measured",
            "Since T0": words.since(fault, point.at) if point.at else "",
            "Phase": phase.what if (phase := ended.get(point.name)) else "",
            "Length": words.span(phase.length_s) if phase else "",
            "Longest": "longest" if phase and phase.longest else "",
            "Measured by, or why not": point.measured_by
            if point.at
            else point.reason or "no reason was written down",
        }
        for point in report.timeline.points
    ]


def _figure(name: str, figure: Figure) -> tuple[str, ...]:
    objective = "" if figure.objective_s is None else words.span(figure.objective_s)
    mark = {Judgement.MET: "✓ MET", Judgement.MISSED: "✕ MISSED", Judgement.NOT_MEASURED: "NOT MEASURED"}
    return (name, words.span(figure.achieved_s), objective, mark[figure.judgement])


def _titled(sheet: Sheet) -> str:
    return f"## {sheet.caption}\n\n{_grid(sheet)}" if sheet.rows else ""


def _grid(sheet: Sheet) -> str:
    lines = [sheet.columns, tuple("---" for _ in sheet.columns), *sheet.rows]
    escaped = [[cell if cell == "---" else _text(cell) for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in escaped)


def _text(text: str) -> str:
    """Return *text* on one line, so that Markdown finds nothing in it to act upon."""
    line = " ".join(text.split())
    return _SPECIAL.sub(r"\\\1", line).replace(r"\<", "&lt;").replace(r"\>", "&gt;").replace("://", "&#58;//")
