"""The tables of a comparison's report as text: what its page and its short form show."""

from collections.abc import Iterator

from recovery.reconcile.findings import Copy, Findings, Lag
from recovery.report import words
from recovery.report.sheets import Sheet

LOOKED = {
    "whole": "every row",
    "changed": "what was written since the last clean pass, where there was one",
    "conflicts": "rows of which a real conflict was logged",
}
MOST_TABLES = 200
"""How many tables the page lists: those with drift first; report.json has all."""


def drift(report: Findings) -> Sheet:
    """Return what was found, a table each; those with drift stand out."""
    shown = report.tables[:MOST_TABLES]
    rows = [
        (
            one.table,
            words.count(one.rows),
            words.count(one.different),
            words.count(one.left_only),
            words.count(one.right_only),
            words.count(one.in_flight),
            words.count(one.restless),
            words.span(one.length_s),
        )
        for one in shown
    ]
    first, second = report.regions
    columns = (
        "Table",
        "Rows compared",
        "Different",
        f"In {first} only",
        f"In {second} only",
        "Under way",
        "Never rested",
        "Took",
    )
    strong = frozenset(number for number, one in enumerate(shown) if one.drifted)
    return Sheet(
        "Rows by table", columns, rows, strong=strong, right=frozenset(range(1, 8)), tight=frozenset({0})
    )


def samples(report: Findings) -> Sheet:
    """Return rows that have drifted, both copies side by side."""
    first, second = report.regions
    rows = [
        (one.table, ", ".join(sample.key), _copy(sample.left), _copy(sample.right))
        for one in report.tables
        for sample in one.samples
    ]
    return Sheet(
        "Sample rows", ("Table", "Key", f"In {first}", f"In {second}"), rows, tight=frozenset({0, 1})
    )


def not_compared(report: Findings) -> Sheet:
    """Return the tables that were not compared, each with its reason."""
    rows = [(one.table, one.why) for one in report.not_compared]
    return Sheet("Tables that were not compared", ("Table", "Why"), rows)


def unreplicated(report: Findings) -> Sheet:
    """Return the tables that no region sends to the other."""
    rows = [(one.table, one.why) for one in report.unreplicated]
    return Sheet("Tables that are not replicated", ("Table", "Why"), rows)


def unfinished(report: Findings) -> Sheet:
    """Return what else was not done to its end."""
    rows = [(one.table, one.why) for one in report.unfinished]
    return Sheet("What was not done to its end", ("What", "Why"), rows)


def keys(report: Findings) -> Sheet:
    """Return what was found of Redis' keys."""
    found = report.cache
    if found is None:
        return Sheet("Keys of Redis", (), [])
    first, second = report.regions
    rows = [
        (f"Compared, as {first} has them", words.count(found.keys_left)),
        (f"Compared, as {second} has them", words.count(found.keys_right)),
        *((f"Drifted: {kind}", words.count(count)) for kind, count in found.kinds.items()),
        ("Under way", words.count(found.in_flight)),
        ("Never rested", words.count(found.restless)),
        *((f"Not comparable: {type_}", words.count(count)) for type_, count in found.not_comparable.items()),
        ("In other logical databases, not compared", words.count(found.elsewhere)),
        ("Took", words.span(found.length_s)),
    ]
    if found.planned is not None:
        rows.append((f"Would become as {found.winner} has them", words.count(found.planned)))
    if found.why:
        rows.append(("No plan", found.why))
    strong = frozenset(number for number, (what, _) in enumerate(rows) if what.startswith("Drifted"))
    return Sheet("Keys of Redis", ("Keys", "Count"), rows, strong=strong, right=frozenset({1}))


def key_samples(report: Findings) -> Sheet:
    """Return keys that have drifted; no value of one is shown."""
    rows = [(one.key, one.kind) for one in (report.cache.samples if report.cache else [])]
    return Sheet("Sample keys", ("Key", "How they differ"), rows, tight=frozenset({0}))


def changes(report: Findings) -> Sheet:
    """Return what a repair by the plan would change, a table each."""
    rows = [
        (one.region, one.table, words.count(one.updates), words.count(one.inserts), words.count(one.deletes))
        for one in (report.plan.changes if report.plan else [])
    ]
    columns = ("Region", "Table", "Updated", "Inserted", "Deleted")
    return Sheet(
        "Rows that a repair would change",
        columns,
        rows,
        right=frozenset({2, 3, 4}),
        tight=frozenset({0, 1}),
    )


def reasons(report: Findings) -> Sheet:
    """Return why rows would become what they would."""
    rows = [(why, words.count(count)) for why, count in (report.plan.reasons if report.plan else {}).items()]
    return Sheet("Why", ("A row becomes", "Rows"), rows, right=frozenset({1}))


def queue(report: Findings) -> Sheet:
    """Return what is left to a person, and why."""
    rows = [(one.table, one.why, words.count(one.rows)) for one in (report.plan.queue if report.plan else [])]
    return Sheet(
        "Rows that a person decides about",
        ("Table", "Why", "Rows"),
        rows,
        right=frozenset({2}),
        tight=frozenset({0}),
    )


def plan_facts(report: Findings) -> Iterator[tuple[str, str]]:
    """Return where the plan is kept, and how it is carried out."""
    if (plan := report.plan) is None:
        return
    yield "In a sentence", str(plan)
    if report.repair:
        yield "The repair", report.repair
    elif plan.rows or plan.redis_keys:
        yield "Carried out by", f"dr reconcile repair {plan.name}"
    if plan.queued:
        yield "Decided by a person with", f"dr conflicts list --plan {plan.name}"
    if plan.where:
        yield "Kept beside the journal, at", plan.where
    if plan.digest:
        yield "SHA-256", plan.digest


def facts(report: Findings) -> Iterator[tuple[str, str]]:
    """Return when it was, how fast, and how late replication was before and after."""
    took_s = (report.ended_at - report.began_at).total_seconds()
    rows = sum(max(one.rows_left, one.rows_right) for one in report.tables)
    if report.reason:
        yield "Reason", report.reason
    yield "Looked at", LOOKED[report.look_at]
    if report.asked:
        yield "Of these alone", ", ".join(report.asked)
    if report.conflicts is not None:
        yield "Real conflicts within a day", words.count(report.conflicts)
    elif report.on_record is not None:
        yield "Real conflicts within a day, of all tables", words.count(report.on_record)
    yield "Began", words.instant(report.began_at)
    yield "Took", words.span(took_s)
    yield "Rows a second", words.count(round(rows / took_s)) if took_s else "not measured"
    blocks, differing = _sum(report, "blocks"), _sum(report, "differing_blocks")
    yield "Blocks", f"{words.count(blocks)}, of which {words.count(differing)} differed"
    if by_cells := sum(one.by_cells for one in report.tables):
        yield (
            "Of a thin link",
            f"{words.count(by_cells)} tables were compared by cells, which count as blocks",
        )
    for when, lag in (("before", report.lag_before), ("after", report.lag_after)):
        crossed = "not measured: see what was not done" if lag is None else _crossed(report, lag)
        yield f"A mark crossed, {when}", crossed


def _crossed(report: Findings, lag: Lag) -> str:
    first, second = report.regions
    return (
        f"{first} to {second} in {words.span(lag.first_s)}, {second} to {first} in {words.span(lag.second_s)}"
    )


def _sum(report: Findings, field: str) -> int:
    return sum(getattr(one, field) for one in report.tables)


def _copy(copy: Copy | None) -> str:
    if copy is None:
        return "not there"
    written = f"written by {copy.written_by}, {words.instant(copy.written_at) or 'nobody knows when'}"
    return written if copy.image is None else f"{copy.image} ({written})"
