"""What an approver sees before live rows are repaired: how many, where, and what can not be undone."""

from collections.abc import Sequence
from dataclasses import dataclass

from recovery.restore_operation import Restore
from recovery.restoring import Damage, Proved

IRREVERSIBLE = (
    "Each repaired row is an ordinary write: it replicates to the other region at once.",
    "The undo file brings back what stands there now; what other systems have read by then it does not.",
)


@dataclass(frozen=True)
class RepairCard:
    """The card."""

    operation: Restore
    asked_by: str
    damage: Damage
    proved: Proved

    @property
    def question(self) -> str:
        """What is asked."""
        return f"Repair {self.damage.changes} live rows of {self.operation.region}?"

    @property
    def facts(self) -> Sequence[tuple[str, str]]:
        """Each fact with its value, most important first."""
        tables = [
            (table.table, f"{table.updates} updated, {table.inserts} inserted again, {table.deletes} deleted")
            for table in self.damage.tables
        ]
        kept = sum(table.kept for table in self.damage.tables)
        return (
            ("Asked by", f"{self.asked_by}: {self.operation.reason or 'no reason was given'}"),
            ("As they were", str(self.operation.target)),
            *tables,
            ("Left to a person", f"{kept} damaged rows that were written again since"),
            ("Proofs", str(self.proved)),
            ("Plan", f"{self.damage.plan} (SHA-256 {self.damage.digest[:16]})"),
        )

    @property
    def irreversible(self) -> Sequence[str]:
        """What can not be undone."""
        return IRREVERSIBLE
