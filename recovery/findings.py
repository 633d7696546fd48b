"""What the steps of a failover find and do, as values: the journal keeps them, the report shows them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import AwareDatetime, Field

from recovery.measurement import Frozen


class Finding(Frozen):
    """One check: the fact it looked for, whether it holds, what was seen, and what would do."""

    check: str
    ok: bool
    value: str
    limit: str = ""
    witness: str | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        """The check as a person reads it in a refusal."""
        limit = f" (limit: {self.limit})" if self.limit else ""
        remedy = f"; {self.remedy}" if self.remedy and not self.ok else ""
        return f"{self.check}: {self.value}{limit}{remedy}"


class Findings(Frozen):
    """All checks of one step."""

    findings: list[Finding]

    @property
    def failed(self) -> list[Finding]:
        """The checks that do not hold."""
        return [finding for finding in self.findings if not finding.ok]

    def __str__(self) -> str:
        """How many hold."""
        held = len(self.findings) - len(self.failed)
        return f"{held} of {len(self.findings)} checks hold"


class Means(Frozen):
    """One way to fence, and whether it worked."""

    means: str
    worked: bool
    detail: str


class Fences(Frozen):
    """Every means that was tried on the source."""

    means: list[Means]

    def __str__(self) -> str:
        """Which worked."""
        worked = [means.means for means in self.means if means.worked]
        silent = [means.means for means in self.means if not means.worked]
        told = f"fenced by {', '.join(worked)}" if worked else "no part of the source answered"
        return told + (f"; did not answer: {', '.join(silent)}" if worked and silent else "")


class Exposure(Frozen):
    """What taking over now would lose, by the source's newest heartbeats in the target."""

    exposure_s: float = Field(description="Seconds of commits that may be missing; 0 when all arrived")
    limit_s: float
    caught_up: bool = Field(description="A mark written after the fence has arrived in every node group")
    fault_at: AwareDatetime | None
    by_node_group: dict[str, AwareDatetime | None] = Field(description="The newest heartbeat that arrived")
    cache: str

    def __str__(self) -> str:
        """The exposure in a sentence."""
        if self.caught_up:
            return "nothing: a mark written after the fence arrived in every node group"
        return f"at most {self.exposure_s:.2f} s of commits (limit {self.limit_s:g} s)"


class Position(Frozen):
    """Up to where a node group had applied the source's commits."""

    node_group: str
    subscription: str
    origin_lsn: str | None
    disabled: bool


class SequenceMoved(Frozen):
    """A sequence that was moved past both sides."""

    node_group: str
    sequence: str
    before: int
    after: int


class TakenOver(Frozen):
    """The target's data layer, after it took over."""

    positions: list[Position]
    sequences: list[SequenceMoved]
    database_promoted: bool
    cache_promoted: bool

    def __str__(self) -> str:
        """What was done."""
        moved = sum(move.after != move.before for move in self.sequences)
        cache = "Redis promoted" if self.cache_promoted else "Redis was a master already"
        database = "standby promoted, " if self.database_promoted else ""
        return (
            f"{database}{len(self.positions)} subscriptions disabled at a recorded position, "
            f"{moved} of {len(self.sequences)} sequences moved, {cache}"
        )


class Drained(Frozen):
    """A planned move of traffic, step by step."""

    original: dict[str, int]
    steps: list[int] = Field(description="Shares sent to the target, percent")

    def __str__(self) -> str:
        """The steps taken."""
        return f"traffic moved in steps of {', '.join(map(str, self.steps)) or 'none'} %"


class Shifted(Frozen):
    """All traffic sent to the target."""

    answered_at: AwareDatetime = Field(description="T5: when the authoritative answer was seen changed")
    error_s: float = Field(description="How long before that the answer may have changed, seconds")
    means: list[Means]

    def __str__(self) -> str:
        """By which means."""
        return f"the global name answers the target only, by {', '.join(m.means for m in self.means if m.worked)}"


class Checked(Frozen):
    """The functional checks through the global name."""

    services: dict[str, str]
    restored_at: AwareDatetime | None
    reason: str | None = None

    def __str__(self) -> str:
        """What holds."""
        return f"{len(self.services)} services answer through the global name" + (
            "" if self.restored_at else f"; clients: {self.reason}"
        )


def oldest(beats: Sequence[datetime | None]) -> datetime | None:
    """Return the oldest of the newest heartbeats; None where a node group never got one."""
    known = [beat for beat in beats if beat is not None]
    return min(known) if known and len(known) == len(beats) else None


def exposure(beats: Sequence[datetime | None], *, fault_at: datetime) -> timedelta | None:
    """Return how much of the source's commits may be missing: from the oldest newest heartbeat to the fault.

    None where a node group has no heartbeat of the source: then nothing is known, which is not zero.
    """
    beat = oldest(beats)
    return None if beat is None else max(fault_at - beat, timedelta(0))
