"""What an approver sees before a region is brought back: how it was left, and what becomes of what only it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from recovery.failback import Failback

IRREVERSIBLE = (
    "Rows that never left the region are written to the other one, by the estate's rules.",
    "Its Redis gives up its own keys for those of the other region.",
)


@dataclass(frozen=True)
class FailbackCard:
    """The card."""

    operation: Failback
    asked_by: str
    failover: str
    left_at: datetime
    lost_rows: int | None
    """By the failover's report."""
    share_percent: int

    @property
    def question(self) -> str:
        """What is asked."""
        return f"Bring {self.operation.region} back into service?"

    @property
    def facts(self) -> Sequence[tuple[str, str]]:
        """Each fact with its value, most important first."""
        lost = "not known" if self.lost_rows is None else f"{self.lost_rows} rows of the prober"
        return (
            ("Asked by", f"{self.asked_by}: {self.operation.reason or 'no reason was given'}"),
            ("Left by", f"{self.failover}, at {self.left_at:%Y-%m-%d %H:%M:%S} UTC"),
            ("Lost then", lost),
            (
                "Its share of traffic",
                f"{self.share_percent} %, in the estate's steps, after nothing differs any more",
            ),
        )

    @property
    def irreversible(self) -> Sequence[str]:
        """What can not be undone."""
        return IRREVERSIBLE
