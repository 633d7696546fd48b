"""A result as people read it: a table for Prefect, lines for a terminal."""

from recovery.plain_text import one_line
from recovery.readiness.check import Check, Readiness, State
from recovery.report.markdown import escaped, grid
from recovery.report.sheets import Sheet

MARKS = {State.FAILED: "✕ FAILED", State.UNKNOWN: "? UNKNOWN", State.WARNING: "! WARNING", State.OK: "✓ ok"}
COLUMNS = ("", "Region", "Check", "Seen", "Limit", "What would mend it")


def markdown(readiness: Readiness) -> str:
    """Return every check, the worst first. What is quoted stays text."""
    rows = [
        (
            MARKS[check.state],
            check.region or "",
            check.name,
            check.value,
            check.limit,
            check.remedy if check.state is not State.OK else "",
        )
        for check in readiness.checks
    ]
    told = f"Estate {readiness.estate}, at {readiness.at:%Y-%m-%d %H:%M:%S} UTC, in {readiness.took_s:.1f} s."
    return f"# {escaped(readiness.headline)}\n\n{escaped(told)}\n\n{grid(Sheet('', COLUMNS, rows))}\n"


def lines(readiness: Readiness) -> list[str]:
    """Return a line a check, the worst first, and below one that does not hold what would mend it."""
    return [*(line for check in readiness.checks for line in _lines(check)), "", readiness.headline]


def _lines(check: Check) -> list[str]:
    limit = f" (limit: {check.limit})" if check.limit else ""
    found = one_line(f"{check.name}: {check.value}{limit}")
    whole = f"{MARKS[check.state]:9}  {check.region or '':12}  {found}"
    return [whole] if check.state is State.OK else [whole, f"{'':25}-> {check.remedy}"]
