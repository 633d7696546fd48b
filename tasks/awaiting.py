"""Waiting for what others do: an operation that alerts begin, and its end."""

from datetime import datetime

from recovery import operation_journal
from recovery.estate_in_hand import EstateInHand
from recovery.journal import Event, closed_at
from recovery.procedures import ProcedureName
from recovery.quorum import Quorum
from recovery.waiting import wait_until

POLL_S = 0.2


def begun_since(quorum: Quorum, since: datetime, procedure: ProcedureName) -> str | None:
    """Return the first operation of that procedure that was opened after *since*; None while there is none."""
    found = [
        (events[0].time, name)
        for name in operation_journal.operations(quorum)
        if (events := operation_journal.read(quorum, name))
        and events[0].time >= since
        and events[0].data.get("procedure") == procedure
    ]
    return min(found)[1] if found else None


def failover_begun(estate: EstateInHand, since: datetime, *, deadline_s: float) -> str:
    """Return the failover that was begun after *since*, by whomever; `DeadlinePassed` where none was."""
    quorum = estate.outside.journal

    def begun() -> tuple[str | None, str]:
        return begun_since(quorum, since, ProcedureName.REGION_FAILOVER), "no failover began"

    return wait_until(begun, what="a failover", deadline_s=deadline_s, poll_s=POLL_S)


def ended(estate: EstateInHand, operation: str, *, deadline_s: float) -> list[Event]:
    """Return the journal of an operation that has ended; `DeadlinePassed` says where it stands."""
    quorum = estate.outside.journal

    def over() -> tuple[list[Event] | None, str]:
        events = list(operation_journal.read(quorum, operation))
        last = f"{events[-1].kind} {events[-1].step or ''}" if events else "nothing"
        return (events if closed_at(events) else None), last

    return wait_until(over, what=f"the end of {operation}", deadline_s=deadline_s, poll_s=POLL_S)
