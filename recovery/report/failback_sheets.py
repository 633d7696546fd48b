"""The tables of a failback's report as text: what its page and its short form show."""

from collections.abc import Iterator

from recovery.report import words
from recovery.report.failback_document import FailbackReport
from recovery.report.sheets import Sheet

NOT_SEEN = "not seen"


def facts(report: FailbackReport) -> Iterator[tuple[str, str]]:
    """Return how the region was left, and what each step came to."""
    asked = report.operation
    if asked.reason:
        yield "Reason", asked.reason
    left_at = f", at {words.instant(asked.left_at)}" if asked.left_at else ""
    yield "Left by", f"{asked.failover}{left_at}"
    yield "Started by", asked.started_by
    named = (
        ("Caught up", report.caught_up),
        ("Replicates both ways", report.reprotected),
        ("Redis", report.cache),
        ("Compared", report.alike),
        ("Traffic", report.returned),
        ("Redis in the end", report.cache_returned),
        ("Verified", report.served),
    )
    yield from ((name, str(found)) for name, found in named if found)


def figures(report: FailbackReport) -> Iterator[tuple[str, str, str]]:
    """Return the figures that count: a name, the value, and what it is."""
    served, lost, alike = report.served, report.lost_set, report.alike
    unprotected = report.unprotected_s
    yield (
        "T7",
        words.instant(report.reprotected.redundant_at) if report.reprotected else NOT_SEEN,
        "redundant again",
    )
    yield (
        "Unprotected",
        words.span(unprotected) if unprotected is not None else NOT_SEEN,
        "from the loss to T7",
    )
    yield "Never left", words.count(lost.rows) if lost else NOT_SEEN, "rows that only this region had"
    yield "Final loss", _number(report.lost_now), "promised rows that neither region has"
    yield "Differ", words.count(alike.drifted) if alike else NOT_SEEN, "rows, of all replicated tables"
    failed = served.failed_requests if served else None
    yield "Failed requests", _number(failed), "of the prober's clients, meanwhile"


def lost(report: FailbackReport) -> Sheet:
    """Return the true lost set, a table each."""
    found = report.lost_set
    rows = [(table, words.count(count)) for table, count in found.tables.items()] if found else []
    rows += (
        [(f"{table}, without a key", words.count(n)) for table, n in found.untold.items()] if found else []
    )
    return Sheet(
        "Rows that had never left", ("Table", "Rows"), rows, right=frozenset({1}), tight=frozenset({0})
    )


def fates(report: FailbackReport) -> Sheet:
    """Return what became of them."""
    home = report.brought_home
    rows = [(fate, words.count(count)) for fate, count in home.fates.items() if count] if home else []
    return Sheet("What became of them", ("Fate", "Rows"), rows, right=frozenset({1}))


def written(report: FailbackReport) -> Sheet:
    """Return what was written where."""
    home = report.brought_home
    rows = [
        (one.region, one.table, words.count(one.updates), words.count(one.inserts), words.count(one.deletes))
        for one in (home.changes if home else [])
    ]
    columns = ("Region", "Table", "Updated", "Inserted", "Deleted")
    return Sheet("What was written", columns, rows, right=frozenset({2, 3, 4}), tight=frozenset({0, 1}))


def kept(report: FailbackReport) -> Iterator[tuple[str, str]]:
    """Return where the list, the plan, and what takes it back are kept."""
    if report.lost_set:
        yield "List of all rows", report.lost_set.where
    if home := report.brought_home:
        yield from (("Plan", f"comparisons/{plan}/plan.jsonl") for plan in home.plans)
        yield from (("Takes it back", where) for where in home.undo)


def sequences(report: FailbackReport) -> Sheet:
    """Return the sequences that were moved."""
    found = report.reprotected.sequences if report.reprotected else {}
    rows = [
        (region, f"{move.node_group}: {move.sequence}", words.count(move.before), words.count(move.after))
        for region, moves in found.items()
        for move in moves
        if move.after != move.before
    ]
    columns = ("Region", "Sequence", "Before", "After")
    return Sheet("Sequences that were moved", columns, rows, right=frozenset({2, 3}), tight=frozenset({0, 1}))


def _number(value: int | None) -> str:
    return NOT_SEEN if value is None else words.count(value)
