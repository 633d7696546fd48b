"""Where a restore's time went: one bar to scale, a phase a piece, and what the tool itself took at its end."""

from recovery.plain_text import one_line
from recovery.report import words
from recovery.report.bar_picture import Piece, Style, draw_bar
from recovery.report.picture import (
    PAPER,
    SOURCE_EDGE,
    SOURCE_FILL,
    TARGET_FILL,
    label,
)
from recovery.report.restore_document import RestoreReport
from recovery.report.restore_time import APPROVAL, RESUMPTION

TOOL = "the tool itself"
_LONGEST_NAME = 15

_STYLES = {
    "fetch": Style(TARGET_FILL, text=PAPER),
    "replay": Style("#a9c1d9"),
    "compare": Style(SOURCE_FILL, hatch="||||", edge=SOURCE_EDGE),
    "promote": Style("#4d5864", text=PAPER),
    "validate": Style("#cfd8e1"),
    APPROVAL: Style(PAPER, edge=SOURCE_EDGE),
    RESUMPTION: Style(PAPER, hatch="\\\\", edge=SOURCE_EDGE),
    "repair": Style("#7fa3c7"),
}
_OTHER = Style(SOURCE_FILL, hatch="xxxx", edge=SOURCE_EDGE)
_OF_TOOL = Style(PAPER, hatch="////", edge=SOURCE_EDGE)


def draw_spent(report: RestoreReport, *, narrow: bool, name: str = "spent") -> str | None:
    """Return the picture as SVG, None where no phase was measured; *name* is its own on the page."""
    spent, rto_s = report.spent, report.verdict.rto.achieved_s
    known = spent.tool.length_s is not None
    whole = f"RTO {words.span(rto_s)}" if known else f"{words.span(spent.sum_s)} in these phases"
    return draw_bar(_pieces(report), name=name, title="Time by phase, to scale", whole=whole, narrow=narrow)


def _pieces(report: RestoreReport) -> list[Piece]:
    """Return the phases that took any time, and the tool's own."""
    spent, rto_s = report.spent, report.verdict.rto.achieved_s
    longest = max((phase.length_s for phase in spent.phases), default=0.0)
    pieces = [
        Piece(
            name=_name(phase.what),
            length_s=phase.length_s,
            share=phase.share,
            style=_STYLES.get(phase.what, _OTHER),
            longest=phase.length_s == longest,
        )
        for phase in spent.phases
        if phase.length_s > 0
    ]
    if (tool_s := spent.tool.length_s) is not None:
        pieces.append(Piece(TOOL, tool_s, tool_s / rto_s if rto_s else None, _OF_TOOL))
    return pieces


def _name(told: str) -> str:
    """Return a phase's name as the legend has room for it."""
    name = label(one_line(told))
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..."
