"""One line for each report, whatever its kind: read from its report.json."""

import json
from datetime import UTC, datetime

from pydantic import Field, JsonValue, ValidationError

from recovery.dr_test.comparison import past_run
from recovery.dr_test.document import DrTest, PastRun
from recovery.dr_test.summary import halves
from recovery.measurement import Frozen
from recovery.objectives import Judgement
from recovery.reconcile.findings import Findings
from recovery.report.failback_document import FailbackReport
from recovery.report.reading import mapping, number, strings, text
from recovery.report.repair_document import RepairReport

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Entry(Frozen):
    """One report."""

    name: str = Field(description="Its folder")
    what: str
    at: datetime
    judgement: Judgement
    outcome: str
    headline: str
    rto_s: float | None = None
    rpo_s: float | None = None
    score: str = ""
    run: PastRun | None = Field(default=None, description="A test in short, for the trend")


def entry_of(name: str, body: bytes) -> Entry:
    """Return the line of a report; what can not be read says so, and stands last."""
    try:
        fields = json.loads(body)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        return _unread(name)
    try:
        return _of_kind(name, body, fields)
    except ValidationError:
        return _unread(name)


def _of_kind(name: str, body: bytes, fields: dict[str, JsonValue]) -> Entry:
    """Tell the kind by the fields that only it has: so the reports of every version are told apart."""
    if fields.get("kind") == "dr-test":
        return _of_test(name, DrTest.model_validate_json(body))
    if "verdict" in fields and "operation" in fields:
        return _of_operation(name, fields)
    if "lost_set" in fields:
        return _of_failback(name, FailbackReport.model_validate_json(body))
    if "operation" in fields:
        return _of_repair(name, RepairReport.model_validate_json(body))
    return _of_comparison(name, Findings.model_validate_json(body))


def _of_test(name: str, test: DrTest) -> Entry:
    told = test.summary
    return Entry(
        name=name,
        what=f"Test: {', '.join(result.plan.name for result in test.scenarios) or 'no scenario'}",
        at=test.started_at,
        judgement=told.verdict,
        outcome=test.ending.outcome,
        headline=told.headline,
        rto_s=told.rto.achieved_s,
        rpo_s=told.rpo.achieved_s,
        score="" if test.is_tabletop else f"{halves(told.points)} of {told.of}",
        run=past_run(test) if test.scenarios and not test.is_tabletop else None,
    )


def _of_operation(name: str, fields: dict[str, JsonValue]) -> Entry:
    """A failover, a restore or a recovery: they share what stands here."""
    verdict, asked = mapping(fields, "verdict"), mapping(fields, "operation")
    where = " and ".join(strings(asked, "stand_ins")) or text(asked, "region")
    where = where or f"{text(asked, 'source')} to {text(asked, 'target')}"
    judged = text(verdict, "overall")
    return Entry(
        name=name,
        what=f"{_spoken(text(asked, 'procedure', 'operation'))}: {where}",
        at=_moment(text(asked, "opened_at")),
        judgement=Judgement(judged) if judged in [*Judgement] else Judgement.NOT_MEASURED,
        outcome=text(mapping(fields, "ending"), "outcome", "unknown"),
        headline=text(verdict, "headline", "no headline"),
        rto_s=number(mapping(verdict, "rto"), "achieved_s"),
        rpo_s=number(mapping(verdict, "rpo"), "achieved_s"),
    )


def _of_failback(name: str, report: FailbackReport) -> Entry:
    return Entry(
        name=name,
        what=f"Region failback: {report.operation.region}",
        at=report.operation.opened_at,
        judgement=report.judgement,
        outcome=report.ending.outcome,
        headline=report.headline,
    )


def _spoken(procedure: str) -> str:
    return procedure.removeprefix("pitr-").replace("-", " ").capitalize()


def _of_repair(name: str, report: RepairReport) -> Entry:
    return Entry(
        name=name,
        what=f"Repair: {' and '.join(report.operation.regions)}",
        at=report.operation.opened_at,
        judgement=report.judgement,
        outcome=report.ending.outcome,
        headline=report.headline,
    )


def _of_comparison(name: str, found: Findings) -> Entry:
    return Entry(
        name=name,
        what=f"Comparison: {' and '.join(found.regions)}",
        at=found.began_at,
        judgement=found.judgement,
        outcome="compared",
        headline=found.headline,
    )


def _unread(name: str) -> Entry:
    return Entry(
        name=name,
        what="A report of another form",
        at=LONG_AGO,
        judgement=Judgement.NOT_MEASURED,
        outcome="unknown",
        headline="Its report.json can not be read by this version",
    )


def _moment(told: str) -> datetime:
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return LONG_AGO
    return at if at.tzinfo else LONG_AGO
