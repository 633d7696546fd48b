"""A disaster recovery test under way, and the procedures that it starts."""

from collections.abc import Callable, Sequence

from recovery.dr_test.outcome import Proof
from recovery.drill.order import DrTestOrder, Scope, allowed_scope
from recovery.drill.scripts import ALL, Script
from recovery.estate_in_hand import Region
from recovery.failback import Failback
from recovery.journal import Kind
from recovery.operation import Failover
from recovery.readiness.order import ReadinessCheck
from recovery.reconcile.findings import Findings
from recovery.reconciliation_order import Reconciliation
from recovery.restore_operation import Restore
from tasks.run import Run


class Procedures:
    """The flows that a test starts, as the flow of the test hands them in: steps know no flow."""

    def __init__(
        self,
        *,
        failover: Callable[[Failover], str],
        failback: Callable[[Failback], str],
        restore: Callable[[Restore], str],
        compare: Callable[[Reconciliation], Findings],
        readiness: Callable[[ReadinessCheck], str],
    ) -> None:
        """Hold them."""
        self.failover, self.failback, self.restore = failover, failback, restore
        self.compare, self.readiness = compare, readiness


class DrTestRun(Run[DrTestOrder]):
    """A disaster recovery test under way."""

    seen_steady: Proof | None = None
    """How the last scenario left the estate, where this process saw it."""

    @property
    def scope(self) -> Scope:
        """How far it goes: as it began, though the estate file may say otherwise since; else as asked for."""
        begun = self.journal.find(Kind.OPENED)
        known = {scope.value: scope for scope in Scope}
        as_begun = known.get(str(begun.data.get("scope"))) if begun else None
        return as_begun or self.operation.scope or allowed_scope(self.file)

    @property
    def scripts(self) -> Sequence[Script]:
        """What is played, in the order of play."""
        asked, scope = set(self.operation.scenarios), self.scope
        allowed = [one for one in ALL if scope is Scope.TABLETOP or scope in one.scopes]
        return [one for one in allowed if not asked or one.scenario in asked]

    @property
    def region(self) -> Region:
        """The region that faults hit."""
        return self.estate.region(self.operation.region or self.file.regions[0])

    @property
    def other(self) -> Region:
        """The other one."""
        return self.estate.other(self.region.name)

    def region_of(self, side: str) -> str:  # noqa: ARG002 - a fault hits one
        """Return the region that faults hit."""
        return self.region.name
