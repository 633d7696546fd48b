"""Where a restore's time went: one bar to scale, a phase a piece, and what the tool itself took at its end."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from recovery.plain_text import one_line
from recovery.report import words
from recovery.report.picture import (
    INK,
    NARROW_PX,
    PAPER,
    QUIET,
    SOURCE_EDGE,
    SOURCE_FILL,
    TARGET_FILL,
    WIDE_PX,
    canvas,
    label,
    settings,
    to_svg,
)
from recovery.report.restore_document import RestoreReport
from recovery.report.restore_time import APPROVAL, RESUMPTION

Place: TypeAlias = tuple[float, float, Literal["left", "center", "right"]]

TOOL = "the tool itself"
_CHARACTER_PX = 6.8
_TOP, _BAR, _LINE, _SWATCH = 22, 40, 18, 12
_ENTRY = 3 * _LINE + 10
_IN_A_ROW = 9
_LONGEST_NAME = 15


@dataclass(frozen=True)
class Style:
    """How a piece is painted: told apart without colour too."""

    fill: str
    text: str = INK
    hatch: str | None = None
    edge: str = PAPER


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


@dataclass(frozen=True)
class Piece:
    """One piece of the bar, and its line in the legend."""

    name: str
    length_s: float
    share: float | None
    style: Style
    longest: bool = False


def draw_spent(report: RestoreReport, *, narrow: bool) -> str | None:
    """Return the picture as SVG, None where no phase was measured."""
    pieces = _pieces(report)
    if not sum(piece.length_s for piece in pieces):
        return None
    name = f"spent-{'narrow' if narrow else 'wide'}"
    width = NARROW_PX if narrow else WIDE_PX
    rows = len(pieces) if narrow else -(-len(pieces) // _IN_A_ROW)
    height = _TOP + _BAR + 16 + rows * (24 if narrow else _ENTRY)
    with settings(name):
        figure = canvas(width, height)
        axes = figure.add_axes((0, 0, 1, 1))  # in pixels, from the top left
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)
        axes.set_axis_off()
        _whole(axes, report, width)
        _bar(axes, pieces, width)
        for index, piece in enumerate(pieces):
            if narrow:
                _line(axes, piece, _TOP + _BAR + 16 + 24 * index, width)
            else:
                across, down = index % _IN_A_ROW, index // _IN_A_ROW
                column = width / min(len(pieces), _IN_A_ROW)
                _entry(axes, piece, across * column, _TOP + _BAR + 16 + down * _ENTRY)
        return to_svg(figure, name=name, title="Time by phase, to scale", description=_told(pieces))


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


def _whole(axes: Axes, report: RestoreReport, width: int) -> None:
    """Write above the bar how long it is."""
    spent, rto_s = report.spent, report.verdict.rto.achieved_s
    whole = spent.tool.length_s is not None
    told = f"RTO {words.span(rto_s)}" if whole else f"{words.span(spent.sum_s)} in these phases"
    _write(axes, (0, 8, "left"), "0 s", color=QUIET)
    _write(axes, (width, 8, "right"), told, bold=True)


def _bar(axes: Axes, pieces: list[Piece], width: int) -> None:
    """Draw the pieces end to end; a name stands in its piece where it has room."""
    whole = sum(piece.length_s for piece in pieces)
    left = 0.0
    for piece in pieces:
        length = width * piece.length_s / whole
        _box(axes, (left, _TOP), (length, _BAR), piece.style)
        if not piece.style.hatch and length > _CHARACTER_PX * len(piece.name) + 10:
            middle: Place = (left + length / 2, _TOP + _BAR / 2, "center")
            _write(axes, middle, piece.name, bold=piece.longest, color=piece.style.text)
        left += length
    axes.add_patch(Rectangle((0.5, _TOP), width - 1, _BAR, fill=False, edgecolor=SOURCE_EDGE, linewidth=1))


def _entry(axes: Axes, piece: Piece, left: float, top: float) -> None:
    """Write one column of the legend: swatch and name, and below it seconds and share."""
    _box(axes, (left + 0.5, top + 3), (_SWATCH, _SWATCH), piece.style)
    _write(axes, (left + 19, top + 9, "left"), piece.name, bold=piece.longest)
    for line, told in enumerate(_amounts(piece), start=1):
        _write(axes, (left + 19, top + 9 + line * _LINE, "left"), told, bold=piece.longest)


def _line(axes: Axes, piece: Piece, top: float, width: int) -> None:
    """Write one line of the legend: swatch, name, seconds and share."""
    _box(axes, (0.5, top + 3), (_SWATCH, _SWATCH), piece.style)
    _write(axes, (19, top + 9, "left"), piece.name, bold=piece.longest)
    _write(axes, (width, top + 9, "right"), ", ".join(_amounts(piece)), bold=piece.longest)


def _amounts(piece: Piece) -> list[str]:
    share = [] if piece.share is None else [words.share(piece.share)]
    return [words.span(piece.length_s), *share]


def _box(axes: Axes, corner: tuple[float, float], size: tuple[float, float], style: Style) -> None:
    axes.add_patch(
        Rectangle(
            corner,
            *size,
            facecolor=style.fill,
            edgecolor=style.edge,
            hatch=style.hatch,
            linewidth=0.9,
        )
    )


def _write(axes: Axes, place: Place, text: str, *, bold: bool = False, color: str = INK) -> None:
    """Write *text* at a point, on that side of it, its middle on the point's height."""
    x, y, side = place
    weight = "bold" if bold else "normal"
    axes.text(x, y, text, ha=side, va="center_baseline", color=color, fontsize=12, fontweight=weight)


def _name(told: str) -> str:
    """Return a phase's name as the legend has room for it."""
    name = label(one_line(told))
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..."


def _told(pieces: list[Piece]) -> str:
    return "; ".join(f"{piece.name}: {', '.join(_amounts(piece))}" for piece in pieces) + "."
