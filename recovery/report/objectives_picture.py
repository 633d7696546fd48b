"""RTO and RPO of every scenario against its objective: bars that should stay short of the line."""

from matplotlib.axes import Axes

from recovery.dr_test.document import DrTest
from recovery.objectives import Judgement
from recovery.report import words
from recovery.report.document import Figure
from recovery.report.picture import (
    INK,
    NARROW_PX,
    PAPER,
    QUIET,
    SOURCE_EDGE,
    TARGET_FILL,
    WIDE_PX,
    canvas,
    settings,
    to_svg,
)

_MISSED_FILL = "#9b1c1c"
_WIDEST, _ROW = 1.25, 22
"""The axis ends at 125 % of an objective; a longer bar is cut, and says so."""


def draw_objectives(test: DrTest, *, narrow: bool) -> str | None:
    """Return the picture as SVG, None where there is no scenario."""
    if not test.scenarios:
        return None
    name = f"objectives-{'narrow' if narrow else 'wide'}"
    width, title_px = (NARROW_PX, 20) if narrow else (WIDE_PX, 20)
    block = title_px + 2 * _ROW * (2 if narrow else 1) + 12
    height = 26 + block * len(test.scenarios)
    with settings(name):
        figure = canvas(width, height)
        left = 8 if narrow else 300
        axes = figure.add_axes((left / width, 0, 1 - (left + 12) / width, 1 - 22 / height))
        axes.set_axis_off()
        axes.set_xlim(0, _WIDEST)
        axes.set_ylim(block * len(test.scenarios), 0)
        axes.axvline(1, color=INK, linewidth=1.1, linestyle=(0, (3, 2)))
        _text(axes, (1, 0), "objective", up=True)
        for index, result in enumerate(test.scenarios):
            top = index * block
            _heading(axes, result.plan.name.heading, top, narrow=narrow)
            for line, (figure_name, found) in enumerate((("RTO", result.rto), ("RPO", result.rpo))):
                row = top + title_px + line * _ROW * (2 if narrow else 1)
                _bar(axes, figure_name, found, row, narrow=narrow)
        return to_svg(
            figure, name=name, title="RTO and RPO against their objectives", description=_told(test)
        )


def _heading(axes: Axes, text: str, top: float, *, narrow: bool) -> None:
    off = (0, -9) if narrow else (-288, -9)
    axes.annotate(
        text,
        (0, top),
        off,
        textcoords="offset points",
        ha="left",
        va="center",
        color=INK,
        fontsize=12,
        fontweight="bold",
        annotation_clip=False,
    )


def _bar(axes: Axes, name: str, found: Figure, top: float, *, narrow: bool) -> None:
    """Draw one figure: its words beside the bar, or above it on a phone."""
    middle = top + (_ROW * 1.5 if narrow else _ROW / 2)
    share = None if found.achieved_s is None else found.achieved_s / (found.objective_s or 1)
    axes.barh(middle, 1, height=_ROW * 0.62, color=PAPER, edgecolor=SOURCE_EDGE, linewidth=0.9)
    if share is not None:
        fill = _MISSED_FILL if found.judgement is Judgement.MISSED else TARGET_FILL
        shown = max(min(share, _WIDEST), 0.004)
        axes.barh(middle, shown, height=_ROW * 0.62, color=fill, linewidth=0)
    place, off, side = ((0, top + _ROW / 2), (0, 0), "left") if narrow else ((0, middle), (-12, 0), "right")
    axes.annotate(
        f"{name}  {_words(found, share)}",
        place,
        off,
        textcoords="offset points",
        ha=side,
        va="center_baseline",
        color=INK,
        fontsize=12,
        annotation_clip=False,
    )


def _words(found: Figure, share: float | None) -> str:
    goal = words.span(found.objective_s) if found.objective_s is not None else "not known"
    if share is None:
        return f"not measured, of {goal}"
    cut = ", beyond this scale" if share > _WIDEST else ""
    return f"{words.span(found.achieved_s)} of {goal}{cut}"


def _text(axes: Axes, place: tuple[float, float], text: str, *, up: bool) -> None:
    axes.annotate(
        text,
        place,
        (0, 6 if up else 0),
        textcoords="offset points",
        ha="center",
        va="bottom",
        color=QUIET,
        fontsize=11,
        annotation_clip=False,
    )


def _told(test: DrTest) -> str:
    said = [
        f"{one.plan.name.heading}: RTO {words.span(one.rto.achieved_s)}, RPO {words.span(one.rpo.achieved_s)}"
        for one in test.scenarios
    ]
    return "; ".join(said) + "."
