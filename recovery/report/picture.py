"""What both pictures share: their size, their ink, and how a matplotlib figure becomes SVG text.

The same report gives the same bytes. Text stays text: the page's font is used, and it can be searched.
"""

import re
from contextlib import AbstractContextManager
from html import escape
from io import StringIO

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDE_PX, NARROW_PX = 960, 358
"""Widths in CSS pixels: a page of 960, and a phone's 390 less its margins."""

INK, QUIET, RULE, PAPER = "#1a1f26", "#59636e", "#c9d0d7", "#ffffff"
SOURCE_FILL, SOURCE_EDGE, TARGET_FILL = "#dfe5eb", "#8795a3", "#2a5582"

_DPI = 72  # matplotlib's SVG has 72 units an inch: one unit is one pixel
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_PREAMBLE = re.compile(r"\A.*?(?=<svg)", re.DOTALL)
_SIZE = re.compile(r'(<svg[^>]*?) width="[^"]*"([^>]*>)', re.DOTALL)
_HEIGHT = re.compile(r'(<svg[^>]*?) height="[^"]*"([^>]*>)', re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_REFERENCE = re.compile(r'(\bid="|url\(#|xlink:href="#)')


def settings(name: str) -> AbstractContextManager[None]:
    """Return the context in which a picture of this *name* is drawn and written."""
    return rc_context(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": name,
            "font.family": "DejaVu Sans",  # comes with matplotlib: the layout is the same on every machine
            "text.parse_math": False,
            "hatch.linewidth": 0.7,
            "path.simplify": False,
        }
    )


def canvas(width_px: int, height_px: float) -> Figure:
    """Return an empty figure of a size in pixels."""
    return Figure(figsize=(width_px / _DPI, height_px / _DPI), dpi=_DPI, facecolor=PAPER)


def to_svg(figure: Figure, *, name: str, title: str, description: str) -> str:
    """Return the figure as an `<svg>` element to put into a page that has others: ids begin with *name*."""
    out = StringIO()
    figure.savefig(out, format="svg", metadata=_NO_METADATA)
    svg = _METADATA.sub("", _PREAMBLE.sub("", out.getvalue()))
    svg = _REFERENCE.sub(rf"\1{name}-", _HEIGHT.sub(r"\1\2", _SIZE.sub(r"\1\2", svg)))
    svg = svg.replace('<style type="text/css">*{', '<style type="text/css">svg *{')
    told = f"<title>{escape(title)}</title>\n <desc>{escape(description)}</desc>\n"
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" ', 1).replace(
        ">\n", f">\n {told}", 1
    )


def bare(axes: Axes, *, grid: str) -> None:
    """Leave of *axes* only the ticks' texts and faint lines across."""
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0, labelsize=11, labelcolor=QUIET, pad=6)
    axes.grid(visible=True, axis="x" if grid == "x" else "y", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)


def seconds_axis(axes: Axes, *, narrow: bool) -> None:
    """Label the x axis, whose values are seconds since T0, in the unit that suits its length."""
    low, high = axes.get_xlim()
    unit, name = next(u for u in _UNITS if high - low >= u[0] * _AT_LEAST or u[0] == 1)
    step = next(s * unit for s in _STEPS if (high - low) / (s * unit) <= (5 if narrow else 10))
    first = -int(-low // step)
    ticks = [i * step for i in range(first, int(high // step) + 1)]
    axes.set_xticks(ticks, [f"{tick / unit:g} {name}" for tick in ticks])


_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_AT_LEAST = 3
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 480, 1000, 5000, 50_000)


def label(text: str) -> str:
    """Return *text* as the picture's font can show it, cut where it is long."""
    plain = text.encode("ascii", "replace").decode()
    longest = 28
    return plain if len(plain) <= longest else f"{plain[: longest - 3]}..."
