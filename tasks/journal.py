"""Opening and ending an operation: its epoch, its journal, and what happens when it stops."""

import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from pydantic import JsonValue

from recovery.epoch import Claim, Epoch, holder_of, take
from recovery.errors import BadInput, EpochHeld, OperationClosed, Superseded
from recovery.estate_in_hand import EstateInHand
from recovery.forecast import forecast
from recovery.journal import Kind, closed_at
from recovery.operation import Failover, Mode, new_id
from recovery.operation_journal import OperationJournal, read
from recovery.quorum import Quorum
from tasks import reporting
from tasks.run import Run, now

PROCEDURE = "region-failover"


@contextmanager
def opened(operation: Failover, estate: EstateInHand) -> Iterator[Run]:
    """Hold the estate for the operation while the block runs; a report tells how it ended, either way.

    An operation whose id is in the journal is resumed. Raises `EpochHeld` where another
    one holds the estate, `OperationClosed` where this one has ended.
    """
    run = open_operation(operation, estate)
    try:
        yield run
    except Superseded:
        raise
    except BaseException as error:
        _stopped(run, error)
        raise


def open_operation(operation: Failover, estate: EstateInHand) -> Run:
    """Take the epoch, and write or read on the journal."""
    _refuse_impossible(operation, estate)
    named = operation if operation.id else operation.model_copy(update={"id": new_id("failover", now())})
    quorum, actor = estate.outside.journal, _actor()
    journal = OperationJournal(quorum, named.id or "", actor=actor)
    _refuse_ended(Run(named, estate, journal=journal, epoch=Epoch(quorum, estate.name, 0)))
    _refuse_changed(named, journal)
    epoch = _taken(quorum, estate.name, Claim(operation=named.id or "", holder=actor, since=now()))
    journal.go_on(epoch.number)
    run = Run(named, estate, journal=journal, epoch=epoch)
    _refuse_ended(run)  # until the epoch was taken, the process before may have gone on to the end
    if journal.events:
        run.note(f"Resumed by {actor}.")
    else:
        journal.record(Kind.OPENED, now(), data=_opening(run))
    return run


def _taken(quorum: Quorum, estate: str, claim: Claim) -> Epoch:
    """Take the epoch; one whose operation has ended is closed first, in place of its killed process."""
    try:
        return take(quorum, estate, claim)
    except EpochHeld:
        holder = holder_of(quorum, estate)
        if holder is None or closed_at(read(quorum, holder.operation)) is None:
            raise
    take(quorum, estate, claim.model_copy(update={"operation": holder.operation})).close()
    return take(quorum, estate, claim)


def _refuse_ended(run: Run) -> None:
    """Raise `OperationClosed` for one that ended, after what its process may have left undone."""
    if (ended := closed_at(run.journal.events)) is None:
        return
    quorum, name = run.outside.journal, run.estate.name
    holder = holder_of(quorum, name)
    if holder is not None and holder.operation == run.id:
        take(quorum, name, Claim(operation=run.id, holder=run.journal.actor, since=now())).close()
    reporting.publish_missing(run)
    raise OperationClosed(
        f"Operation {run.id} ended at {ended:%Y-%m-%d %H:%M:%S} UTC; start a new one, without an id."
    )


def _stopped(run: Run, error: BaseException) -> None:
    """Say in the journal why it stopped, and what a person does next; then publish what there is.

    What fails here is logged: the error that stopped the operation is the one to be told.
    """
    try:
        if closed_at(run.journal.events) is None:
            _note_stop(run, str(error) or type(error).__name__)
        reporting.publish_interim(run)
    except Exception as second:  # noqa: BLE001 - the first error is on its way to the caller
        get_run_logger().warning("Where %s stopped is not in its journal or report: %s", run.id, second)


def _note_stop(run: Run, why: str) -> None:
    if run.past_no_return:
        run.note(
            f"Stopped after the point of no return: {why}",
            error=why,
            next=[
                f"mend what stopped it, then run `dr resume {run.id}`: it goes on with the step that failed",
                f"or follow runbooks/region_failover.md from that step on, then run `dr close {run.id}`",
                f"do not bring {run.source.name} back into service before a failback",
            ],
        )
    else:
        run.note(f"Stopped: {why}", error=why)


def _refuse_impossible(operation: Failover, estate: EstateInHand) -> None:
    """Raise `BadInput` for a region that is not there, or a procedure that the estate forbids."""
    estate.file.other(operation.source)
    if not estate.file.disaster_recovery.procedures.region_failure:
        raise BadInput(
            f"{estate.file.name}: disaster_recovery.procedures.region_failure is false, and this is that "
            "procedure; set it to true to allow it."
        )


def _refuse_changed(operation: Failover, journal: OperationJournal) -> None:
    """Raise `BadInput` where the journal's operation was asked for with other parameters."""
    if (opening := journal.find(Kind.OPENED)) is None:
        return
    before = Failover.model_validate(opening.data["parameters"])
    if (before.source, before.mode) != (operation.source, operation.mode):
        raise BadInput(
            f"Operation {operation.id} leaves {before.source} ({before.mode}), not {operation.source} "
            f"({operation.mode}); resume it as it was with `dr resume {operation.id}`."
        )


def _opening(run: Run) -> dict[str, JsonValue]:
    file = run.file
    return {
        "procedure": PROCEDURE,
        "parameters": run.operation.model_dump(mode="json"),
        "source": run.source.name,
        "target": run.target.name,
        "estate": run.estate.name,
        "estate_digest": file.digest(),
        "objectives": {"rto_s": file.rto.total_seconds(), "rpo_s": file.rpo.total_seconds()},
        "forecast_s": forecast(file, Mode(run.operation.mode)).total.total_seconds(),
        "code_version": version("eden-dr"),
        "started_by": run.journal.actor,
        "prefect_run": flow_run.name or None,
    }


def _actor() -> str:
    """Who runs it: the account, the machine, the process."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):
        account = str(os.getuid())
    return f"{account}@{socket.gethostname()}:{os.getpid()}"
