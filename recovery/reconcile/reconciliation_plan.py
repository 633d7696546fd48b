"""What a repair of two regions will do: each row that has drifted, both versions of it, and what it becomes."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, ClassVar, Self

from pydantic import AwareDatetime, Field

from recovery.errors import BadInput
from recovery.reconcile.deciding import KEYLESS, Deciding
from recovery.reconcile.drift import Drift
from recovery.reconcile.lines import Lined
from recovery.reconcile.plan import IN_ORDER, Change, RepairPlan, Row
from recovery.reconcile.ports import Sighting
from recovery.reconcile.rules import Asked, Decided, Why
from recovery.reconcile.shapes import TableShape

ORIGIN = "eden_dr_repair"
"""Under this replication origin a repair is written. pglogical forwards what has none, and nothing else."""


class Settled(Row):
    """A row that has drifted, as each side had it, and what it becomes on both."""

    left: Sighting | None
    right: Sighting | None
    becomes: str | None = Field(description="Its image on both sides; None: it is deleted")
    at: AwareDatetime | None = Field(description="When that was committed where it comes from")
    why: Why


class Queued(Row):
    """A row that has drifted, and that a person decides about."""

    left: Sighting | None
    right: Sighting | None
    why: str

    @property
    def drift(self) -> Drift:
        """The row as the comparison had it."""
        return Drift(table=self.table, key=self.key, left=self.left, right=self.right)


class ReconciliationPlan(Lined):
    """The rows of one comparison, decided."""

    what: ClassVar[str] = "reconciliation plan"
    listed: ClassVar[frozenset[str]] = frozenset({"rows", "queue"})

    name: str = Field(description="The comparison's name, or that of the decisions that a person made")
    estate: str
    regions: tuple[str, str] = Field(description="The first one is the left side")
    made_at: AwareDatetime
    tables: tuple[TableShape, ...]
    rows: Annotated[tuple[Settled, ...], IN_ORDER] = Field(description="What is repaired")
    queue: Annotated[tuple[Queued, ...], IN_ORDER] = Field(description="What is left to a person")

    def repair_of(self, region: str) -> RepairPlan:
        """Return what is to be done in one region: only where it does not have what the row becomes."""
        left = region == self.regions[0]
        changes = []
        for row in self.rows:
            seen, other = (row.left, row.right) if left else (row.right, row.left)
            image = seen and seen.image
            if image != row.becomes:
                changes.append(
                    Change(
                        table=row.table,
                        key=row.key,
                        seen=image,
                        wanted=row.becomes,
                        version=seen and seen.version,
                        other_version=other.version if other else "",
                        at=row.at,
                    )
                )
        return RepairPlan(tables=self.tables, changes=tuple(changes), kept=(), origin=ORIGIN)

    @property
    def repairs(self) -> dict[str, RepairPlan]:
        """What is to be done in each region."""
        return {region: self.repair_of(region) for region in self.regions}

    @property
    def reasons(self) -> dict[str, int]:
        """How many rows become what they become for which reason."""
        return {str(why): count for why, count in sorted(Counter(row.why for row in self.rows).items())}

    def choose(self, rows: Sequence[Queued], region: str, *, name: str, at: AwareDatetime) -> Self:
        """Return the plan of a person's choice: *rows* of the queue become what *region* has."""
        if region not in self.regions:
            raise BadInput(
                f"{region!r} is no region of {self.name}; its regions are {' and '.join(self.regions)}."
            )
        keyless = {shape.name for shape in self.tables if not shape.key}
        if by_hand := sorted({row.table.path for row in rows} & {name.path for name in keyless}):
            raise BadInput(f"{', '.join(by_hand)}: {KEYLESS}.")
        deciding = Deciding(self.regions)
        settled = tuple(settle(row.drift, deciding.chosen(row.drift, region)) for row in rows)
        return self.model_copy(
            update={
                "name": name,
                "made_at": at,
                "rows": tuple(row for row in settled if isinstance(row, Settled)),
                "queue": (),
            }
        )

    def __str__(self) -> str:
        """What it does, in a sentence."""
        done = "; ".join(
            f"{region}: {len(plan.changes)} rows change"
            for region, plan in self.repairs.items()
            if plan.changes
        )
        return f"{done or 'no row is changed'}; {len(self.queue)} are left to a person"


def settle(row: Drift, decision: Decided | Asked) -> Settled | Queued:
    """Return the row with what was decided about it."""
    seen = {"table": row.table, "key": row.key, "left": row.left, "right": row.right}
    if isinstance(decision, Asked):
        return Queued.model_validate({**seen, "why": decision.why})
    return Settled.model_validate({**seen, "becomes": decision.image, "at": decision.at, "why": decision.why})
