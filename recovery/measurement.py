"""What was measured, as values: points in time, windows of traffic, and rows by their fate.

A number that was not measured is `None`, and stands beside the reason.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """A value: parsed once, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Outcome(StrEnum):
    """What a client knows of its request when it ends."""

    ACKNOWLEDGED = "acknowledged"
    """Answered with success: the row is promised."""
    REJECTED = "rejected"
    """It never reached a service (connection refused, no address, gateway without a server)."""
    UNKNOWN = "unknown"
    """It was sent, and no success came back: the row may be there or not."""


class Request(Frozen):
    """One request of a prober's client, as the client saw it."""

    client: str
    seq: int = Field(description="Grows by one with each write of this client")
    kind: str = Field(pattern="^(write|read|canary|health)$")
    service: str
    region: str | None = Field(description="The region whose address was asked; None without an address")
    started_at: AwareDatetime
    ended_at: AwareDatetime
    outcome: Outcome
    status: int | None = Field(default=None, description="HTTP status, where there was one")
    error: str | None = Field(default=None, description="The kind of failure, in a word or two")
    committed_at: AwareDatetime | None = Field(
        default=None, description="The service's clock after its commit"
    )

    @property
    def succeeded(self) -> bool:
        """Whether the client got what it asked for."""
        return self.outcome is Outcome.ACKNOWLEDGED

    @property
    def latency(self) -> timedelta:
        """How long the client waited."""
        return self.ended_at - self.started_at


class PointName(StrEnum):
    """The clock points of a recovery; docs/glossary.md tells each."""

    FAULT = "T0"
    DETECTED = "T1"
    DECIDED = "T2"
    MUTATING = "T3"
    WRITABLE = "T4"
    ANSWERED = "T5"
    RESTORED = "T6"
    REDUNDANT = "T7"


class Point(Frozen):
    """One clock point: when, by whom it was measured, or why it was not."""

    name: PointName
    at: AwareDatetime | None
    measured_by: str = Field(description="prober, journal, DNS, decision record, heartbeats, drill")
    error_s: float | None = Field(default=None, description="Half-width of the measurement's error, seconds")
    reason: str | None = Field(default=None, description="Why it was not measured")


class Window(Frozen):
    """Requests through the global name that ended within one window of time."""

    start: AwareDatetime
    length_s: float
    requests: int
    succeeded: int
    by_region: dict[str, int] = Field(description="Requests answered with success, by the region that did")


class Row(Frozen):
    """One acknowledged, missing or doubtful row, by its key."""

    service: str
    client: str
    seq: int
    region: str | None = Field(description="The region that acknowledged it")
    acknowledged_at: AwareDatetime | None
    committed_at: AwareDatetime | None


class Rows(Frozen):
    """Rows of the ledger, compared with the target's databases."""

    compared_since: AwareDatetime
    compared_at: AwareDatetime
    acknowledged: int
    present: int = Field(description="Acknowledged and in the target")
    lost: list[Row] = Field(description="Acknowledged and not in the target")
    unknown_present: int = Field(description="No answer reached the client, and the row is in the target")
    unknown_absent: int = Field(description="No answer reached the client, and the row is not in the target")
    newest_of_prefix: AwareDatetime | None = Field(
        description="Commit time of the newest row such that every older acknowledged row is in the target"
    )


class Interruptions(Frozen):
    """How single clients were interrupted, and when they were served again."""

    clients: int = Field(description="Clients that went without an answer for a time")
    still_failing: int = Field(description="Those of them that had not been answered again")
    first: AwareDatetime | None = Field(description="When the first of them was served again")
    median: AwareDatetime | None = Field(description="None while half of them are still failing")
    last: AwareDatetime | None = Field(description="None while one of them is still failing")
    longest_s: float = Field(description="The longest that a single client went without an answer, seconds")


class Measurement(Frozen):
    """Everything that was measured from outside during one operation."""

    points: list[Point]
    windows: list[Window]
    rows: Rows | None
    rows_reason: str | None = Field(default=None, description="Why rows were not compared")
    interruptions: Interruptions | None = None
    """None also in journals that were written before it was measured."""
    interruptions_reason: str | None = Field(default=None, description="Why they were not measured")
    success_target: float = Field(description="The share of successes that counts as restored")
    windows_needed: int = Field(description="How many windows in a row had to reach it")

    def __str__(self) -> str:
        """How much was measured, in a sentence."""
        measured = [point.name for point in self.points if point.at is not None]
        rows = f"{self.rows.acknowledged} promised rows compared" if self.rows else "rows not compared"
        return f"{', '.join(measured) or 'no point'} measured, {rows}"

    def at(self, name: PointName) -> datetime | None:
        """Return the instant of a clock point, None where it was not measured."""
        return next((point.at for point in self.points if point.name is name), None)
