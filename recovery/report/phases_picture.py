"""The phases of a recovery to scale: one bar a phase, each beginning where the one before ended."""

from typing import Literal, TypeAlias

from matplotlib.axes import Axes
from matplotlib.text import Annotation

from recovery.report import words
from recovery.report.document import Phase, Report
from recovery.report.picture import (
    INK,
    NARROW_PX,
    PAPER,
    SOURCE_EDGE,
    SOURCE_FILL,
    TARGET_FILL,
    WIDE_PX,
    bare,
    canvas,
    seconds_axis,
    settings,
    to_svg,
)

Place: TypeAlias = tuple[
    tuple[float, float], tuple[float, float], Literal["left", "right"], Literal["bottom", "center"]
]

_CHARACTER_PX = 6.8
_AFTER = 1.35
"""How far beyond T6 the axis may reach, so that a long T7 does not flatten what comes before."""


def draw_phases(report: Report, *, narrow: bool, name: str = "phases") -> str | None:
    """Return the picture as SVG; *name* is its own on the page. None where no phase was measured."""
    phases = report.timeline.phases
    if not phases:
        return None
    name = f"{name}-{'narrow' if narrow else 'wide'}"
    width, row = (NARROW_PX, 42) if narrow else (WIDE_PX, 30)
    top, bottom, left, right = 26, 30, (8 if narrow else 262), (12 if narrow else 16)
    height = top + bottom + row * len(phases)
    with settings(name):
        figure = canvas(width, height)
        axes = figure.add_axes(
            (left / width, bottom / height, 1 - (left + right) / width, 1 - (top + bottom) / height)
        )
        bare(axes, grid="x")
        axes.set_xlim(0, _reach(phases))
        axes.set_ylim(len(phases), 0)
        axes.set_yticks([])
        seconds_axis(axes, narrow=narrow)
        for index, phase in enumerate(phases):
            _bar(axes, phase, index, narrow=narrow)
        _restored(axes, phases)
        return to_svg(figure, name=name, title="Phases of the recovery, to scale", description=_told(phases))


def _reach(phases: list[Phase]) -> float:
    """Return where the axis ends, in seconds: room for the last bar's text included."""
    path = max((p.start_s + p.length_s for p in phases if p.on_path), default=0.0)
    end = max(p.start_s + p.length_s for p in phases)
    return max(min(end, path * _AFTER) if path else end, 1e-3) * 1.12


def _bar(axes: Axes, phase: Phase, index: int, *, narrow: bool) -> None:
    reach = axes.get_xlim()[1]
    middle, thickness = (index + 0.72, 0.4) if narrow else (index + 0.5, 0.56)
    fill, edge, hatch = (
        (TARGET_FILL, INK, None)
        if phase.longest
        else (SOURCE_FILL, SOURCE_EDGE, None)
        if phase.on_path
        else (PAPER, SOURCE_EDGE, "////")
    )
    shown = min(phase.length_s, max(reach - phase.start_s, 0))
    axes.barh(
        middle,
        shown,
        left=phase.start_s,
        height=thickness,
        color=fill,
        edgecolor=edge,
        hatch=hatch,
        linewidth=0.9,
    )
    length = words.span(phase.length_s) + (", the longest" if phase.longest else "")
    what = f"{phase.begins} \N{EN DASH} {phase.ends}  {phase.what}"
    place: Place = ((0, middle), (-12, 0), "right", "center")
    if narrow:
        place = ((0, index + 0.5), (0, 2), "left", "bottom")
    _write(axes, what, place, bold=phase.longest)
    _length(axes, phase, middle, length)


def _length(axes: Axes, phase: Phase, middle: float, text: str) -> None:
    """Write the bar's length behind it; in it or before it where there is no room behind."""
    px = axes.get_window_extent().width / axes.get_xlim()[1]
    end = min(phase.start_s + phase.length_s, axes.get_xlim()[1])
    if phase.start_s + phase.length_s > end:
        text = f"{text}, beyond this scale"
    needed = _CHARACTER_PX * len(text) + 12
    if axes.get_xlim()[1] * px - end * px > needed:
        _write(axes, text, ((end, middle), (6, 0), "left", "center"), bold=phase.longest)
    elif (end - phase.start_s) * px > needed:
        place: Place = ((end, middle), (-6, 0), "right", "center")
        color = PAPER if phase.longest else INK
        written = _write(axes, text, place, bold=phase.longest, color=color)
        if not phase.on_path:
            written.set_bbox({"facecolor": PAPER, "edgecolor": "none", "pad": 1})
    else:
        _write(axes, text, ((phase.start_s, middle), (-6, 0), "right", "center"), bold=phase.longest)


def _write(axes: Axes, text: str, place: Place, *, bold: bool = False, color: str = INK) -> Annotation:
    """Write *text* at a point of the axes, so many pixels off, on that side of it."""
    point, off, across, along = place
    return axes.annotate(
        text,
        point,
        off,
        textcoords="offset points",
        ha=across,
        va=along,
        color=color,
        fontsize=12,
        fontweight="bold" if bold else "normal",
        annotation_clip=False,
    )


def _restored(axes: Axes, phases: list[Phase]) -> None:
    """Mark T6 across all bars."""
    path = [p.start_s + p.length_s for p in phases if p.on_path]
    if path:
        axes.axvline(max(path), color=INK, linewidth=1.1, linestyle=(0, (3, 2)))
        side: Literal["left", "right"] = "right" if max(path) > axes.get_xlim()[1] / 2 else "left"
        _write(axes, "T6 clients restored", ((max(path), 0), (0, 7), side, "bottom"))


def _told(phases: list[Phase]) -> str:
    said = [f"{p.begins} to {p.ends}, {p.what}: {words.span(p.length_s)}" for p in phases]
    return "; ".join(said) + "."
