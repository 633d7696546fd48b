"""Opening and ending an operation: its epoch, its journal, and what happens when it stops."""

import getpass
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Generic, TypeVar

from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from pydantic import JsonValue

from recovery.epoch import Claim, Epoch, holder_of, take
from recovery.errors import EpochHeld, OperationClosed, Superseded, Unavailable
from recovery.estate_in_hand import EstateInHand
from recovery.journal import Event, Kind, closed_at
from recovery.left_hosts import refuse_left_hosts
from recovery.operation import Operation, new_id
from recovery.operation_journal import OperationJournal
from recovery.pace_history import remember
from recovery.quorum import Quorum
from tasks.run import Run, now

OperationT = TypeVar("OperationT", bound=Operation)
RunT = TypeVar("RunT", bound=Run[Any])


@dataclass(frozen=True)
class Procedure(Generic[OperationT, RunT]):
    """What one procedure says of its operations; the rest of their life is the same for all."""

    name: str
    """As the journal and the reports call it."""
    short: str
    """What the ids of its operations begin with."""
    run: Callable[[OperationT, EstateInHand, OperationJournal, Epoch], RunT]
    refuse: Callable[[OperationT, EstateInHand], None]
    """Raises `BadInput` for what can never be done on this estate."""
    refuse_changed: Callable[[OperationT, Event], None]
    """Raises `BadInput` where the opening event of the same id asked for something else."""
    refuse_plan: Callable[[RunT], None] = field(default=lambda _run: None, kw_only=True)
    """Raises `Refused` for one that is not begun, and whose steps would need what they may not."""
    opening: Callable[[RunT], dict[str, JsonValue]]
    """What its opening event tells beside what all do."""
    going_on: Callable[[RunT], list[str]]
    """What a person does next where it stopped after the point of no return."""
    publish: Callable[[RunT], object]
    """Publishes the report of what the journal holds so far."""
    publish_missing: Callable[[RunT], None]
    """Publishes the report of an operation that ended without one."""
    holds: Callable[[EstateInHand], str] = field(default=lambda estate: estate.name)
    """What it takes the epoch of: the estate, unless it starts others that do."""


@contextmanager
def opened(
    operation: OperationT, estate: EstateInHand, procedure: Procedure[OperationT, RunT]
) -> Iterator[RunT]:
    """Hold the estate for the operation while the block runs; a report tells how it ended, either way.

    An operation whose id is in the journal is resumed. Raises `EpochHeld` where another
    one holds the estate, `OperationClosed` where this one has ended.
    """
    run = open_operation(operation, estate, procedure)
    try:
        yield run
    except Superseded:
        raise
    except BaseException as error:
        _stopped(run, procedure, error)
        raise
    _remember_paces(run, procedure)


def open_operation(
    operation: OperationT, estate: EstateInHand, procedure: Procedure[OperationT, RunT]
) -> RunT:
    """Take the epoch, and write or read on the journal."""
    procedure.refuse(operation, estate)
    refuse_left_hosts(estate.file, estate.outside.journal, but=operation.id)
    name = operation.id or new_id(procedure.short, now())
    named = operation if operation.id else operation.model_copy(update={"id": name})
    quorum, actor, held = estate.outside.journal, _actor(), procedure.holds(estate)
    journal = OperationJournal(quorum, name, actor=actor)
    unheld = procedure.run(named, estate, journal, Epoch(quorum, held, 0))
    _refuse_ended(unheld, procedure)
    if begun := journal.find(Kind.OPENED):
        procedure.refuse_changed(named, begun)
    else:
        procedure.refuse_plan(unheld)
    epoch = _taken(quorum, held, Claim(operation=name, holder=actor, since=now()))
    journal.go_on(epoch.number)
    run = procedure.run(named, estate, journal, epoch)
    run.history.read_from(quorum, estate.name, procedure.short)
    _refuse_ended(run, procedure)  # until the epoch was taken, the process before may have gone on to the end
    if journal.events:
        run.note(f"Resumed by {actor}.", prefect_run_id=flow_run.id or None)
    else:
        journal.record(Kind.OPENED, now(), data=_opening(run, procedure))
    return run


def _taken(quorum: Quorum, estate: str, claim: Claim) -> Epoch:
    """Take the epoch; one whose operation has ended is closed first, in place of its killed process."""
    try:
        return take(quorum, estate, claim)
    except EpochHeld:
        holder = holder_of(quorum, estate)
        if holder is None:
            raise
        ended = OperationJournal(quorum, holder.operation, actor=claim.holder)
        if closed_at(ended.events) is None:
            raise
    _free(quorum, estate, claim.model_copy(update={"operation": holder.operation}), ended)
    return take(quorum, estate, claim)


def _free(quorum: Quorum, estate: str, claim: Claim, ended: OperationJournal) -> None:
    """Let the next operation take what one that has ended still holds, in place of its killed process.

    Its end is put to a majority first: that process may have left it at one store, where the next reader may not look.
    """
    epoch = take(quorum, estate, claim)
    ended.keep()
    epoch.close()


def _refuse_ended(run: RunT, procedure: Procedure[OperationT, RunT]) -> None:
    """Raise `OperationClosed` for one that ended, after what its process may have left undone."""
    if (ended := closed_at(run.journal.events)) is None:
        return
    quorum, name = run.outside.journal, procedure.holds(run.estate)
    holder = holder_of(quorum, name)
    if holder is not None and holder.operation == run.id:
        _free(quorum, name, Claim(operation=run.id, holder=run.journal.actor, since=now()), run.journal)
    procedure.publish_missing(run)
    raise OperationClosed(
        f"Operation {run.id} ended at {ended:%Y-%m-%d %H:%M:%S} UTC; start a new one, without an id."
    )


def _stopped(run: RunT, procedure: Procedure[OperationT, RunT], error: BaseException) -> None:
    """Say in the journal why it stopped, and what a person does next; then publish what there is.

    What fails here is logged: the error that stopped the operation is the one to be told.
    """
    try:
        if closed_at(run.journal.events) is None:
            _note_stop(run, procedure, str(error) or type(error).__name__)
        procedure.publish(run)
    except Exception as second:  # noqa: BLE001 - the first error is on its way to the caller
        get_run_logger().warning("Where %s stopped is not in its journal or report: %s", run.id, second)


def _remember_paces(run: RunT, procedure: Procedure[OperationT, RunT]) -> None:
    """Keep how long its steps took, for the next one to be held against; it has ended, whatever becomes of that."""
    try:
        remember(run.outside.journal, run.estate.name, procedure.short, run.journal.events)
    except Unavailable as error:
        get_run_logger().warning("How long the steps of %s took is not remembered: %s", run.id, error)


def _note_stop(run: RunT, procedure: Procedure[OperationT, RunT], why: str) -> None:
    if run.past_no_return:
        following: list[JsonValue] = [*procedure.going_on(run)]
        run.note(f"Stopped after the point of no return: {why}", error=why, next=following)
    else:
        run.note(f"Stopped: {why}", error=why)


def _opening(run: RunT, procedure: Procedure[OperationT, RunT]) -> dict[str, JsonValue]:
    file = run.file
    return {
        "procedure": procedure.name,
        "parameters": run.asked.model_dump(mode="json"),
        "estate": run.estate.name,
        "estate_digest": file.digest(),
        "objectives": {"rto_s": file.rto.total_seconds(), "rpo_s": file.rpo.total_seconds()},
        "code_version": version("eden-dr"),
        "started_by": run.journal.actor,
        "prefect_run": flow_run.name or None,
        "prefect_run_id": flow_run.id or None,
        **procedure.opening(run),
    }


def _actor() -> str:
    """Who runs it: the account, the machine, the process."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):
        account = str(os.getuid())
    return f"{account}@{socket.gethostname()}:{os.getpid()}"
