"""The report's short form, as Markdown: what Prefect shows beside the run."""

import re

from recovery.objectives import Judgement
from recovery.plain_text import one_line
from recovery.report import sheets, words
from recovery.report.document import Figure, Report
from recovery.report.sheets import Sheet

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#|!~&$@])")
_LIST = re.compile(r"^(\d*)([-+.])(?=[- ]|$)")
_WEB = re.compile(r"\b(www)\.", re.IGNORECASE)


def render_markdown(report: Report) -> str:
    """Return verdict, outcome, what a person does next, and the phases. What it quotes stays text."""
    asked, verdict, end = report.operation, report.verdict, report.ending
    lost = words.count(verdict.rows_lost)
    parts = [
        f"# {verdict.headline}: {escaped(asked.source)} to {escaped(asked.target)}",
        escaped(verdict.reason) if verdict.reason else "",
        grid(
            Sheet(
                "",
                ("", "Achieved", "Objective", "Verdict"),
                [
                    judged("RTO, from the fault to clients restored", verdict.rto),
                    judged("RPO, promised work that is lost, as time", verdict.rpo),
                    ("Rows lost, acknowledged and not in the target", lost, "", ""),
                ],
            )
        ),
        f"**{escaped(end.outcome.capitalize())}.** {escaped(end.summary)}",
        "\n".join(f"{i}. {escaped(line)}" for i, line in enumerate(end.next, start=1)),
        titled(sheets.phases(report)),
        titled(sheets.interruptions(report)),
        titled(sheets.not_measured(report)),
        f"Operation {escaped(asked.id)}, estate {escaped(report.environment.estate)}.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def timeline_table(report: Report) -> list[dict[str, str]]:
    """Return the clock points as rows for a table artifact, each with the phase that it ended.

    Prefect's UI takes each cell for Markdown.
    """
    ended = {phase.ends: phase for phase in report.timeline.phases}
    fault = sheets.fault_at(report)
    rows = [
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
    return [{column: escaped(cell) for column, cell in row.items()} for row in rows]


def judged(name: str, figure: Figure) -> tuple[str, ...]:
    """Return one figure beside its objective as a row."""
    objective = "" if figure.objective_s is None else words.span(figure.objective_s)
    mark = {Judgement.MET: "✓ MET", Judgement.MISSED: "✕ MISSED", Judgement.NOT_MEASURED: "NOT MEASURED"}
    return (name, words.span(figure.achieved_s), objective, mark[figure.judgement])


def titled(sheet: Sheet) -> str:
    """Return *sheet* under its caption, nothing where it has no row."""
    return f"## {sheet.caption}\n\n{grid(sheet)}" if sheet.rows else ""


def grid(sheet: Sheet) -> str:
    """Return *sheet* as a table, its cells escaped."""
    lines = [sheet.columns, tuple("---" for _ in sheet.columns), *sheet.rows]
    quoted = [[cell if cell == "---" else escaped(cell) for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in quoted)


def escaped(text: str) -> str:
    """Return *text* on one line, so that Markdown finds nothing in it to act upon."""
    line = _SPECIAL.sub(r"\\\1", one_line(text)).replace(r"\<", "&lt;").replace(r"\>", "&gt;")
    return _LIST.sub(r"\1\\\2", _WEB.sub(r"\1\.", line)).replace("://", "&#58;//")
