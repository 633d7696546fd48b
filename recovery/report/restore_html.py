"""report.html of a restore: one page that needs nothing else, for a screen, a phone and paper."""

from functools import partial

from recovery.report import restore_sheets, restore_words, sheets, words
from recovery.report.html import drawn, template
from recovery.report.restore_document import RestoreReport


def render_restore(report: RestoreReport) -> str:
    """Return the page: self-contained, the same text for the same report. What it quotes stays text."""
    # Half a second that only those who want the page should wait for.
    from recovery.report.spent_picture import draw_spent  # noqa: PLC0415

    page = template("restore.html.j2").render(
        report=report,
        own=restore_sheets,
        sheets=sheets,
        words=words,
        title=restore_words.title(report.operation),
        moment=restore_words.moment(report.operation.moment),
        pictures=drawn(spent=partial(draw_spent, report)),
    )
    return f"{page.strip()}\n"
