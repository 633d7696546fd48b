"""The journal: what happened, in order, each event chained to the one before by its hash.

The journal, not Prefect, is the truth: a resumed operation skips what the journal calls
done, and the report is built from the journal alone.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

NO_HASH = "0" * 64


class Kind(StrEnum):
    """What an event tells."""

    OPENED = "opened"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOTED = "noted"
    POINT_OF_NO_RETURN = "point of no return"
    BACKING_OUT = "backing out"
    BACKED_OUT = "backed out"
    CLOSED = "closed"


class Event(BaseModel):
    """One line of the journal. `hash` covers all the other fields, as canonical JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: int = Field(ge=1)
    time: AwareDatetime
    operation: str
    step: str | None = None
    region: str | None = None
    kind: Kind
    actor: str
    epoch: int = Field(default=0, description="The epoch under which it was written")
    data: dict[str, JsonValue] = Field(default_factory=dict)
    previous: str
    hash: str = ""

    def digest(self) -> str:
        """SHA-256, in hex, over the event's canonical JSON without its own hash."""
        fields = self.model_dump(mode="json", exclude={"hash"})
        return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def sealed(self) -> "Event":
        """Return the event with its hash filled in."""
        return self.model_copy(update={"hash": self.digest()})

    def to_json(self) -> bytes:
        """One line of JSON, without a newline."""
        return self.model_dump_json().encode()


def following(events: Sequence[Event], **fields: Any) -> Event:
    """Return the sealed event that comes after *events*."""
    last = events[-1] if events else None
    seq, previous = (last.seq + 1, last.hash) if last else (1, NO_HASH)
    return Event(seq=seq, previous=previous, **fields).sealed()


def as_lines(events: Iterable[Event]) -> bytes:
    """Return a journal as a file holds it: an event a line."""
    return b"".join(event.to_json() + b"\n" for event in events)


def broken_link(events: Iterable[Event]) -> int | None:
    """Return the `seq` of the first event that does not fit the chain, None for a whole chain."""
    previous = NO_HASH
    for seq, event in enumerate(events, start=1):
        if event.seq != seq or event.previous != previous or event.hash != event.digest():
            return event.seq
        previous = event.hash
    return None


def find(
    events: Iterable[Event], kind: Kind, *, step: str | None = None, region: str | None = None
) -> Event | None:
    """Return the newest event of *kind* for a step and region, None where there is none."""
    found = [e for e in events if e.kind is kind and e.step == step and e.region == region]
    return found[-1] if found else None


def closed_at(events: Iterable[Event]) -> datetime | None:
    """Return when the operation ended for good, None while it can go on."""
    return next((e.time for e in events if e.kind in {Kind.CLOSED, Kind.BACKED_OUT}), None)
