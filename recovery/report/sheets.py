"""The report's tables as text: what the page, the short form and Prefect's tables all show."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from recovery.measurement import PointName
from recovery.report import words
from recovery.report.document import Report, ServedAgain, StepRecord
from recovery.report.repair_document import RepairReport
from recovery.report.restore_document import RestoreReport

AnyReport: TypeAlias = Report | RestoreReport | RepairReport

LETTERS = 100
"""So many fit across a printed page: 180 mm of DejaVu Sans at 8.5 points."""
BOLD = 1.15
"""A bold letter is so much wider."""
GAP = 2
"""So many would fit between two columns."""
BREAKABLE = 21
"""Words of as many letters or more may be broken anywhere."""
FIRST_ROWS = 200
"""How many lost rows the page lists; report.json lists all."""


@dataclass(frozen=True)
class Sheet:
    """A table whose cells are text.

    `strong` rows stand out; `right` columns hold figures; lines of `tight` columns are not broken.
    """

    caption: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    strong: frozenset[int] = field(default_factory=frozenset)
    right: frozenset[int] = field(default_factory=frozenset)
    tight: frozenset[int] = field(default_factory=frozenset)

    @property
    def shares(self) -> list[float]:
        """Each column's part of the width, percent: what its longest word needs, and of the rest by what it has to say.

        Browsers reckon alike. On paper it is told beforehand: else each cell is laid out twice more to find it.
        """
        columns = list(zip(self.columns, *self.rows, strict=True))
        whole = self.right | self.tight
        least = [
            _least(cells, whole=number in whole, bold=number == 0) for number, cells in enumerate(columns)
        ]
        more = [max(max(map(len, cells)) - need, 0) for cells, need in zip(columns, least, strict=True)]
        room = max(LETTERS - sum(least), 0) / (sum(more) or 1)
        widths = [need + room * extra for need, extra in zip(least, more, strict=True)]
        return [round(100 * width / sum(widths), 1) for width in widths]


def _least(cells: Sequence[str], *, whole: bool, bold: bool) -> float:
    """Return how many letters' room a column's longest word or line needs, and what is between it and the next one."""
    head, *rest = (_longest(cell, whole=whole) for cell in cells)
    return GAP + max(BOLD * head, *((BOLD if bold else 1) * longest for longest in rest))


def _longest(cell: str, *, whole: bool) -> int:
    """Return how many letters of a cell must stand on one line."""
    parts = cell.splitlines() if whole else cell.split()
    return max((len(part) if whole else min(len(part), BREAKABLE) for part in parts), default=0)


def points(report: Report) -> Sheet:
    """Return the clock points, each with who measured it, or why nobody did."""
    fault = fault_at(report)
    rows = [
        (
            f"{point.name}  {words.MEANING[point.name]}",
            words.clock(point.at) if point.at else "not measured",
            words.since(fault, point.at) if point.at else "",
            f"± {words.span(point.error_s)}" if point.at and point.error_s is not None else "",
            point.measured_by if point.at else point.reason or "no reason was written down",
        )
        for point in report.timeline.points
    ]
    columns = ("Point", "Time (UTC)", "Since T0", "Error", "Measured by, or why not")
    return Sheet("Clock points", columns, rows, right=frozenset({1, 2, 3}), tight=frozenset({0}))


def phases(report: Report) -> Sheet:
    """Return the phases, the longest of those that make up the RTO standing out."""
    rto = report.verdict.rto.achieved_s
    rows = [
        (
            f"{phase.begins} \N{EN DASH} {phase.ends}",
            phase.what.capitalize(),
            words.span(phase.length_s),
            words.share(phase.length_s / rto) if rto and phase.on_path else "after T6",
            f"{'Longest phase. ' if phase.longest else ''}{phase.shorter}",
        )
        for phase in report.timeline.phases
    ]
    strong = frozenset(i for i, phase in enumerate(report.timeline.phases) if phase.longest)
    columns = ("Phase", "What took the time", "Length", "Of the RTO", "Shorter by")
    return Sheet(
        "Phases between clock points",
        columns,
        rows,
        strong=strong,
        right=frozenset({2, 3}),
        tight=frozenset({0}),
    )


def interruptions(report: Report) -> Sheet:
    """Return how single clients were interrupted, and when they were served again."""
    seen, last_column = report.timeline.interruptions, "Meaning"
    if seen is None:
        why = report.timeline.interruptions_reason or "no reason was written down"
        rows, last_column = [("Interruptions", "not measured", "", why)], "Why it was not measured"
    elif not seen.clients:
        rows = [("Longest interruption", "none", "", "No client went without an answer")]
    else:
        longest = words.span(seen.longest_s)
        rows = [
            ("Clients interrupted", words.count(seen.clients), "", "Went without an answer for a time"),
            _served_again("First served again", seen.first, "After T0; the first of those clients"),
            _served_again("Median served again", seen.median, "After T0; half of them were served by then"),
            _served_again("Last served again", seen.last, "After T0; all of them were served by then"),
            ("Still failing", words.count(seen.still_failing), "", "Not served again when last seen"),
            ("Longest interruption", longest, "", "Of any single client, from one answer to its next"),
        ]
    columns = ("Clients", "Found", "Time (UTC)", last_column)
    caption, right, tight = "Interruptions of single clients", frozenset({1, 2}), frozenset({0})
    return without_empty(Sheet(caption, columns, rows, right=right, tight=tight))


def beside(report: Report) -> Sheet:
    """Return the figures that stand beside RTO and RPO, never instead of them."""
    line = report.timeline
    rows = [
        (name, meaning, words.span(span.length_s), span.reason or "")
        for name, meaning, span in (
            ("Orchestrated time", "T6 - T3: what this tool took", line.orchestrated),
            ("Decision time", "T2 - T1: the wait for a decision", line.decision),
            ("Unavailability", "Failed share of requests, summed over T0 to T6", line.unavailability),
            ("Time unprotected", "T7 - T6: served by one region alone", line.unprotected),
        )
    ]
    columns = ("Figure", "Meaning", "Length", "Why it was not measured")
    sheet = Sheet("Figures beside RTO and RPO", columns, rows, right=frozenset({2}), tight=frozenset({0}))
    return without_empty(sheet)


def steps(report: AnyReport) -> Sheet:
    """Return the step log; steps that did not end well stand out."""
    rows = [
        (
            f"{step.title}{' (undo)' if step.undo else ''}",
            step.region or "",
            words.clock(step.started_at),
            words.span(step.length_s) if step.length_s is not None else "",
            str(step.attempts),
            _result(step),
            "\n".join(step.actors),
        )
        for step in report.steps
    ]
    strong = frozenset(i for i, step in enumerate(report.steps) if step.state in {"failed", "unfinished"})
    columns = ("Step", "Region", "Start (UTC)", "Length", "Attempts", "Result", "Who")
    return Sheet(
        "Every step, in the order of its first start",
        columns,
        rows,
        strong=strong,
        right=frozenset({2, 3, 4}),
        tight=frozenset({1, 6}),
    )


def findings(report: AnyReport) -> Sheet:
    """Return what the checks found; those that said no stand out."""
    titles = {step.step: step.title for step in report.steps}
    rows = [
        (
            found.check,
            found.value,
            found.limit,
            "well" if found.ok else "NOT WELL",
            found.witness or "",
            found.remedy or "",
            titles.get(found.step, found.step),
        )
        for found in report.findings
    ]
    strong = frozenset(i for i, found in enumerate(report.findings) if not found.ok)
    columns = ("Check", "Found", "Limit", "Verdict", "Witness", "Remedy", "Step")
    return without_empty(Sheet("Findings of checks", columns, rows, strong=strong, tight=frozenset({3})))


def fences(report: Report) -> Sheet:
    """Return every means of keeping a region from writing, and whether it worked."""
    rows = [
        (f.region or "", f.means, "worked" if f.worked else "did not work", f.detail) for f in report.fences
    ]
    columns = ("Region", "Means", "Outcome", "Detail")
    return Sheet("Means of keeping a region from writing", columns, rows, tight=frozenset({0, 2}))


def lost(report: Report) -> Sheet:
    """Return the first lost rows by key."""
    rows = report.rows.lost if report.rows else []
    shown = [
        (
            row.service,
            row.client,
            words.count(row.seq),
            row.region or "unknown",
            words.clock(row.committed_at) or "unknown",
            words.clock(row.acknowledged_at) or "unknown",
        )
        for row in rows[:FIRST_ROWS]
    ]
    part = f", the first {FIRST_ROWS} of {len(rows):,}" if len(rows) > FIRST_ROWS else ""
    columns = ("Service", "Client", "Sequence", "Acknowledged in", "Committed (UTC)", "Acknowledged (UTC)")
    return Sheet(f"Rows lost, by key{part}", columns, shown, right=frozenset({2, 4, 5}))


def fates(report: Report) -> Sheet:
    """Return how many rows met which fate."""
    rows = report.rows
    if rows is None:
        return Sheet("Rows by fate", ("Rows", "Count"), [])
    counted = [
        ("Acknowledged to a client", words.count(rows.acknowledged)),
        ("Acknowledged and in the target", words.count(rows.present)),
        ("Acknowledged and lost", words.count(len(rows.lost))),
        ("Unknown to the client, and in the target", words.count(rows.unknown_present)),
        ("Unknown to the client, and not in the target", words.count(rows.unknown_absent)),
    ]
    return Sheet("Rows by fate", ("Rows", "Count"), counted, strong=frozenset({2}), right=frozenset({1}))


def not_measured(report: AnyReport) -> Sheet:
    """Return what this report does not know, and why."""
    rows = [(item.what, item.why) for item in report.not_measured]
    return Sheet("What this report does not know", ("What", "Why"), rows)


def notes(report: AnyReport) -> Sheet:
    """Return the remarks of steps."""
    rows = [(words.clock(note.time), note.text, note.actor) for note in report.notes]
    return Sheet("Remarks", ("Time (UTC)", "Remark", "Who"), rows)


def recorded(report: Report) -> list[Sheet]:
    """Return what the other steps recorded."""
    titles = {step.step: step.title for step in report.steps}
    return [
        without_empty(
            Sheet(
                ": ".join(part for part in (titles.get(table.step or "", table.step), table.title) if part),
                tuple(column.capitalize() for column in table.columns),
                [(titles.get(cells[0], cells[0]), *cells[1:]) for cells in table.cells],
            )
        )
        for table in report.tables
    ]


def fault_at(report: Report) -> datetime | None:
    """Return T0, None where it was not measured."""
    return next((p.at for p in report.timeline.points if p.name is PointName.FAULT), None)


def _served_again(name: str, served: ServedAgain, meaning: str) -> tuple[str, str, str, str]:
    after_s = served.after_fault_s
    since = "not yet" if after_s is None else f"{'+' if after_s > 0 else ''}{words.span(after_s)}"
    return (name, since, words.clock(served.at), served.reason or meaning)


def _result(step: StepRecord) -> str:
    said = f"{step.state.upper()}: " if step.state in {"failed", "unfinished", "skipped"} else ""
    times = {1: "once", 2: "twice"}.get(step.skipped_on_resume, f"{step.skipped_on_resume} times")
    skipped = f" Skipped on resume, {times}." if step.skipped_on_resume else ""
    return f"{said}{step.sentence or 'Done.'}{skipped}"


def without_empty(sheet: Sheet) -> Sheet:
    """Return *sheet* without the columns that are empty in every row."""
    kept = [i for i in range(len(sheet.columns)) if any(row[i] for row in sheet.rows)]
    return Sheet(
        sheet.caption,
        tuple(sheet.columns[i] for i in kept),
        [tuple(row[i] for i in kept) for row in sheet.rows],
        strong=sheet.strong,
        right=frozenset(kept.index(i) for i in sheet.right if i in kept),
        tight=frozenset(kept.index(i) for i in sheet.tight if i in kept),
    )
