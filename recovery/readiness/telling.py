"""A result as people read it: a table for Prefect, lines for a terminal."""

from recovery.plain_text import one_line
from recovery.readiness.check import Check, State
from recovery.readiness.result import Readiness
from recovery.report.markdown import escaped, grid
from recovery.report.sheets import Sheet

MARKS = {State.FAILED: "✕ FAILED", State.UNKNOWN: "? UNKNOWN", State.WARNING: "! WARNING", State.OK: "✓ ok"}
SILENCE = "mend that first"
COLUMNS = ("", "Region", "Check", "Seen", "Limit", "What would mend it")


def markdown(readiness: Readiness) -> str:
    """Return every check, the worst first. What is quoted stays text."""
    rows = [
        (
            MARKS[row.state],
            row.region or "",
            row.name,
            row.value,
            row.limit,
            row.remedy if row.state is not State.OK else "",
        )
        for row in _rows(readiness)
    ]
    told = f"Estate {readiness.estate}, at {readiness.at:%Y-%m-%d %H:%M:%S} UTC, in {readiness.took_s:.1f} s."
    return f"# {escaped(readiness.headline)}\n\n{escaped(told)}\n\n{grid(Sheet('', COLUMNS, rows))}\n"


def lines(readiness: Readiness) -> list[str]:
    """Return a line a check, the worst first, and below one that does not hold what would mend it."""
    return [*(line for row in _rows(readiness) for line in _lines(row)), "", readiness.headline]


def _rows(readiness: Readiness) -> list[Check]:
    """Return the checks; those that one silence leaves unknown are one row, which has all their names."""
    rows = dict[tuple[str, ...], Check]()
    for check in readiness.checks:
        alike = (check.value, check.region or "") if check.state is State.UNKNOWN else check.key
        if (first := rows.get(alike)) is None:
            rows[alike] = check
        else:
            rows[alike] = first.model_copy(
                update={"name": f"{first.name}; {check.name}", "remedy": SILENCE, "limit": ""}
            )
    return list(rows.values())


def _lines(check: Check) -> list[str]:
    limit = f" (limit: {check.limit})" if check.limit else ""
    found = one_line(f"{check.name}: {check.value}{limit}")
    whole = f"{MARKS[check.state]:9}  {check.region or '':12}  {found}"
    return [whole] if check.state is State.OK else [whole, f"{'':25}-> {check.remedy}"]
