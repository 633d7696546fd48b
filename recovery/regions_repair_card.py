"""What an approver sees before rows of both regions are repaired: how many, where, by which plan."""

from collections.abc import Sequence
from dataclasses import dataclass

from recovery.regions_repair import PlanStands, RegionsRepair

IRREVERSIBLE = (
    "Each repaired row is seen by whoever reads it next, in the region where it is changed.",
    "What takes the repair back brings back what stands there now; what other systems have read by then it does not.",
)


@dataclass(frozen=True)
class RegionsRepairCard:
    """The card."""

    operation: RegionsRepair
    asked_by: str
    stands: PlanStands

    @property
    def question(self) -> str:
        """What is asked."""
        return f"Repair {self.stands.to_do} rows by {self.operation.what}?"

    @property
    def facts(self) -> Sequence[tuple[str, str]]:
        """Each fact with its value, most important first."""
        changes = [
            (
                f"{one.region}: {one.table}",
                f"{one.updates} updated, {one.inserts} inserted, {one.deletes} deleted",
            )
            for one in self.stands.changes
        ]
        digests = [
            (f"Plan for {region}", f"SHA-256 {digest[:16]}") for region, digest in self.stands.digests.items()
        ]
        return (
            ("Asked by", f"{self.asked_by}: {self.operation.reason or 'no reason was given'}"),
            *changes,
            ("Written since the plan", f"{self.stands.changed} rows, which stay as they are"),
            *digests,
        )

    @property
    def irreversible(self) -> Sequence[str]:
        """What can not be undone."""
        return IRREVERSIBLE
