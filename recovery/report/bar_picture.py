"""Time as one bar to scale, a piece after the other, with a legend that says how long each is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from recovery.report import words
from recovery.report.picture import (
    INK,
    NARROW_PX,
    PAPER,
    QUIET,
    SOURCE_EDGE,
    WIDE_PX,
    canvas,
    settings,
    to_svg,
)

Place: TypeAlias = tuple[float, float, Literal["left", "center", "right"]]

_CHARACTER_PX = 6.8
_TOP, _BAR, _LINE, _SWATCH = 22, 40, 18, 12
_ENTRY = 3 * _LINE + 10
_IN_A_ROW = 9


@dataclass(frozen=True)
class Style:
    """How a piece is painted: told apart without colour too."""

    fill: str
    text: str = INK
    hatch: str | None = None
    edge: str = PAPER


@dataclass(frozen=True)
class Piece:
    """One piece of the bar, and its line in the legend."""

    name: str
    length_s: float
    share: float | None
    style: Style
    longest: bool = False


def draw_bar(pieces: Sequence[Piece], *, name: str, title: str, whole: str, narrow: bool) -> str | None:
    """Return the picture as SVG, None where the pieces took no time; *whole* stands above the bar's end."""
    if not sum(piece.length_s for piece in pieces):
        return None
    name = f"{name}-{'narrow' if narrow else 'wide'}"
    width = NARROW_PX if narrow else WIDE_PX
    rows = len(pieces) if narrow else -(-len(pieces) // _IN_A_ROW)
    height = _TOP + _BAR + 16 + rows * (24 if narrow else _ENTRY)
    with settings(name):
        figure = canvas(width, height)
        axes = figure.add_axes((0, 0, 1, 1))  # in pixels, from the top left
        axes.set_xlim(0, width)
        axes.set_ylim(height, 0)
        axes.set_axis_off()
        _write(axes, (0, 8, "left"), "0 s", color=QUIET)
        _write(axes, (width, 8, "right"), whole, bold=True)
        _bar(axes, pieces, width)
        _legend(axes, pieces, width, narrow=narrow)
        return to_svg(figure, name=name, title=title, description=_told(pieces))


def _legend(axes: Axes, pieces: Sequence[Piece], width: int, *, narrow: bool) -> None:
    for index, piece in enumerate(pieces):
        if narrow:
            _line(axes, piece, _TOP + _BAR + 16 + 24 * index, width)
        else:
            across, down = index % _IN_A_ROW, index // _IN_A_ROW
            column = width / min(len(pieces), _IN_A_ROW)
            _entry(axes, piece, across * column, _TOP + _BAR + 16 + down * _ENTRY)


def _bar(axes: Axes, pieces: Sequence[Piece], width: int) -> None:
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


def _told(pieces: Sequence[Piece]) -> str:
    return "; ".join(f"{piece.name}: {', '.join(_amounts(piece))}" for piece in pieces) + "."
