"""A dry run of a restore: every step in the order of the flow, and what it would touch. Nothing changes."""

from collections.abc import Sequence
from typing import Any

from prefect.artifacts import create_markdown_artifact

from recovery.epoch import Epoch, holder_of
from recovery.errors import RecoveryError
from recovery.estate_in_hand import EstateInHand
from recovery.operation_journal import OperationJournal
from recovery.restore_operation import Restore, Scope
from tasks import (
    achieving,
    damage,
    proving,
    reaching,
    repairing,
    replacing,
    restore_approval,
    restoring,
    scratch,
    settling,
)
from tasks.beside import best_effort
from tasks.run import RestoreRun
from tasks.step import Step

AnyStep = Step[RestoreRun, [], Any]
EXCHANGE: tuple[AnyStep, ...] = (
    replacing.close_regions,
    replacing.put_in,
    replacing.rejoin,
    replacing.open_regions,
)


def procedure() -> list[AnyStep]:
    """Return the flow's steps in their order, from its second number on; the report is published after them."""
    return [
        reaching.can_be_reached,
        scratch.fetch,
        scratch.replay,
        damage.compare,
        proving.prove,
        settling.settle,
        restore_approval.approve_repair,
        replacing.close_regions,
        replacing.put_in,
        replacing.rejoin,
        replacing.open_regions,
        repairing.repair,
        achieving.measure_restore,
        scratch.drop_scratch,
    ]


def show(operation: Restore, estate: EstateInHand) -> str:
    """Return the plan as Markdown, which also reads well in a terminal, and show it beside the Prefect run."""
    restoring.PROCEDURE.refuse(operation, estate)
    quorum = estate.outside.journal
    unwritten = OperationJournal(quorum, "dry-run", actor="dry run")
    run = RestoreRun(
        operation.model_copy(update={"id": "dry-run"}), estate, unwritten, Epoch(quorum, estate.name, 0)
    )
    lines = [
        f"# Plan: {operation.scope} restore of {run.region} to {operation.target}. Nothing was changed.",
        "",
    ]
    if holder := holder_of(quorum, estate.name):
        lines += [f"**Would be refused: the estate is held by {holder.operation}.**", ""]
    for number, step in enumerate(procedure(), start=2):
        if step not in _left_out(run):
            lines += _told(run, number, step)
    plan = "\n".join(lines)
    best_effort(lambda: create_markdown_artifact(plan, key="plan", description="What would be done"))
    return plan


def _left_out(run: RestoreRun) -> Sequence[AnyStep]:
    """Return the steps that this operation does not have."""
    asked = run.operation
    left: list[AnyStep] = [] if asked.scope is Scope.SURGICAL else [damage.compare]
    left += [] if run.needs_approval else [restore_approval.approve_repair]
    left += [] if len(run.parts) > 1 else [settling.settle]
    left += [] if asked.replaces else [*EXCHANGE]
    return left if asked.apply else [*left, repairing.repair]


def _told(run: RestoreRun, number: int, step: AnyStep) -> list[str]:
    declared = step.declared
    changes = " (changes the estate)" if declared.mutates else ""
    found = _found(run) if step is reaching.can_be_reached else []
    return [
        f"## {number}. {declared.title}{changes}",
        *found,
        f"- touches: {', '.join(declared.touches(run))}",
        "",
    ]


def _found(run: RestoreRun) -> list[str]:
    try:
        return [f"- {'holds' if each.ok else 'DOES NOT HOLD'}: {each}" for each in reaching.looked_at(run)]
    except RecoveryError as error:
        return [f"- not seen: {error}"]
