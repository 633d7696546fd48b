"""Looking at operations, resuming and closing them: by their journals, without Prefect."""

import getpass
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from blocks.journal_stores import journal_of
from recovery import operation_journal
from recovery.epoch import Claim, give_up, holder_of, take
from recovery.errors import BadInput, OperationClosed
from recovery.journal import Event, Kind, closed_at
from recovery.operation_journal import OperationJournal
from recovery.procedures import AnyOperation, asked_for
from recovery.quorum import Quorum


def interrupted(operation: str, estate: Path) -> AnyOperation:
    """Return an unfinished operation as it was asked for; `BadInput` for an unknown one."""
    _, quorum = journal_of(str(estate))
    asked = asked_for(operation_journal.read(quorum, operation))
    if asked is None:
        raise _unknown(operation)
    return asked.model_copy(update={"id": operation, "estate": str(estate.resolve())})


def listed(estate: Path) -> list[str]:
    """Return a line for each operation, newest first."""
    file, quorum = journal_of(str(estate))
    holder = holder_of(quorum, file.settings.estate)
    names = operation_journal.operations(quorum)
    lines = [
        _line(operation_journal.read(quorum, name), held=bool(holder and holder.operation == name))
        for name in names
    ]
    return list(reversed(lines)) or ["No operation yet."]


def close(operation: str, estate: Path, reason: str) -> None:
    """Write into the journal that a person gave the operation up, and free the estate."""
    file, quorum = journal_of(str(estate))
    holder = holder_of(quorum, file.settings.estate)
    if holder is None or holder.operation != operation:
        _refuse_unknown(quorum, operation)
    actor, at = f"{getpass.getuser()} (dr close)", datetime.now(UTC)
    journal = OperationJournal(quorum, operation, actor=actor)
    if closed_at(journal.events) is not None:
        raise OperationClosed(f"Operation {operation} has ended already.")
    epoch = take(quorum, file.settings.estate, Claim(operation=operation, holder=actor, since=at))
    journal.go_on(epoch.number)
    journal.record(Kind.CLOSED, at, data={"outcome": "stopped", "summary": f"Given up: {reason}", "next": []})
    epoch.close()
    give_up(quorum, file.settings.estate, operation)


def _refuse_unknown(quorum: Quorum, operation: str) -> None:
    if not operation_journal.read(quorum, operation):
        raise _unknown(operation)


def _unknown(operation: str) -> BadInput:
    return BadInput(f"There is no operation {operation!r}; `dr operations` lists them.")


def _line(events: Sequence[Event], *, held: bool) -> str:
    opening, ended = events[0], closed_at(events)
    state = "held" if held else "ended" if ended else "unfinished"
    last, what = events[-1], opening.data
    about = f"{what.get('region')}: {what.get('scope')}"
    if "source" in what:
        about = f"{what['source']} -> {what['target']}"
    elif "scenarios" in what:
        about = f"test: {what['scope']} of {what['region']}"
    elif "returned" in what:
        about = f"return of {what['returned']}"
    elif "what" in what:
        about = f"repair: {what['what']}"
    return (
        f"{opening.operation}  {state:11}  {about}  "
        f"last: {last.kind} {last.step or ''} at {last.time:%Y-%m-%d %H:%M:%S} UTC"
    )
