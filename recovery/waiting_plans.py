"""Which plans have left rows to a person: the newest of the whole estate, and those of a part of it that came after it.

Kept in the journal's stores, so that a plan of one table does not hide what an earlier one has left. A write that was
lost, or two plans at once, hide no row for long: the next comparison of the whole estate finds it again.
"""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Self

from pydantic import AwareDatetime, Field, ValidationError

from recovery.measurement import Frozen
from recovery.quorum import Quorum
from recovery.reconcile.reconciliation_plan import ReconciliationPlan

LONG_AGO = datetime.min.replace(tzinfo=UTC)
MOST = 50
"""So many are remembered. Passes of conflicts, every minute, that leave the same rows count as one."""


class Leaving(Frozen):
    """A plan that leaves rows to a person."""

    name: str
    made_at: AwareDatetime
    rows: str = Field(description="The rows that it leaves, SHA-256")

    @classmethod
    def of(cls, made: ReconciliationPlan) -> Self:
        """Return what is remembered of a plan."""
        rows = "\n".join(sorted(row.model_dump_json() for row in made.queue))
        return cls(name=made.name, made_at=made.made_at, rows=sha256(rows.encode()).hexdigest())


class WaitingPlans(Frozen):
    """Those of one estate, newest first."""

    plans: tuple[Leaving, ...] = ()
    as_of: AwareDatetime = LONG_AGO

    @classmethod
    def of(cls, stores: Quorum, estate: str) -> Self:
        """Return what the store knows that heard of the newest plan; none where nothing can be read."""
        key, known = _key(estate), list[Self]()
        for store in stores.read(key):
            try:
                known.append(cls.model_validate_json(store.get(key, b"{}")))
            except ValidationError:
                continue
        return max(known, key=lambda one: one.as_of, default=cls())

    def after(self, made: ReconciliationPlan, *, whole: bool) -> Self:
        """Return them with one more, which says all that there is to say where it is of the *whole* estate."""
        new = (Leaving.of(made),) if made.queue else ()
        same = {one.rows for one in new}
        older = () if whole else (one for one in self.plans if one.rows not in same)
        plans = sorted((*new, *older), key=lambda one: one.made_at, reverse=True)
        return self.model_copy(update={"plans": tuple(plans[:MOST]), "as_of": made.made_at})

    def keep(self, stores: Quorum, estate: str) -> None:
        """Keep them at a majority of the stores, in place of those before."""
        stores.put(_key(estate), self.model_dump_json().encode())


def _key(estate: str) -> str:
    return f"estates/{estate}/waiting-plans.json"
