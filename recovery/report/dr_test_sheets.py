"""The tables of a test's report as text: what its page shows."""

from recovery.dr_test.document import DrTest, ScenarioResult
from recovery.dr_test.outcome import Measured
from recovery.drill.alarms import noticed_s
from recovery.measurement import PointName
from recovery.objectives import Judgement
from recovery.report import words
from recovery.report.document import Figure
from recovery.report.sheets import FIRST_ROWS, Sheet, without_empty

_MARK = {Judgement.MET: "met", Judgement.MISSED: "MISSED", Judgement.NOT_MEASURED: "not measured"}


def scenarios(test: DrTest) -> Sheet:
    """Return a line for each scenario: what a manager looks at."""
    if test.is_tabletop:
        return _walked(test)
    rows = [
        (
            result.plan.name.heading,
            str(result.score),
            f"{result.score.points:g} of 1",
            figure(result.rto, result.outcome.rto if result.outcome else None),
            figure(result.rpo, result.outcome.rpo if result.outcome else None),
            _gone(result),
        )
        for result in test.scenarios
    ]
    strong = frozenset(i for i, result in enumerate(test.scenarios) if result.why)
    columns = ("Scenario", "How far", "Score", "RTO", "RPO", "Rows gone for good")
    return Sheet(
        "Scenarios", columns, rows, strong=strong, right=frozenset({2, 3, 4, 5}), tight=frozenset({1})
    )


def _walked(test: DrTest) -> Sheet:
    """Return a line for each scenario of a tabletop: how many of its preconditions hold, and which do not."""
    rows = []
    for result in test.scenarios:
        checks = result.outcome.integrity if result.outcome else []
        hold = f"{sum(check.ok for check in checks)} of {len(checks)}" if checks else "not looked at"
        rows.append((result.plan.name.heading, hold, "; ".join(result.why) or "nothing"))
    strong = frozenset(i for i, result in enumerate(test.scenarios) if result.why)
    columns = ("Scenario", "Preconditions that hold", "What stands against it")
    return Sheet("Scenarios", columns, rows, strong=strong, tight=frozenset({1}))


def figure(found: Figure, measured: Measured | None) -> str:
    """Return a figure with its judgement, in a few words."""
    if found.achieved_s is None:
        return "does not apply" if measured and not measured.applies else "not measured"
    return f"{words.span(found.achieved_s)}, {_MARK[found.judgement]}"


def noticed(result: ScenarioResult) -> str | None:
    """Return how long after the fault something told of it, and what; None where that is not known."""
    after_s = noticed_s(result.points)
    by = next((point.measured_by for point in result.points if point.name is PointName.DETECTED), "")
    return None if after_s is None else f"{words.span(after_s)} after the fault, by {by}"


def _gone(result: ScenarioResult) -> str:
    return words.count(result.outcome.losses.final if result.outcome else None)


def plan(test: DrTest) -> Sheet:
    """Return what was expected of each scenario, and why it was tried."""
    rows = [
        (
            one.name.heading,
            one.hypothesis,
            one.injects,
            one.risk or "not recorded: recovery.testing.risks does not name it",
        )
        for one in (test.plan.scenarios if test.plan else [])
    ]
    columns = ("Scenario", "Hypothesis", "What is broken", "Why it is tried")
    return Sheet("The scenarios, as they were planned", columns, rows, tight=frozenset({0}))


def points(result: ScenarioResult) -> Sheet:
    """Return the clock points of one scenario."""
    rows = [
        (
            f"{point.name}  {words.MEANING[point.name]}",
            words.clock(point.at) if point.at else "not measured",
            f"± {words.span(point.error_s)}" if point.at and point.error_s is not None else "",
            point.measured_by if point.at else point.reason or "no reason was written down",
        )
        for point in result.points
    ]
    columns = ("Point", "Time (UTC)", "Error", "Measured by, or why not")
    sheet = Sheet(
        "Clock points of the way there", columns, rows, right=frozenset({1, 2}), tight=frozenset({0})
    )
    return without_empty(sheet)


def proofs(result: ScenarioResult) -> Sheet:
    """Return what was to be shown, before and after."""
    outcome = result.outcome
    if outcome is None:
        return Sheet("Proofs", ("What",), [])
    rows = [
        (
            what,
            str(proof.state),
            proof.sentence,
            words.clock(proof.at),
            words.span(proof.length_s) if proof.length_s is not None else "",
            proof.operation or "",
        )
        for what, proof in (
            ("Steady state before", outcome.steady_before),
            ("Failback", outcome.failback),
            ("Reconciliation", outcome.reconciliation),
            ("Steady state after", outcome.steady_after),
        )
    ]
    strong = frozenset(i for i, row in enumerate(rows) if row[1] in {"failed", "not done"})
    columns = ("What", "State", "What was seen", "At (UTC)", "Length", "Operation")
    return without_empty(
        Sheet(
            "There, back, and as before",
            columns,
            rows,
            strong=strong,
            right=frozenset({3, 4}),
            tight=frozenset({0, 1}),
        )
    )


def integrity(result: ScenarioResult) -> Sheet:
    """Return the checks of the data."""
    checks = result.outcome.integrity if result.outcome else []
    rows = [(one.check, one.value, one.limit, "well" if one.ok else "NOT WELL") for one in checks]
    strong = frozenset(i for i, one in enumerate(checks) if not one.ok)
    columns = ("Check", "Found", "Limit", "Verdict")
    return without_empty(Sheet("Integrity checks", columns, rows, strong=strong, tight=frozenset({3})))


def losses(result: ScenarioResult) -> Sheet:
    """Return promised rows by their fate."""
    if result.outcome is None:
        return Sheet("Promised rows", ("Rows", "Count"), [])
    said = result.outcome.losses
    rows = [
        ("Promised to clients", words.count(said.acknowledged)),
        ("Not in the target after the way there", words.count(said.lost)),
        ("Of those, brought home by the salvage", words.count(said.salvaged)),
        ("Gone for good, after reconciliation", words.count(said.final)),
    ]
    return Sheet("Promised rows", ("Rows", "Count"), rows, strong=frozenset({3}), right=frozenset({1}))


def alarms(test: DrTest) -> Sheet:
    """Return which alarms fired, and which did not."""
    rows = [
        (one.name, one.region or "", words.instant(one.at) or "DID NOT FIRE", one.source, one.reason or "")
        for one in test.alarms
    ]
    strong = frozenset(i for i, one in enumerate(test.alarms) if one.at is None)
    columns = ("Alarm", "Region", "Fired", "Source", "Why not")
    return without_empty(Sheet("Alarms", columns, rows, strong=strong))


def deviations(test: DrTest) -> Sheet:
    """Return what went otherwise than planned."""
    rows = [(one.what, words.instant(one.at), one.why or "nobody wrote down why") for one in test.deviations]
    return without_empty(Sheet("Deviations from the plan", ("What", "When", "Why"), rows))


def gone(test: DrTest) -> Sheet:
    """Return the first rows that are gone for good, by key."""
    rows = [
        (
            row.service,
            row.client,
            words.count(row.seq),
            row.region or "unknown",
            words.instant(row.committed_at),
        )
        for row in test.lost_for_good[:FIRST_ROWS]
    ]
    count = len(test.lost_for_good)
    part = f", the first {FIRST_ROWS} of {count:,}" if count > FIRST_ROWS else ""
    columns = ("Service", "Client", "Sequence", "Acknowledged in", "Committed (UTC)")
    return Sheet(f"Rows gone for good, by key{part}", columns, rows, right=frozenset({2}))


def findings(test: DrTest) -> Sheet:
    """Return what must be put right."""
    rows = [
        (
            one.id.rpartition("/")[2],
            str(one.severity),
            one.what,
            one.remedy or "",
            one.owner or one.owner_reason or "",
            f"{one.due:%Y-%m-%d}",
            one.retest,
        )
        for one in test.findings
    ]
    strong = frozenset(i for i, one in enumerate(test.findings) if one.severity == "critical")
    columns = ("Finding", "Severity", "What", "Remedy", "Owner", "Due", "Retest")
    return without_empty(
        Sheet("What is to be put right", columns, rows, strong=strong, tight=frozenset({0, 1, 5}))
    )


def retests(test: DrTest) -> Sheet:
    """Return earlier findings that this test looked at again."""
    rows = [(one.finding, "closed" if one.closed else "STILL OPEN") for one in test.retests]
    return Sheet("Findings of earlier tests, looked at again", ("Finding", "Now"), rows, tight=frozenset({1}))


def compared(test: DrTest) -> Sheet:
    """Return each scenario beside the test before."""
    rows = [
        (
            one.scenario.heading,
            one.test or "none",
            words.span(one.rto_s) if one.test else "",
            words.span(one.rpo_s) if one.test else "",
            str(one.score) if one.score else "",
            one.told,
        )
        for one in test.compared
    ]
    columns = ("Scenario", "Test before", "RTO then", "RPO then", "Score then", "Now")
    return without_empty(
        Sheet("Beside the last test of each scenario", columns, rows, right=frozenset({2, 3}))
    )
