"""index.html: one file that needs nothing else, and opens from a folder."""

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial

from markupsafe import Markup

from recovery.dr_test.document import PastRun
from recovery.report import words
from recovery.report.html import drawn, template
from recovery.reports_index.entries import Entry


def render_index(entries: Sequence[Entry], *, left_out: int = 0) -> str:
    """Return the page, the newest report first; *left_out* says how many older ones it does not list."""
    newest_first = sorted(entries, key=lambda entry: (entry.at, entry.name), reverse=True)
    runs = [entry.run for entry in reversed(newest_first) if entry.run]
    pictures = _pictures(tuple(runs)) if runs else {}
    page = template("index.html.j2").render(
        entries=newest_first, left_out=left_out, words=words, pictures=pictures, tests=len(runs)
    )
    return f"{page.strip()}\n"


@lru_cache(maxsize=1)
def _pictures(runs: tuple[PastRun, ...]) -> Mapping[str, tuple[Markup, Markup]]:
    """Draw the trend, once for as long as no test is added."""
    # Half a second that only those who have tests wait for.
    from recovery.report.trend_picture import draw_trend  # noqa: PLC0415

    return drawn(trend=partial(draw_trend, runs))
