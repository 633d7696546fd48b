"""A dry run: every step in the order of the flow, what it would touch, and what it finds now. Nothing changes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from prefect.artifacts import create_markdown_artifact

from recovery.blackout import Dependence
from recovery.epoch import Epoch, holder_of
from recovery.errors import NeedsTheLost, RecoveryError
from recovery.estate_file.concerns import missed_objective
from recovery.estate_in_hand import EstateInHand
from recovery.findings import Finding, Findings, exposure
from recovery.forecast import forecast
from recovery.left_hosts import refuse_left_hosts
from recovery.operation import Failover, Mode
from recovery.operation_journal import OperationJournal
from recovery.shift import WHOLE, weights_for
from recovery.traffic import told
from tasks import (
    approval,
    blackout,
    checks,
    fencing,
    measuring,
    promotion,
    readiness,
    replication,
    soundness,
    traffic,
    verification,
)
from tasks.beside import best_effort
from tasks.run import FailoverRun
from tasks.step import Step

Look = Callable[[FailoverRun], Sequence[str | Finding]]


@dataclass(frozen=True)
class Planned:
    """One step of the plan: its number in the runbook, what it would touch, and what is found now."""

    number: int
    title: str
    mutates: bool
    touches: Sequence[str]
    without: Sequence[Dependence]
    """What it does where what it touches is lost with the source."""
    findings: Sequence[str | Finding]
    """What holds or does not, and what else is told."""
    deadline_s: float


class Plan:
    """What a failover would do, as it stands now."""

    def __init__(self, operation: Failover, steps: Sequence[Planned], *, remarks: Sequence[str]) -> None:
        """Hold the steps; *remarks* are what stands against it as a whole."""
        self.operation, self.steps, self.remarks = operation, steps, remarks

    @property
    def preconditions(self) -> list[Finding]:
        """Everything that must hold, as it is now, for the failover to be begun and to end in time."""
        whole = Finding(
            check="nothing stands against the failover as a whole",
            ok=not self.remarks,
            value="; ".join(self.remarks) or "nothing does",
            witness="plan",
        )
        return [whole, *(one for step in self.steps for one in step.findings if isinstance(one, Finding))]

    def __str__(self) -> str:
        """The plan as Markdown, which also reads well in a terminal."""
        asked = self.operation
        lines = [f"# Plan: leave {asked.source} ({asked.mode}). Nothing was changed.", ""]
        for remark in self.remarks:
            lines += [f"**{remark}**", ""]
        for planned in self.steps:
            changes = " (changes the estate)" if planned.mutates else ""
            lines.append(f"## {planned.number}. {planned.title}{changes}")
            lines += [f"- {_line(finding)}" for finding in planned.findings]
            lines.append(f"- touches: {', '.join(planned.touches)}")
            lines.append(f"- deadline: {planned.deadline_s:g} s")
            lines += [*(f"- {one}" for one in planned.without), ""]
        return "\n".join(lines)


def show(operation: Failover, estate: EstateInHand) -> Plan:
    """Return the plan, and show it beside the Prefect run. Reads only."""
    plan = planned(operation, estate)
    best_effort(lambda: create_markdown_artifact(str(plan), key="plan", description="What would be done"))
    return plan


def planned(operation: Failover, estate: EstateInHand) -> Plan:
    """Return the plan. Reads only."""
    estate.file.other(operation.source)
    quorum = estate.outside.journal
    refuse_left_hosts(estate.file, quorum, but=None)
    unwritten = OperationJournal(quorum, "dry-run", actor="dry run")
    run = FailoverRun(operation, estate, unwritten, Epoch(quorum, estate.name, 0))
    steps = [_planned(run, step, look) for step, look in procedure(operation.mode)]
    return Plan(operation, steps, remarks=[*_remarks(run)])


def _remarks(run: FailoverRun) -> Iterator[str]:
    """Return why it would be refused, and whether it may take longer than it should."""
    if holder := holder_of(run.outside.journal, run.estate.name):
        yield f"Would be refused: the estate is held by {holder.operation}."
    try:
        blackout.refuse_needy(run, [step for step, _look in procedure(run.operation.mode)])
    except NeedsTheLost as error:
        yield f"Would be refused: {error}"
    if beyond := missed_objective(run.file, forecast(run.file, run.operation.mode)):
        yield f"The deadlines add up to more than the RTO: {beyond.sentence}"


def procedure(mode: Mode) -> list[tuple[Step[FailoverRun, [], Any], Look]]:
    """Return the flow's steps in their order, each with what it looks at before it would act."""
    draining: list[tuple[Step[FailoverRun, [], Any], Look]] = (
        [(traffic.drain, _increments)] if mode is Mode.PLANNED else []
    )
    return [
        (approval.approve, approval.told),
        (checks.confirm_source, _source),
        (checks.can_take_over, readiness.of_target),
        *draining,
        (fencing.fence, _fence),
        (replication.measure_exposure, _exposure),
        (promotion.take_over, _subscriptions),
        (traffic.shift, _weights),
        (verification.verify, lambda run: [f"{len(run.file.services)} services are asked"]),
        (
            measuring.measure,
            lambda _run: ["the report is written to the journal's stores and to the reports"],
        ),
    ]


def _planned(run: FailoverRun, step: Step[FailoverRun, [], Any], look: Look) -> Planned:
    try:
        found = look(run)
    except RecoveryError as error:
        found = [Finding(check="not seen", ok=False, value=str(error))]
    return Planned(
        number=runbook_number(step),
        title=step.declared.title,
        mutates=step.declared.mutates,
        touches=step.declared.touches(run),
        without=blackout.dependences(run, step),
        findings=found,
        deadline_s=step.deadline_s(run),
    )


def runbook_number(step: Step[FailoverRun, [], Any]) -> int:
    """Return the step's number in the runbook: opening is the first, and draining counts even where it is skipped."""
    return 2 + [one.name for one, _ in procedure(Mode.PLANNED)].index(step.name)


def _line(found: str | Finding) -> str:
    return found if isinstance(found, str) else f"{'holds' if found.ok else 'DOES NOT HOLD'}: {found}"


def _source(run: FailoverRun) -> Sequence[str | Finding]:
    """Return whether a source is sound that is to be moved; of one that is to be lost, whether it is at fault now."""
    if run.operation.mode is Mode.PLANNED:
        return soundness.looked_at(run)
    found: Findings = checks.source_findings(run)
    told = [f"{'at fault' if f.ok else 'not at fault'}: {f}" for f in found.findings]
    return [*told, "would go on" if checks.is_at_fault(found) else "WOULD BE REFUSED: too few witnesses"]


def _increments(run: FailoverRun) -> list[str]:
    plan = traffic.plan_of(run)
    return [f"{plan.increment_percent} % every {plan.interval.total_seconds():g} s, each step verified"]


def _fence(run: FailoverRun) -> list[str]:
    state = run.source.database.look()
    may = [role for role, allowed in state.logins.items() if allowed]
    return [f"roles that lose LOGIN: {', '.join(may) or 'none'}"]


def _exposure(run: FailoverRun) -> list[str]:
    beats = list(run.target.database.heartbeats(run.source.name).values())
    lacking = exposure(beats, fault_at=readiness.fault_estimate(run))
    return [
        "unknown"
        if lacking is None
        else f"{lacking.total_seconds():.2f} s of commits are not in the target now"
    ]


def _subscriptions(run: FailoverRun) -> list[str]:
    return [
        f"{one.node_group}: subscription {one.name} at {one.received_lsn}, "
        f"{'to be disabled' if one.enabled else 'disabled already'}"
        for one in run.target.database.subscriptions()
    ]


def _weights(run: FailoverRun) -> list[str]:
    after = weights_for(WHOLE, run.source.name, run.target.name)
    return [f"weights {told(run.outside.traffic.weights())} become {told(after)}"]
