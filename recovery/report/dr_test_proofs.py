"""The tables that prove a test: people, approvals, step logs, hashes, and where an auditor finds what."""

from collections.abc import Iterator

from recovery.dr_test.document import DrTest, OperationEvidence
from recovery.dr_test.fields import FIELDS, told
from recovery.report import words
from recovery.report.reading import cell
from recovery.report.sheets import Sheet, without_empty


def approvals(test: DrTest) -> Sheet:
    """Return who approved what, when and why."""
    rows = [
        (one.operation, one.approved_by, words.instant(one.at), one.why, one.asked_by, one.given_in)
        for one in test.approvals
    ]
    columns = ("Operation", "Approved by", "At", "Why", "Asked by", "Given in")
    return Sheet("Approvals", columns, rows)


def people(test: DrTest) -> Sheet:
    """Return who took part, who was missing, and which other companies have a part."""
    rows = [
        *((one.name, one.role, "took part") for one in test.participants),
        *((one.name, one.role, f"missing: {one.why}") for one in test.absentees),
        *((one.name, one.part, "third party") for one in test.third_parties),
    ]
    return Sheet("People and companies", ("Name", "Role", "Part"), rows)


def journals(test: DrTest) -> Sheet:
    """Return what seals each journal of this pack."""
    rows = [
        (test.id, str(test.environment.events), _chain(test), test.environment.head_hash, test.journal_sha256)
    ]
    rows += [
        (one.id, str(one.environment.events), _chain(one), one.environment.head_hash, one.journal_sha256)
        for one in test.operations
    ]
    columns = ("Journal", "Events", "Chain", "Newest event's hash", "The file's SHA-256")
    return Sheet("Journals", columns, rows, right=frozenset({1}), tight=frozenset({2}))


def fields(test: DrTest) -> Sheet:
    """Return where an auditor finds what, and what is not filled."""
    rows = [(one.name, one.section, told(one, test), ", ".join(one.asked_by)) for one in FIELDS]
    strong = frozenset(i for i, row in enumerate(rows) if "not recorded" in row[2])
    columns = ("Field", "Section", "Filled, or why not", "Asked for by")
    return Sheet("Each field, and where it is", columns, rows, strong=strong)


def started(test: DrTest) -> Sheet:
    """Return the operations that the test started."""
    rows = [
        (
            one.id,
            one.scenario.heading if one.scenario else "none",
            words.instant(one.opened_at),
            f"{one.ending.outcome}: {one.ending.summary}",
            one.started_by,
            ", ".join(
                f"{key}: {cell(value)}"
                for key, value in one.inputs.items()
                if value not in (None, "", [], False)
            ),
        )
        for one in test.operations
    ]
    columns = ("Operation", "Scenario", "Opened", "Ended", "Started by", "Input")
    return Sheet("Operations", columns, rows)


def steps(one: DrTest | OperationEvidence) -> Sheet:
    """Return the step log of the test, or of one of its operations; steps that did not end well stand out.

    What each step touched is in the journals, and in the report of its operation.
    """
    rows = list(_steps(one))
    strong = frozenset(i for i, step in enumerate(one.steps) if step.state in {"failed", "unfinished"})
    columns = ("Step", "Region", "Start (UTC)", "Length", "Attempts", "Skipped", "Result", "Who")
    sheet = Sheet(
        f"Steps of {one.id}",
        columns,
        rows,
        strong=strong,
        right=frozenset({2, 3, 4, 5}),
        tight=frozenset({1}),
    )
    return without_empty(sheet)


def _steps(one: DrTest | OperationEvidence) -> Iterator[tuple[str, ...]]:
    for step in one.steps:
        state = "" if step.state == "done" else f"{step.state.upper()}: "
        yield (
            f"{step.title}{' (undo)' if step.undo else ''}",
            step.region or "",
            words.clock(step.started_at),
            words.span(step.length_s) if step.length_s is not None else "",
            str(step.attempts),
            str(step.skipped_on_resume or ""),
            f"{state}{step.sentence or 'Done.'}",
            "\n".join(step.actors),
        )


def _chain(one: DrTest | OperationEvidence) -> str:
    env = one.environment
    return "whole" if env.chain_verified else f"BROKEN at event {env.broken_at}"
