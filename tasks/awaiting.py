"""Waiting for what others do: an operation that alerts begin, and its end."""

from datetime import datetime

from recovery.alerts import HeldAlert
from recovery.errors import Unavailable
from recovery.estate_in_hand import EstateInHand
from recovery.journal import Event, Kind, closed_at, find
from recovery.operation_journal import newest_first, read
from recovery.quorum import Quorum
from recovery.readiness.ports import Watching
from recovery.signals import SignalClass
from recovery.waiting import wait_until

POLL_S = 0.5


def failover_since(quorum: Quorum, since: datetime) -> str | None:
    """Return the first failover that was opened after *since*; None while there is none.

    From the newest on: of what there was before *since*, one journal is read, however many there are.
    """
    found = None
    for name in newest_first(quorum, "failover"):
        opened = find(read(quorum, name), Kind.OPENED)
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


def told_of(estate: EstateInHand, region: str, since: datetime, *, deadline_s: float) -> str:
    """Return which alert that began after *since* tells of trouble in *region*, and where it is held.

    Raises `Unavailable` where nothing watches, `DeadlinePassed` where none told.
    """
    watching = estate.preflights.watching.values()
    if not watching:
        raise Unavailable("recovery.automation.observers names nothing that watches: nobody would be told.")

    def told() -> tuple[str | None, str]:
        found = alerts_since(estate, since)
        ours = [(where, alert) for where, alert in found if alert.labels.get("region") == region]
        names = [f"{alert.labels.get('alertname')} of {region}, held by {where}" for where, alert in ours]
        return next(iter(names), None), f"{len(found)} alerts since, none of {region}"

    return wait_until(told, what=f"an alert of {region}", deadline_s=deadline_s, poll_s=POLL_S)


def alerts_since(estate: EstateInHand, since: datetime) -> list[tuple[str, HeldAlert]]:
    """Return the alerts of trouble in a region that began after *since* and fire now, and where each is held."""
    return [
        (one.endpoint, alert)
        for one in estate.preflights.watching.values()
        for alert in _held(one)
        if alert.labels.get("dr_signal") in {*SignalClass} and alert.starts_at >= since
    ]


def _held(watching: Watching) -> list[HeldAlert]:
    """Return what it holds; one that does not answer is not the only one."""
    try:
        return watching.held()
    except Unavailable:
        return []


def ended(estate: EstateInHand, operation: str, *, deadline_s: float) -> list[Event]:
    """Return the journal of an operation that has ended; `DeadlinePassed` says where it stands."""
    quorum = estate.outside.journal

    def over() -> tuple[list[Event] | None, str]:
        events = list(read(quorum, operation))
        last = f"{events[-1].kind} {events[-1].step or ''}" if events else "nothing"
        return (events if closed_at(events) else None), last

    # A look fetches the list of the whole journal from every store, from which the operation has it, too.
    return wait_until(over, what=f"the end of {operation}", deadline_s=deadline_s, poll_s=2 * POLL_S)
