"""The tables of a restore's report as text: what its page and its short form show."""

from recovery.report import words
from recovery.report.document import Span
from recovery.report.restore_document import RestoreReport
from recovery.report.restore_time import APPROVAL, RESUMPTION
from recovery.report.restore_words import SCOPE, moment, predicted
from recovery.report.sheets import Sheet, without_empty
from recovery.restoring import Rung

PHASE_MEANING = {
    "decide": "From the fault to the operation's opening: noticing it, and deciding",
    "fetch": "Bringing the backup's files from the repository",
    "replay": "Replaying WAL up to the moment",
    "compare": "Finding the damaged rows",
    "promote": "Ending the replay, so that it takes writes",
    "validate": "Climbing the validation ladder",
    "settle": "Making the two restored clusters agree",
    APPROVAL: "Waiting for a person to approve the change",
    "replace": "Clusters put in their place, replication made anew, regions open",
    "move": "Traffic sent to the stand-ins, until customers are served there",
    "repair": "Writing the damaged rows back, and reading them",
    RESUMPTION: "From the last event of one process to the first of the next",
}

_KIND = {"full": "full", "diff": "differential", "incr": "incremental"}


def moment_facts(report: RestoreReport) -> list[tuple[str, str]]:
    """Return what was gone back to, from which backup, and what it was predicted to take."""
    asked, chosen = report.operation, report.chosen
    scope = SCOPE.get(asked.scope)
    facts = [
        ("Moment", moment(asked.moment)),
        ("Fault", words.exact(asked.fault_at) or "not known"),
        ("Scope", f"{asked.scope}: {scope}" if scope else asked.scope),
    ]
    if chosen:
        backup, kind = chosen.backup, _KIND[chosen.backup.kind]
        held = f"{words.size(backup.cluster_bytes)} restored, {words.size(backup.stored_bytes)} stored"
        facts += [
            ("Backup", f"{backup.label} ({kind}; {held})"),
            ("Taken", f"{words.instant(backup.started_at)} to {words.instant(backup.stopped_at)}"),
            ("From", f"repository {backup.repository}, in {chosen.place}"),
            (
                "Could be reached",
                f"{words.exact(chosen.reachable.first)} to {words.exact(chosen.reachable.last)}",
            ),
        ]
    if report.fetched:
        facts.append(("Fetched", f"{report.fetched} into {report.fetched.folder}"))
    if report.replayed:
        last = words.exact(report.replayed.last_commit_at) or "not known"
        facts.append(("Replayed to", f"{report.replayed.lsn}; newest commit {last}"))
    spent, took_s = report.spent, report.verdict.rto.achieved_s
    told = predicted(spent.predicted.length_s, took_s, waited_s=spent.waited_s)
    return [*facts, ("Predicted", told)]


def phases(report: RestoreReport) -> Sheet:
    """Return where the time went; the longest stands out, the tool's own time stands last."""
    spent = report.spent
    rows = [
        (
            phase.what.capitalize(),
            PHASE_MEANING.get(phase.what, ""),
            words.span(phase.length_s),
            "" if phase.share is None else words.share(phase.share),
        )
        for phase in spent.phases
    ]
    longest = max((phase.length_s for phase in spent.phases), default=0.0)
    strong = frozenset(i for i, phase in enumerate(spent.phases) if phase.length_s == longest)
    if rows:
        rows.append(_tool(spent.tool, report.verdict.rto.achieved_s))
    columns = ("Phase", "What took the time", "Length", "Of the RTO")
    caption, right, tight = "Time by phase", frozenset({2, 3}), frozenset({0})
    return without_empty(Sheet(caption, columns, rows, strong=strong, right=right, tight=tight))


def rungs(report: RestoreReport) -> Sheet:
    """Return the validation ladder, rung by rung; those that do not hold stand out."""
    found = report.proved.rungs if report.proved else []
    rows = [
        (
            rung.name,
            _held(rung),
            rung.shown,
            words.span(rung.length_s) if rung.held is not None else "",
        )
        for rung in found
    ]
    strong = frozenset(i for i, rung in enumerate(found) if rung.held is False)
    columns = ("Proof", "Verdict", "What it showed", "Took")
    return Sheet(
        "Validation ladder", columns, rows, strong=strong, right=frozenset({3}), tight=frozenset({1})
    )


def damage(report: RestoreReport) -> Sheet:
    """Return what was done to each table, and what was left to a person; the last row is the sum."""
    found = report.damage.tables if report.damage else []
    counts = [(one.updates, one.inserts, one.deletes, one.kept) for one in found]
    rows = [(one.table, *map(words.count, own)) for one, own in zip(found, counts, strict=True)]
    if len(rows) > 1:
        rows.append(("All tables", *(words.count(sum(column)) for column in zip(*counts, strict=True))))
    done = "brought back" if report.repaired else "to be brought back"
    return Sheet(
        f"Rows {done}, by table",
        ("Table", "By update", "By insert", "By delete", "Left to a person"),
        rows,
        strong=frozenset({len(rows) - 1} if len(rows) > 1 else ()),
        right=frozenset({1, 2, 3, 4}),
    )


def damage_facts(report: RestoreReport) -> list[tuple[str, str]]:
    """Return where the plan and the undo file are, and what proves them."""
    facts: list[tuple[str, str]] = []
    if report.damage:
        facts += [("Plan", report.damage.plan), ("Plan, SHA-256", report.damage.digest)]
    if report.repaired:
        rows, verified = report.repaired.rows, report.repaired.verified
        read_back = f"{words.count(verified)} of {words.things(rows, 'row')} read back as planned"
        facts += [("Undo file", report.repaired.undo), ("Repaired", read_back)]
    elif report.damage:
        facts.append(("Repaired", "no: no live row was changed"))
    return facts


def exchange_facts(report: RestoreReport) -> list[tuple[str, str]]:
    """Return what became of the regions whose clusters were replaced; none where none was to be."""
    settled, verdict, facts = report.settled, report.verdict, list[tuple[str, str]]()
    if settled:
        facts += [
            ("Under way between the regions", str(settled)),
            ("Each of those rows", settled.rows),
            ("Each of those rows, SHA-256", settled.digest),
        ]
        if settled.left_alone:
            facts.append(("Not replicated, and left as each region has them", ", ".join(settled.left_alone)))
    if report.rejoined:
        facts.append(("Replication", str(report.rejoined)))
    if report.opened and report.redirected is None:
        facts.append(("Regions", str(report.opened)))
        outage = "not measured" if verdict.outage_s is None else words.span(verdict.outage_s)
        facts.append(("Longest time without an acknowledged write, by the prober", outage))
    if report.redirected:
        facts += [
            ("Traffic", str(report.redirected)),
            ("Changed", ", ".join(report.redirected.changed) or "nothing: it led there already"),
            *(("Left as it is", told) for told in report.redirected.left),
        ]
    if report.opened:
        given_up = "not counted" if verdict.rows_given_up is None else words.count(verdict.rows_given_up)
        where = "in no stand-in" if report.operation.stand_ins else "in the old clusters only"
        facts.append((f"Promised rows that are {where}", given_up))
    return facts


def _tool(span: Span, rto_s: float | None) -> tuple[str, str, str, str]:
    share = words.share(span.length_s / rto_s) if span.length_s is not None and rto_s else ""
    what = "Everything beside them: checks, the journal, what was begun again"
    return ("The tool itself", span.reason or what, words.span(span.length_s), share)


def _held(rung: Rung) -> str:
    return {True: "held", False: "FAILED", None: "does not apply"}[rung.held]
