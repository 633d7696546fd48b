"""The tables of a repair's report as text: what its page and its short form show."""

from collections.abc import Iterator

from recovery.report import words
from recovery.report.repair_document import RepairReport
from recovery.report.sheets import Sheet


def facts(report: RepairReport) -> Iterator[tuple[str, str]]:
    """Return the plan, how its rows stood, and where what takes the repair back is kept."""
    asked, plan, compared = report.operation, report.plan, report.compared
    if asked.reason:
        yield "Reason", asked.reason
    yield "Carried out", asked.what
    yield "Started by", asked.started_by
    if plan:
        yield "Before", str(plan)
    for region, one in report.repaired.items():
        yield f"Done in {region}", str(one)
    if report.redis and report.redis.region:
        yield "Keys of Redis", str(report.redis)
        if kept := report.redis.undo:
            more = f" and {len(kept) - 1} more" if len(kept) > 1 else ""
            yield "Takes the keys back", f"{kept[0]}{more}"
    if compared:
        yield "Compared again", f"{compared} ({words.span(compared.length_s)})"
    for region, one in report.repaired.items():
        yield f"Takes it back in {region}", one.undo
    if plan:
        yield from ((f"Plan for {region}, SHA-256", digest) for region, digest in plan.digests.items())


def changes(report: RepairReport) -> Sheet:
    """Return what the plan changes, a table each."""
    rows = [
        (one.region, one.table, words.count(one.updates), words.count(one.inserts), words.count(one.deletes))
        for one in (report.plan.changes if report.plan else [])
    ]
    columns = ("Region", "Table", "Updated", "Inserted", "Deleted")
    return Sheet(
        "Rows that the plan changes", columns, rows, right=frozenset({2, 3, 4}), tight=frozenset({0, 1})
    )


def refused(report: RepairReport) -> Sheet:
    """Return why databases were left as they are."""
    return Sheet("What was refused", ("Why",), [(why,) for why in report.refused])


def different(report: RepairReport) -> Sheet:
    """Return rows that still differ."""
    some = report.compared.some if report.compared else []
    rows = [(one.table, ", ".join(one.key)) for one in some]
    return Sheet("Rows that still differ", ("Table", "Key"), rows, tight=frozenset({0, 1}))
