"""What is said of the regions: alerts as signals, direct probes, and watchdogs that fall silent."""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, Field

from recovery.measurement import Frozen


class SignalClass(StrEnum):
    """What kind of trouble an alert tells of: its label `dr_signal`."""

    HEALTH = "health"
    """Asked from outside, the region does not answer well."""
    ERRORS = "errors"
    LATENCY = "latency"
    REPLICATION = "replication"
    """The region's rows do not arrive in the other one."""
    SATURATION = "saturation"
    MONITORING = "monitoring"
    """The region's own monitoring is not heard."""


class Signal(Frozen):
    """One alert: what is wrong, where, since when, and who says so. Identified by its key."""

    key: str = Field(description="The alert's fingerprint and start: one for each episode of each alert")
    region: str | None = Field(
        description="The region that is judged; None: its label names none of the estate"
    )
    observer: str = Field(
        description="Whose own look it is: a region's monitoring, the witness's, the prober"
    )
    signal: SignalClass
    service: str | None = None
    active_at: AwareDatetime = Field(description="When the condition began, before the rule's `for`")
    ended_at: AwareDatetime | None = None
    confirmed: bool = Field(default=False, description="Its observer's own API says the same now")

    def votes_at(self, now: datetime, *, hysteresis: timedelta) -> bool:
        """Whether it is active, or ended so lately that it may come back."""
        return self.active_at <= now and (self.ended_at is None or now - self.ended_at < hysteresis)


class Situation(Frozen):
    """Everything that is known of the two regions at one instant."""

    at: AwareDatetime
    regions: tuple[str, str]
    signals: tuple[Signal, ...] = ()
    probes: dict[str, bool | None] = Field(
        default_factory=dict, description="Whether each region answers the prober well; None: not known"
    )
    watchdogs: dict[str, AwareDatetime | None] = Field(
        default_factory=dict, description="When each region's monitoring was last heard; None: never"
    )


class Correlation(Frozen):
    """What belongs together, and for how long a word counts."""

    window: timedelta = Field(
        default=timedelta(minutes=15), description="Signals that began within it belong together"
    )
    hysteresis: timedelta = Field(default=timedelta(seconds=30), description="An ended signal votes so long")
    watchdog_silence: timedelta = Field(
        default=timedelta(minutes=3), description="Not heard for so long, a region's monitoring is lost"
    )
    classes: int = Field(default=3, ge=2, description="Classes of signals that make a region's fault")
