"""One operation's journal in its stores: read, gone on with, never rewritten.

Each event is an object of its own, named after its number and the epoch it was written
under. An epoch is one process's, so no two processes ever write the same object, and what
a dead one left at a minority of the stores is in nobody's way. Where an older epoch's
process wrote on after a newer one had begun, the newer one's chain of hashes decides.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from threading import RLock
from typing import Any

from pydantic import JsonValue, ValidationError

from recovery.errors import Superseded, Unavailable
from recovery.journal import NO_HASH, Event, Kind, find, following
from recovery.quorum import Quorum, Taken

ENDED_WELL = {"restored", "moved"}
"""Outcomes of an operation that left its source for good."""
RETURNED = "returned"
"""The outcome of a failback after which the region serves again."""
MOVES = ("failover", "failback")
"""What the ids of operations begin with that move traffic from one region to the other."""

REMEMBERED = 4096
"""Events that were read: a journal is read again and again while it grows, by guards every second."""

_log = logging.getLogger(__name__)


class OperationJournal:
    """The events of one operation, and the only way to add to them. Several threads may, one after the other."""

    def __init__(self, quorum: Quorum, operation: str, *, actor: str) -> None:
        """Read what is there; a new operation has none."""
        self._quorum, self._operation, self._actor = quorum, operation, actor
        self._epoch = 0
        self._unsure: Event | None = None
        self._one_at_a_time = RLock()
        self._events = list(read(quorum, operation))

    @property
    def events(self) -> Sequence[Event]:
        """Everything recorded so far, in order."""
        return tuple(self._events)

    @property
    def actor(self) -> str:
        """Who records now."""
        return self._actor

    def go_on(self, epoch: int) -> None:
        """Record under *epoch* from now on, after every event so far is at a majority.

        Reads again: until the epoch was taken, the process before may have recorded more.
        One that died may have left its last event at a minority of the stores.
        """
        stores, events = _read(self._quorum, self._operation)
        self._events, self._epoch = list(events), epoch
        copies = Counter(key for store in stores for key in store)
        for event in self._events:
            if copies[_key(event)] < self._quorum.majority:
                self._put(event)

    def record(
        self,
        kind: Kind,
        at: datetime,
        *,
        step: str | None = None,
        region: str | None = None,
        data: dict[str, JsonValue] | None = None,
    ) -> Event:
        """Add one event; it is at a majority of the stores when this returns.

        Raises `Superseded` where a process of a newer epoch records already. An event whose
        recording raised `Unavailable` may have been written: it is written again before the
        next one, so that the chain has it or has nothing after it.
        """
        with self._one_at_a_time:
            self.settle()
            fields: dict[str, Any] = {"time": at, "operation": self._operation, "actor": self._actor}
            event = following(
                self._events,
                **fields,
                epoch=self._epoch,
                kind=kind,
                step=step,
                region=region,
                data=data or {},
            )
            self._append(event)
            return event

    def settle(self) -> None:
        """Have the event whose recording failed at a majority, so that it is found; without one, do nothing."""
        with self._one_at_a_time:
            if self._unsure is not None:
                self._append(self._unsure)

    def keep(self) -> None:
        """Have every event that was read at a majority of the stores, however few had it. Safe to repeat."""
        for event in self._events:
            self._put(event)

    def find(self, kind: Kind, *, step: str | None = None, region: str | None = None) -> Event | None:
        """Return the newest event of *kind* for a step and region."""
        return find(self._events, kind, step=step, region=region)

    def _append(self, event: Event) -> None:
        self._unsure = event
        self._put(event)
        newest = max(map(_epoch, self._quorum.keys(_folder(self._operation))), default=0)
        if newest > self._epoch:
            raise self._superseded(event)
        self._events.append(event)
        self._unsure = None
        where = {"action": event.step or event.kind, "operation": event.operation, "event": event}
        _log.info("%s %s", event.kind, event.step or event.operation, extra=where)

    def _put(self, event: Event) -> None:
        try:
            self._quorum.put_new(_key(event), event.to_json())
        except Taken as error:
            raise self._superseded(event) from error

    def _superseded(self, event: Event) -> Superseded:
        return Superseded(
            f"Event {event.seq} of {self._operation} was written by another process, which goes on with "
            "this operation. This one does nothing more."
        )


def read(quorum: Quorum, operation: str) -> Sequence[Event]:
    """Return the operation's events, its chain of hashes checked; none for an unknown operation.

    A copy that was changed in one store is passed over where another store has it whole.
    """
    return _read(quorum, operation)[1]


def _read(quorum: Quorum, operation: str) -> tuple[list[dict[str, bytes]], Sequence[Event]]:
    """Return what the stores have, and the chain; all stores are heard where a majority's has a hole.

    What was at a majority when it was written may not be now: a store may have come back without it.
    """
    stores = _bodies(quorum, operation)
    try:
        return stores, _chain(operation, stores)
    except Unavailable:
        stores = quorum.read(_folder(operation), hear_all=True)
        return stores, _chain(operation, stores)


def _bodies(quorum: Quorum, operation: str) -> list[dict[str, bytes]]:
    """Return what each store has of the operation, of a majority.

    Asked twice: a store of objects remembers what it has fetched, so that of a journal that is too long for one
    deadline the second try needs what is left. One of 300 events, at a busy store, was (27 processes had taken part).
    """
    try:
        return quorum.read(_folder(operation))
    except Unavailable:
        return quorum.read(_folder(operation))


def fill(quorum: Quorum) -> int:
    """Give every store the events that it lacks; return how many it was of. Safe to repeat: nothing is written over.

    A region that was lost comes back with a store that has missed what was written meanwhile, or has lost it all.
    Copies that were changed are given to nobody.
    """
    lacking = {
        place: {key for key in keys if "/journal/" in key}
        for place, keys in quorum.lacking("operations/").items()
    }
    wanted = set().union(*lacking.values())
    for operation in sorted({key.split("/")[1] for key in wanted}):
        copies = [pair for store in quorum.read(_folder(operation), hear_all=True) for pair in store.items()]
        whole = {key: body for key, body in copies if key in wanted and _is_whole(key, body)}
        for place, keys in lacking.items():
            quorum.give(place, {key: body for key, body in whole.items() if key in keys})
    return len(wanted)


def operations(quorum: Quorum, *words: str) -> list[str]:
    """Return the ids of all operations, sorted; with *words*, of those whose ids begin with one of them."""
    return sorted(_opened_under(quorum, words))


def newest_first(quorum: Quorum, *words: str) -> list[str]:
    """Return the ids of operations, of *words* as above, by when they were opened: the newest first.

    The epoch that each was opened under tells, and its object's name has it: no journal is read. Ids do not tell:
    an incident's has the time of its first alert, however long it was watched before anything was done.
    """
    opened = _opened_under(quorum, words)
    return sorted(opened, key=lambda name: (opened[name], _second(name)), reverse=True)


def _opened_under(quorum: Quorum, words: Iterable[str]) -> dict[str, int]:
    """Return the epoch of each operation's first event."""
    prefixes = [f"operations/{word}-" for word in words] or ["operations/"]
    keys = sorted(
        {key for prefix in prefixes for key in quorum.keys(prefix) if "/journal/" in key}, reverse=True
    )
    return {key.split("/")[1]: _epoch(key) for key in keys}


def left_by(quorum: Quorum, source: str, *, but: str) -> str | None:
    """Return the operation that left *source*, *but* this; None where none did, or a later one brought it back.

    One that did not end well does not count: whoever gave it up may leave the region by another. A failback past its
    point of no return has returned the traffic, whoever finished it.
    """
    for name in newest_first(quorum, *MOVES):
        if name == but:
            continue
        events = read(quorum, name)
        opened = find(events, Kind.OPENED)
        if opened is None or find(events, Kind.POINT_OF_NO_RETURN) is None:
            continue
        closed = find(events, Kind.CLOSED)
        outcome = closed.data.get("outcome") if closed else None
        if opened.data.get("returned") == source:
            return None
        if "source" in opened.data:
            return name if outcome in ENDED_WELL and opened.data["source"] == source else None
    return None


def _chain(operation: str, stores: Iterable[Mapping[str, bytes]]) -> Sequence[Event]:
    """Return the chain that ends with the newest epoch's last event."""
    found = [one for store in stores for one in store.items()]
    ours = (_parsed(*one) for one in found if _is_sealed(*one))
    whole = {event.hash: event for event in ours if event.operation == operation}
    if changed := {_key(_parsed(*one)) for one in found} - {_key(event) for event in whole.values()}:
        raise _broken(operation, f"{min(changed)} was changed")
    if not whole:
        return []
    newest = max((event.epoch, event.seq) for event in whole.values())
    ends = [event for event in whole.values() if (event.epoch, event.seq) == newest]
    if len(ends) > 1:
        raise _broken(operation, f"{_key(ends[0])} is not the same everywhere")
    chain = ends
    while (previous := chain[-1].previous) != NO_HASH:
        if previous not in whole:
            raise _broken(operation, f"what comes before event {chain[-1].seq} is missing, or was changed")
        chain.append(whole[previous])
    for seq, event in enumerate(reversed(chain), start=1):
        if event.seq != seq:
            raise _broken(operation, f"event {event.seq} stands where {seq} belongs")
    return chain[::-1]


def _is_whole(key: str, body: bytes) -> bool:
    try:
        return _is_sealed(key, body)
    except Unavailable:
        return False


@lru_cache(REMEMBERED)
def _is_sealed(key: str, body: bytes) -> bool:
    """Whether the event's hash is its own."""
    event = _parsed(key, body)
    return event.hash == event.digest()


@lru_cache(REMEMBERED)
def _parsed(key: str, body: bytes) -> Event:
    try:
        return Event.model_validate_json(body)
    except ValidationError as error:
        raise Unavailable(f"The journal's object {key} is no event; compare the stores.") from error


def _broken(operation: str, what: str) -> Unavailable:
    return Unavailable(f"The journal of {operation} is broken: {what}; compare the stores before resuming.")


def _second(operation: str) -> str:
    return operation.split("-", 1)[-1][: len("20260101-000000")]


def _folder(operation: str) -> str:
    return f"operations/{operation}/journal/"


def _key(event: Event) -> str:
    return f"{_folder(event.operation)}{event.seq:06d}.{event.epoch:08d}.json"


def _epoch(key: str) -> int:
    return int(key.split(".")[-2])
