"""One operation that a test started, read from its own journal, whatever its procedure."""

import hashlib
from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from recovery.approval import Approval
from recovery.dr_test.document import Approved, OperationEvidence
from recovery.dr_test.scenarios import ScenarioName
from recovery.journal import Event, Kind, as_lines
from recovery.report.compose import compose
from recovery.report.failback_compose import compose_failback
from recovery.report.reading import text
from recovery.report.repair_compose import compose_repair
from recovery.report.restore_compose import compose_restore

FAILBACK = "region-failback"
RESTORES, REPAIRS = frozenset({"pitr-restore", "multi-region-recovery"}), frozenset({"cross-region-repair"})


def evidence_of(events: Sequence[Event], scenario: ScenarioName | None) -> OperationEvidence:
    """Return what the operation's journal tells. `BadInput` for what is not the beginning of a journal."""
    report = compose(events)
    headline, rto_s, rpo_s = _figures(events)
    return OperationEvidence(
        id=report.operation.id,
        procedure=report.operation.procedure,
        scenario=scenario,
        started_by=report.operation.started_by,
        opened_at=report.operation.opened_at,
        inputs=report.operation.parameters,
        ending=report.ending,
        headline=headline,
        points=report.timeline.points,
        rto_s=rto_s,
        rpo_s=rpo_s,
        lost=report.rows.lost if report.rows else [],
        steps=report.steps,
        not_measured=report.not_measured,
        environment=report.environment,
        journal_sha256=sha256_of(events),
    )


def sha256_of(events: Sequence[Event]) -> str:
    """Return the SHA-256, in hex, of a journal as a file holds it."""
    return hashlib.sha256(as_lines(events)).hexdigest()


def approvals_in(events: Sequence[Event]) -> Iterator[Approved]:
    """Return who approved the operation, when and why."""
    for event in events:
        if event.kind is Kind.DONE and (said := _approval(event)):
            yield Approved(
                operation=event.operation,
                asked_by=said.asked_by,
                approved_by=said.approved_by,
                at=said.approved_at,
                why=said.why,
                given_in=said.given_in,
            )


def _figures(events: Sequence[Event]) -> tuple[str, float | None, float | None]:
    """Return the headline, RTO and RPO of the operation's own report."""
    procedure = text(events[0].data, "procedure")
    if procedure in RESTORES:
        restored = compose_restore(events).verdict
        return restored.headline, restored.rto.achieved_s, restored.rpo.achieved_s
    if procedure == FAILBACK:
        return compose_failback(events).headline, None, None
    if procedure in REPAIRS:
        return compose_repair(events).headline, None, None
    verdict = compose(events).verdict
    return verdict.headline, verdict.rto.achieved_s, verdict.rpo.achieved_s


def _approval(event: Event) -> Approval | None:
    try:
        return Approval.model_validate(event.data.get("result"))
    except ValidationError:
        return None
