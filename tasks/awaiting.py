"""Waiting for what others do: an operation that alerts begin, and its end."""

from datetime import datetime

from recovery.estate_in_hand import EstateInHand
from recovery.journal import Event, Kind, closed_at, find
from recovery.operation_journal import newest_first, operations, read
from recovery.quorum import Quorum
from recovery.waiting import wait_until

POLL_S = 0.5


def failover_since(quorum: Quorum, since: datetime) -> str | None:
    """Return the first failover that was opened after *since*; None while there is none.

    From the newest on: of what there was before *since*, one journal is read, however many there are.
    """
    found = None
    for name, events in newest_first(quorum, operations(quorum, "failover")):
        opened = find(events, Kind.OPENED)
        if opened is not None and opened.time < since:
            break
        found = name if opened is not None else found
    return found


def failover_begun(estate: EstateInHand, since: datetime, *, deadline_s: float) -> str:
    """Return the failover that was begun after *since*, by whomever; `DeadlinePassed` where none was."""
    quorum = estate.outside.journal

    def begun() -> tuple[str | None, str]:
        return failover_since(quorum, since), "no failover began"

    return wait_until(begun, what="a failover", deadline_s=deadline_s, poll_s=POLL_S)


def ended(estate: EstateInHand, operation: str, *, deadline_s: float) -> list[Event]:
    """Return the journal of an operation that has ended; `DeadlinePassed` says where it stands."""
    quorum = estate.outside.journal

    def over() -> tuple[list[Event] | None, str]:
        events = list(read(quorum, operation))
        last = f"{events[-1].kind} {events[-1].step or ''}" if events else "nothing"
        return (events if closed_at(events) else None), last

    return wait_until(over, what=f"the end of {operation}", deadline_s=deadline_s, poll_s=POLL_S)
