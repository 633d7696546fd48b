"""What an approver sees before deciding: what leaving a region now would lose, take, and make irreversible."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from recovery.findings import exposure
from recovery.operation import Failover, Mode

IRREVERSIBLE = (
    "From the take-over on there is no way back but a failback: {target} then has commits that {source} does not.",
    "What {source} committed and {target} lacks is lost to customers until it is salvaged.",
    "{source} stays fenced, and the estate is not redundant, until it has failed back.",
)


@dataclass(frozen=True)
class History:
    """What earlier operations of the same kind took, from their own reports."""

    took: tuple[timedelta, ...]
    """From the first step that changed anything to clients restored (T6 - T3)."""
    forecast: timedelta
    """The worst case by the estate's timings."""

    def __str__(self) -> str:
        """The forecast RTO in a sentence."""
        worst = f"at most {_s(self.forecast)} by the estate's timings"
        if not self.took:
            return f"{worst}; no earlier operation of this kind was measured"
        middle = timedelta(seconds=median(span.total_seconds() for span in self.took))
        return (
            f"{_s(middle)} in the median of {len(self.took)} earlier, {_s(max(self.took))} at worst; {worst}"
        )


@dataclass(frozen=True)
class Card:
    """The exposure card."""

    operation: Failover
    asked_by: str
    target: str
    beats: dict[str, datetime | None]
    """The source's newest heartbeat in the target, by node group."""
    fault_at: datetime
    rpo: timedelta
    rows_at_risk: int | None
    """The prober's rows that the source acknowledged after its oldest newest heartbeat; None: not known."""
    history: History
    headroom: str
    at: datetime

    @property
    def question(self) -> str:
        """What is asked."""
        return f"Leave {self.operation.source} ({self.operation.mode}) for {self.target}?"

    @property
    def facts(self) -> Sequence[tuple[str, str]]:
        """Each fact with its value, most important first."""
        source = self.operation.source
        return (
            ("Asked by", f"{self.asked_by}: {self.operation.reason or 'no reason was given'}"),
            *([("Verdict", self.operation.incident.verdict)] if self.operation.incident else []),
            ("Newest heartbeat of " + source, self._age()),
            ("Would be lost", self._exposure()),
            ("Rows at risk", self._rows()),
            ("Forecast RTO", str(self.history)),
            (f"Headroom of {self.target}", self.headroom),
        )

    @property
    def irreversible(self) -> Sequence[str]:
        """What can not be undone."""
        return tuple(line.format(source=self.operation.source, target=self.target) for line in IRREVERSIBLE)

    def _age(self) -> str:
        known = {group: beat for group, beat in self.beats.items() if beat is not None}
        if not known or len(known) < len(self.beats):
            missing = ", ".join(sorted(set(self.beats) - set(known)))
            return f"unknown: no heartbeat arrived in {missing or 'any node group'}"
        group = min(known, key=lambda name: known[name])
        return f"{_s(self.at - known[group])} old ({group}, the oldest of {len(known)} node groups)"

    def _exposure(self) -> str:
        lacking = exposure([*self.beats.values()], fault_at=self.fault_at)
        if self.operation.mode is Mode.PLANNED:
            return "nothing: a planned move waits until everything has arrived"
        if lacking is None:
            return "unknown"
        return f"at most {lacking.total_seconds():.1f} s of commits (RPO {_s(self.rpo)})"

    def _rows(self) -> str:
        if self.rows_at_risk is None:
            return "unknown: the prober does not tell"
        return (
            f"{self.rows_at_risk} of the prober's; the services' own are to them as their writes are to its"
        )


def _s(span: timedelta) -> str:
    return f"{span.total_seconds():.1f} s"
