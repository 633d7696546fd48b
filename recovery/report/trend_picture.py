"""Tests over time: their score, and the longest RTO and RPO of each beside the objectives."""

from collections.abc import Callable, Sequence
from math import nan

from matplotlib.axes import Axes

from recovery.dr_test.document import PastRun
from recovery.dr_test.summary import halves
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
    settings,
    to_svg,
)

MOST = {False: 12, True: 5}
"""How many tests there is room for; the newest are shown."""
_PANEL_PX, _GAP_PX, _FOOT_PX = 84, 40, 30
_FAR = 2.5
"""An objective so many times above everything measured would flatten it: it is told, not drawn."""


def draw_trend(runs: Sequence[PastRun], *, narrow: bool) -> str | None:
    """Return the picture as SVG, None where there is no test."""
    shown = list(runs)[-MOST[narrow] :]
    if not shown:
        return None
    name = f"trend-{'narrow' if narrow else 'wide'}"
    width = NARROW_PX if narrow else WIDE_PX
    height = 3 * (_PANEL_PX + _GAP_PX) + _FOOT_PX
    with settings(name):
        figure = canvas(width, height)
        panels = [
            figure.add_axes(
                (
                    8 / width,
                    1 - ((i + 1) * (_PANEL_PX + _GAP_PX)) / height,
                    1 - 16 / width,
                    _PANEL_PX / height,
                )
            )
            for i in range(3)
        ]
        _score(panels[0], shown)
        _line(panels[1], shown, "Longest RTO", lambda run: (run.rto_s, run.rto_objective_s))
        _line(panels[2], shown, "Longest RPO", lambda run: (run.rpo_s, run.rpo_objective_s))
        for index, run in enumerate(shown):
            _write(panels[2], f"{run.at:%Y-%m-%d}", (index, 0), (0, -16), color=QUIET)
        return to_svg(figure, name=name, title="Tests over time", description=_told(shown))


def _score(axes: Axes, runs: Sequence[PastRun]) -> None:
    _panel(axes, runs, "Score: 1 there and back, ½ there only", top=1.35)
    for index, run in enumerate(runs):
        axes.bar(index, 1, width=0.5, color=PAPER, edgecolor=SOURCE_EDGE, linewidth=0.9)
        share = run.points / run.of if run.of else 0
        axes.bar(index, share, width=0.5, color=SOURCE_FILL if share < 1 else TARGET_FILL, linewidth=0)
        axes.bar(index, share, width=0.5, fill=False, edgecolor=SOURCE_EDGE, linewidth=0.9)
        _write(axes, f"{halves(run.points)} of {run.of}", (index, 1), (0, 10))


def _line(
    axes: Axes,
    runs: Sequence[PastRun],
    title: str,
    value: Callable[[PastRun], tuple[float | None, float]],
) -> None:
    """Draw one figure; what was not measured is a gap that says so."""
    seen = [value(run)[0] for run in runs]
    goal, most = value(runs[-1])[1], max((one for one in seen if one is not None), default=0.0)
    far = goal > _FAR * most
    top = max((most if far else max(most, goal)) * 1.6, 1e-3)
    told = f"{title}; objective: {words.span(goal)}{' (not drawn)' if far else ''}"
    _panel(axes, runs, told, top=top)
    if not far:
        axes.axhline(goal, color=INK, linewidth=1.1, linestyle=(0, (3, 2)))
    drawn = [nan if one is None else one for one in seen]
    axes.plot(range(len(runs)), drawn, color=TARGET_FILL, linewidth=1.6, marker="o", markersize=6)
    for index, at in enumerate(seen):
        _write(axes, words.span(at) if at is not None else "not measured", (index, at or 0), (0, 12))


def _panel(axes: Axes, runs: Sequence[PastRun], title: str, *, top: float) -> None:
    axes.set_xlim(-0.5, len(runs) - 0.5)
    axes.set_ylim(0, top)
    axes.set_yticks([])
    axes.set_xticks([])
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(SOURCE_EDGE)
    place = (0.0, 1.0)
    axes.annotate(
        title,
        place,
        (0, 6),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="left",
        va="bottom",
        color=INK,
        fontsize=12,
        fontweight="bold",
        annotation_clip=False,
    )


def _write(
    axes: Axes, text: str, point: tuple[float, float], off: tuple[float, float], *, color: str = INK
) -> None:
    axes.annotate(
        text,
        point,
        off,
        textcoords="offset points",
        ha="center",
        va="center_baseline",
        color=color,
        fontsize=11,
        annotation_clip=False,
    )


def _told(runs: Sequence[PastRun]) -> str:
    said = [
        f"{run.at:%Y-%m-%d}: {halves(run.points)} of {run.of}, RTO {words.span(run.rto_s)}, "
        f"RPO {words.span(run.rpo_s)}"
        for run in runs
    ]
    return "; ".join(said) + "."
