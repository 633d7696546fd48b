"""What an approver sees before clusters that serve are replaced: to which moment, proved how, and what is given up."""

from collections.abc import Sequence
from dataclasses import dataclass

from recovery.restore_operation import Restore
from recovery.restoring import Proved, ReplayedTo, Settled

IRREVERSIBLE = (
    "Everything written since that moment is given up; it stays in the old clusters until `dr restore drop`.",
    "Once the regions are open again, going back to the old clusters gives up what is written from then on.",
    "Caches and other systems that have read what is given up are not put back.",
)


@dataclass(frozen=True)
class ReplaceCard:
    """The card."""

    operation: Restore
    asked_by: str
    regions: Sequence[str]
    stands: ReplayedTo
    proved: Proved
    settled: Settled | None
    given_up: int | None

    @property
    def question(self) -> str:
        """What is asked."""
        return f"Put {' and '.join(self.regions)} back to {self.operation.target}?"

    @property
    def facts(self) -> Sequence[tuple[str, str]]:
        """Each fact with its value, most important first."""
        last = self.stands.last_commit_at
        given_up = (
            "not known: the prober does not tell" if self.given_up is None else f"{self.given_up} until now"
        )
        return (
            ("Asked by", f"{self.asked_by}: {self.operation.reason or 'no reason was given'}"),
            ("Newest commit that is kept", last.isoformat(sep=" ") if last else "the backup's own"),
            ("Promised to the prober since, and given up", given_up),
            (
                "Closed meanwhile",
                f"{' and '.join(self.regions)}: neither takes writes while clusters are exchanged",
            ),
            ("Proofs", str(self.proved)),
            (
                "Under way between the regions",
                str(self.settled) if self.settled else "one region alone is put back",
            ),
        )

    @property
    def irreversible(self) -> Sequence[str]:
        """What can not be undone."""
        return IRREVERSIBLE
