"""Traffic through the fault: what part of the requests each region answered, and how many there were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from recovery.measurement import PointName, Window
from recovery.report.document import Report
from recovery.report.picture import (
    INK,
    NARROW_PX,
    PAPER,
    QUIET,
    SOURCE_EDGE,
    SOURCE_FILL,
    TARGET_FILL,
    WIDE_PX,
    bare,
    canvas,
    label,
    seconds_axis,
    settings,
    to_svg,
)
from recovery.report.words import MEANING, clock

MARKED = (PointName.FAULT, PointName.MUTATING, PointName.ANSWERED, PointName.RESTORED)
_MOST_COLUMNS = {False: 240, True: 120}
_CHARACTER_PX = 6.6


class Style(TypedDict):
    """How a region's share is painted: told apart without colour too."""

    facecolor: str
    edgecolor: str
    hatch: str | None


@dataclass(frozen=True)
class Column:
    """One or several neighbouring windows, drawn as one."""

    start_s: float
    end_s: float
    requests: int
    by_region: dict[str, int]

    def share(self, region: str) -> float:
        """Return the share of requests that *region* answered; 0 where there was none."""
        return self.by_region.get(region, 0) / self.requests if self.requests else 0.0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / (self.end_s - self.start_s)


def draw_traffic(report: Report, *, narrow: bool, name: str = "traffic") -> str | None:
    """Return the picture as SVG; *name* is its own on the page. None where traffic was not measured."""
    if report.traffic is None:
        return None
    origin = _origin(report)
    marks = [
        (p.name, (p.at - origin).total_seconds()) for p in report.timeline.points if p.at and p.name in MARKED
    ]
    columns = _columns(_around(report), origin, most=_MOST_COLUMNS[narrow])
    name = f"{name}-{'narrow' if narrow else 'wide'}"
    with settings(name):
        width, height = (NARROW_PX, 330) if narrow else (WIDE_PX, 340)
        figure = canvas(width, height)
        shares, rates = _axes(figure, narrow=narrow)
        for axes in (shares, rates):
            axes.set_xlim(columns[0].start_s, columns[-1].end_s)
        _shares(shares, columns, report)
        _rates(rates, columns)
        seconds_axis(rates, narrow=narrow)
        begins = f"since T0, {clock(origin)} UTC" if report.timeline.points else "since the first window"
        rates.set_xlabel(begins, color=QUIET, fontsize=11, loc="right")
        _marks(shares, rates, marks, narrow=narrow)
        _legend(figure, shares, report, narrow=narrow)
        return to_svg(figure, name=name, title="Traffic by region", description=_told(report))


def _origin(report: Report) -> datetime:
    """Return T0, or the first window's start where T0 was not measured."""
    fault = next((p.at for p in report.timeline.points if p.name is PointName.FAULT and p.at), None)
    windows = report.traffic.windows if report.traffic else []
    return fault or windows[0].start


def _around(report: Report) -> list[Window]:
    """Return the windows from a while before T0 until a while after T6; all of them where one is unknown."""
    windows = report.traffic.windows if report.traffic else []
    at = {point.name: point.at for point in report.timeline.points}
    fault, restored = at.get(PointName.FAULT), at.get(PointName.RESTORED)
    if fault is None or restored is None or restored <= fault:
        return windows
    margin = max((restored - fault) * 0.7, timedelta(seconds=5 * windows[0].length_s))
    near = [w for w in windows if fault - margin <= w.start <= restored + margin]
    return near or windows


def _columns(windows: Sequence[Window], origin: datetime, *, most: int) -> list[Column]:
    """Return at most *most* columns, each the sum of as many neighbouring windows as that needs."""
    size = -(-len(windows) // most)
    return [_sum(windows[i : i + size], origin) for i in range(0, len(windows), size)]


def _sum(windows: Sequence[Window], origin: datetime) -> Column:
    regions = sorted({region for window in windows for region in window.by_region})
    start = (windows[0].start - origin).total_seconds()
    return Column(
        start_s=start,
        end_s=max((windows[-1].start - origin).total_seconds() + windows[-1].length_s, start + 1e-6),
        requests=sum(window.requests for window in windows),
        by_region={region: sum(w.by_region.get(region, 0) for w in windows) for region in regions},
    )


def _axes(figure: Figure, *, narrow: bool) -> tuple[Axes, Axes]:
    left, right = (46, 20) if narrow else (62, 20)  # half of the last tick stands beyond the end
    width, height = figure.bbox.width, figure.bbox.height
    across = (left / width, 1 - (left + right) / width)
    boxes = [(112, height - 112 - (104 if narrow else 88)), (46, 44)]
    shares, rates = (
        figure.add_axes((across[0], bottom / height, across[1], tall / height)) for bottom, tall in boxes
    )
    for axes in (shares, rates):
        bare(axes, grid="y")
    shares.set_xticks([])
    return shares, rates


def _regions(columns: Sequence[Column], report: Report) -> list[str]:
    """Return the regions from the bottom up: the target, the source, any other."""
    seen = {region for column in columns for region in column.by_region}
    known = [report.operation.target, report.operation.source]
    return [region for region in known if region in seen] + sorted(seen - set(known))


def _shares(axes: Axes, columns: Sequence[Column], report: Report) -> None:
    edges = [*(column.start_s for column in columns), columns[-1].end_s]
    below = [0.0] * len(columns)
    for region in _regions(columns, report):
        above = [low + column.share(region) for low, column in zip(below, columns, strict=True)]
        style = _style(region, report)
        axes.stairs(above, edges, baseline=below, fill=True, linewidth=0, **style)
        below = above
    axes.stairs(below, edges, baseline=None, color=INK, linewidth=1.5)
    target = report.traffic.success_target if report.traffic else 1.0
    axes.axhline(target, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
    axes.set_ylim(0, 1.02)
    axes.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])


def _style(region: str, report: Report) -> Style:
    if region == report.operation.target:
        return {"facecolor": TARGET_FILL, "edgecolor": TARGET_FILL, "hatch": None}
    hatch = "////" if region == report.operation.source else "...."
    return {"facecolor": SOURCE_FILL, "edgecolor": SOURCE_EDGE, "hatch": hatch}


def _rates(axes: Axes, columns: Sequence[Column]) -> None:
    edges = [*(column.start_s for column in columns), columns[-1].end_s]
    rates = [column.rate for column in columns]
    axes.stairs(rates, edges, fill=True, facecolor=SOURCE_EDGE, linewidth=0)
    top = max([*rates, 1.0]) * 1.1
    axes.set_ylim(0, top)
    axes.set_yticks([0, top / 1.1], ["0", f"{top / 1.1:.0f}/s"])


def _marks(shares: Axes, rates: Axes, marks: Sequence[tuple[PointName, float]], *, narrow: bool) -> None:
    """Draw a line at each clock point; of texts that would touch, the earlier stands above the later."""
    low, high = shares.get_xlim()
    box = shares.get_window_extent()
    px = box.width / (high - low)
    taken = [float("inf")] * len(MARKED)
    for name, at in sorted(marks, key=lambda mark: (mark[1], mark[0].value), reverse=True):
        if not low <= at <= high:
            continue
        text = str(name) if narrow else f"{name} {MEANING[name].lower()}"
        length = _CHARACTER_PX * len(text) + 8
        left = min((at - low) * px + 3, box.width - length)
        level = next((i for i, start in enumerate(taken) if left + length <= start), len(taken) - 1)
        taken[level] = left
        place = (left / box.width, 1 + (6 + 14 * level) / box.height)
        shares.text(*place, text, transform=shares.transAxes, fontsize=12, color=INK)
        top = 1 + (16 + 14 * level) / box.height
        for axes, reach in ((shares, top), (rates, 1.2)):
            line = Line2D([at, at], [0, reach], color=INK, linewidth=1.0, clip_on=False)
            line.set_transform(axes.get_xaxis_transform())
            axes.add_line(line)


def _legend(figure: Figure, shares: Axes, report: Report, *, narrow: bool) -> None:
    asked = report.operation
    target = report.traffic.success_target if report.traffic else 1.0
    handles = [
        Patch(label=f"{label(asked.target)} (target)", **_style(asked.target, report)),
        Patch(label=f"{label(asked.source)} (source)", **_style(asked.source, report)),
        Patch(facecolor=PAPER, edgecolor=SOURCE_EDGE, label="not answered"),
        Line2D(
            [],
            [],
            color=INK,
            linewidth=0.9,
            linestyle=(0, (4, 3)),
            label=f"success target {100 * target:.4g} %",
        ),
    ]
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(shares.get_position().x0 - 4 / figure.bbox.width, 1.0),
        ncols=2 if narrow else 4,
        frameon=False,
        fontsize=12,
        labelcolor=INK,
        handlelength=1.4,
        borderaxespad=0,
        borderpad=0.1,
        columnspacing=1.6,
    )


def _told(report: Report) -> str:
    asked = report.operation
    return (
        f"Stacked shares of clients' requests answered by {asked.target} and by {asked.source} over time, "
        "requests a second below; lines mark the clock points."
    )
