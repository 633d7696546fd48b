"""A dry run of a restore: every step in the order of the flow, and what it would touch. Nothing changes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from prefect.artifacts import create_markdown_artifact

from recovery.epoch import Epoch, holder_of
from recovery.errors import RecoveryError
from recovery.estate_in_hand import EstateInHand
from recovery.findings import Finding
from recovery.left_hosts import refuse_left_hosts
from recovery.operation import Operation
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
from tasks.journal import Procedure
from tasks.restore_run import RestoreRun
from tasks.run import Run
from tasks.step import Step

AnyStep = Step[Any, [], Any]
Look = Callable[[], Sequence[Finding]]
Seen = Mapping[AnyStep, Look]
OperationT = TypeVar("OperationT", bound=Operation)
RunT = TypeVar("RunT", bound=Run[Any])
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
    run = unwritten(operation, estate, restoring.PROCEDURE)
    what = f"{operation.scope} restore of {run.region} to {operation.target}"
    seen: Seen = {reaching.can_be_reached: lambda: _reachable(run)}
    return plan(run, what, [step if step not in _left_out(run) else None for step in procedure()], seen)


def preconditions(operation: Restore, estate: EstateInHand) -> list[Finding]:
    """Return everything that must hold, as it is now, for the restore to be begun; raises what would be refused."""
    run = unwritten(operation, estate, restoring.PROCEDURE)
    holder = holder_of(run.outside.journal, run.estate.name)
    free = Finding(
        check="no operation holds the estate",
        ok=holder is None,
        value=f"{holder.operation} holds it" if holder else "none does",
        witness="journal",
    )
    return [free, *_reachable(run)]


def _reachable(run: RestoreRun) -> list[Finding]:
    return [one for part in run.parts for one in reaching.looked_at(part)]


def unwritten(operation: OperationT, estate: EstateInHand, procedure: Procedure[OperationT, RunT]) -> RunT:
    """Return the operation's run, of which nothing is written down; raises what would be refused at once."""
    procedure.refuse(operation, estate)
    quorum = estate.outside.journal
    refuse_left_hosts(estate.file, quorum, but=None)
    journal = OperationJournal(quorum, "dry-run", actor="dry run")
    named = operation.model_copy(update={"id": "dry-run"})
    return procedure.run(named, estate, journal, Epoch(quorum, estate.name, 0))


def plan(run: Run[Any], what: str, steps: Sequence[AnyStep | None], seen: Seen) -> str:
    """Return the plan of *steps*, the first of which is number 2; None stands for one that the operation does not have.

    *seen* has for some steps what they would look at.
    """
    lines = [f"# Plan: {what}. Nothing was changed.", ""]
    if holder := holder_of(run.outside.journal, run.estate.name):
        lines += [f"**Would be refused: the estate is held by {holder.operation}.**", ""]
    for number, step in enumerate(steps, start=2):
        if step is not None:
            lines += _told(run, number, step, seen.get(step))
    whole = "\n".join(lines)
    best_effort(lambda: create_markdown_artifact(whole, key="plan", description="What would be done"))
    return whole


def _left_out(run: RestoreRun) -> Sequence[AnyStep]:
    """Return the steps that this operation does not have."""
    asked = run.operation
    left: list[AnyStep] = [] if asked.scope is Scope.SURGICAL else [damage.compare]
    left += [] if run.needs_approval else [restore_approval.approve_repair]
    left += [] if len(run.parts) > 1 else [settling.settle]
    left += [] if asked.replaces else [*EXCHANGE]
    return left if asked.apply else [*left, repairing.repair]


def _told(run: Run[Any], number: int, step: AnyStep, look: Look | None) -> list[str]:
    declared = step.declared
    changes = " (changes the estate)" if declared.mutates else ""
    return [
        f"## {number}. {declared.title}{changes}",
        *(_found(look) if look else []),
        f"- touches: {', '.join(declared.touches(run))}",
        "",
    ]


def _found(look: Look) -> list[str]:
    try:
        return [f"- {'holds' if each.ok else 'DOES NOT HOLD'}: {each}" for each in look()]
    except RecoveryError as error:
        return [f"- not seen: {error}"]
