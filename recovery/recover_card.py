"""What an approver sees before customers are sent to clusters that were rebuilt in a third place."""

from collections.abc import Sequence
from dataclasses import dataclass

from recovery.restore_operation import Restore
from recovery.restoring import Lost, Proved, ReplayedTo, Settled

IRREVERSIBLE = (
    "Once the stand-ins are open, what is written there is nowhere else: the lost regions are left for good.",
    "What the lost regions had not archived is given up, unless their disks are ever seen again.",
    "The stand-ins' caches begin empty.",
)


@dataclass(frozen=True)
class RecoverCard:
    """The card."""

    operation: Restore
    asked_by: str
    regions: Sequence[str]
    lost: Lost
    stands: ReplayedTo
    proved: Proved
    settled: Settled | None

    @property
    def question(self) -> str:
        """What is asked."""
        return f"Let customers into the stand-ins of {' and '.join(self.regions)}, as of {self.operation.target}?"

    @property
    def facts(self) -> Sequence[tuple[str, str]]:
        """Each fact with its value, most important first."""
        last, seen = self.stands.last_commit_at, self.lost.fault_at
        return (
            ("Asked by", f"{self.asked_by}: {self.operation.reason or 'no reason was given'}"),
            ("Both regions", str(self.lost)),
            ("Last good probe", seen.isoformat(sep=" ") if seen else "not known: the prober does not tell"),
            ("Newest commit that is kept", last.isoformat(sep=" ") if last else "the backup's own"),
            ("Proofs", str(self.proved)),
            (
                "Under way between the regions",
                str(self.settled) if self.settled else "one region alone is rebuilt",
            ),
        )

    @property
    def irreversible(self) -> Sequence[str]:
        """What can not be undone."""
        return IRREVERSIBLE
