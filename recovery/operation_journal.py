"""One operation's journal in its stores: read, gone on with, never rewritten."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import JsonValue, ValidationError

from recovery.errors import Superseded, Unavailable
from recovery.journal import Event, Kind, find, following, verified
from recovery.quorum import Quorum, Taken


class OperationJournal:
    """The events of one operation, and the only way to add to them."""

    def __init__(self, quorum: Quorum, operation: str, *, actor: str) -> None:
        """Read what is there; a new operation has none."""
        self._quorum, self._operation, self._actor = quorum, operation, actor
        self._epoch = 0
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

        A process that died may have left its last event at a minority of the stores.
        """
        self._epoch = epoch
        for event in self._events:
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

        Raises `Superseded` where another process wrote there first.
        """
        fields: dict[str, Any] = {"time": at, "operation": self._operation, "actor": self._actor}
        event = following(
            self._events, **fields, epoch=self._epoch, kind=kind, step=step, region=region, data=data or {}
        )
        self._put(event)
        self._events.append(event)
        return event

    def find(self, kind: Kind, *, step: str | None = None, region: str | None = None) -> Event | None:
        """Return the newest event of *kind* for a step and region."""
        return find(self._events, kind, step=step, region=region)

    def _put(self, event: Event) -> None:
        try:
            self._quorum.put_new(_key(self._operation, event.seq), event.to_json())
        except Taken as error:
            raise Superseded(
                f"Event {event.seq} of {self._operation} was written by another process, which goes on with "
                "this operation. This one does nothing more."
            ) from error


def read(quorum: Quorum, operation: str) -> Sequence[Event]:
    """Return the operation's events, its chain of hashes checked; none for an unknown operation.

    Where stores differ, the event of the newer epoch counts: the older one never reached
    a majority.
    """
    found: dict[int, list[Event]] = defaultdict(list)
    for store in quorum.read(f"operations/{operation}/journal/"):
        for key, body in store.items():
            event = _parsed(key, body)
            found[event.seq].append(event)
    return verified(operation, [max(found[seq], key=lambda event: event.epoch) for seq in sorted(found)])


def operations(quorum: Quorum) -> list[str]:
    """Return the ids of all operations, sorted."""
    return sorted({key.split("/")[1] for key in quorum.keys("operations/") if "/journal/" in key})


def _parsed(key: str, body: bytes) -> Event:
    try:
        return Event.model_validate_json(body)
    except ValidationError as error:
        raise Unavailable(f"The journal's object {key} is no event; compare the stores.") from error


def _key(operation: str, seq: int) -> str:
    return f"operations/{operation}/journal/{seq:06d}.json"
