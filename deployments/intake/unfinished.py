"""The failover that an intake was killed in the middle of: found at its next start, and gone on with."""

import socket

import psutil

from recovery import operation_journal, switch
from recovery.epoch import Claim, holder_of
from recovery.estate_in_hand import EstateInHand
from recovery.journal import closed_at
from recovery.operation import Failover
from recovery.procedures import failover_of


def unfinished(estate: EstateInHand) -> Failover | None:
    """Return the operation that alerts began and whose process died on this host; None where there is none.

    One that a living process holds, here or elsewhere, is let be: only a person knows whether another host is
    dead. None too where automation is switched off. However long ago it died: before its point of no return the
    operation asks the witnesses again, and backs out where they do not accuse the source any more. Raises
    `Unavailable` where the journal does not tell.
    """
    quorum = estate.outside.journal
    holder = holder_of(quorum, estate.name)
    if holder is None or not _died_here(holder):
        return None
    events = operation_journal.read(quorum, holder.operation)
    asked, thrown = failover_of(events), switch.newest(quorum, estate.name)
    if asked is None or closed_at(events) or (thrown and not thrown.on):
        return None
    return asked.model_copy(update={"id": holder.operation}) if asked.incident else None


def _died_here(holder: Claim) -> bool:
    """Whether *holder*, as `account@host:pid`, was a process of this host that is no more."""
    _, _, where = holder.holder.rpartition("@")
    host, _, pid = where.rpartition(":")
    return host == socket.gethostname() and pid.isdigit() and not psutil.pid_exists(int(pid))
