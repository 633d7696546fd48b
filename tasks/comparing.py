"""What a comparison of the two regions has come to, put together for its plan and its report."""

from collections.abc import Sequence
from datetime import UTC, datetime

from recovery.errors import RecoveryError
from recovery.estate_in_hand import EstateInHand
from recovery.reconcile.findings import REDIS, Findings, Lag, NotCompared, Plan, TableFindings
from recovery.reconciliation_order import Reconciliation, Then
from tasks.comparable import Comparable
from tasks.comparing_keys import ComparedKeys
from tasks.comparing_tables import Compared
from tasks.conflicting import on_record
from tasks.marks import fence

AllCompared = tuple[Sequence[Compared], ComparedKeys | None]
"""Every table, and the keys of Redis, where they were asked for."""


class Outcome:
    """All that a comparison has come to. It is no collection: Prefect takes it as it is."""

    def __init__(self, name: str, began_at: datetime, chosen: Comparable, compared: AllCompared) -> None:
        """Hold what was compared, under which name, and since when."""
        self.name, self.began_at, self.chosen = name, began_at, chosen
        self.tables, self.keys = compared


def findings(order: Reconciliation, estate: EstateInHand, outcome: Outcome, plan: Plan | None) -> Findings:
    """Put what was found together, with how late replication is at the end."""
    found = [one.found for one in outcome.tables]
    tables = [one for one in found if isinstance(one, TableFindings)]
    lag, unfinished = _lag_after(order, estate), list[NotCompared]()
    if outcome.keys and outcome.keys.why:
        unfinished.append(NotCompared(table=REDIS, why=outcome.keys.why))
    if isinstance(lag, NotCompared):
        unfinished.append(lag)
    left_out = [*outcome.chosen.not_compared, *(one for one in found if isinstance(one, NotCompared))]
    return Findings(
        id=outcome.name,
        estate=estate.name,
        regions=estate.file.regions,
        reason=order.reason,
        look_at=order.look_at,
        asked=[*order.node_groups, *order.tables],
        conflicts=outcome.chosen.conflicting and outcome.chosen.conflicting.real,
        on_record=on_record(estate),
        plan=plan,
        repair=_refused(order, plan),
        cache=outcome.keys and outcome.keys.found,
        began_at=outcome.began_at,
        lag_before=outcome.chosen.lag,
        lag_after=lag if isinstance(lag, Lag) else None,
        ended_at=datetime.now(UTC),
        tables=sorted(tables, key=lambda one: (-one.drifted, one.table)),
        not_compared=sorted(left_out, key=lambda one: one.table),
        unreplicated=list(outcome.chosen.unreplicated),
        unfinished=unfinished,
    )


def _refused(order: Reconciliation, plan: Plan | None) -> str | None:
    """Return why a repair that was asked for is not begun: there is no plan."""
    return f"Nothing was repaired: {plan.why}" if order.then is Then.REPAIR and plan and plan.why else None


def _lag_after(order: Reconciliation, estate: EstateInHand) -> Lag | NotCompared:
    """Return how late replication is, or why it can not be told: what was found before stands."""
    try:
        return fence(estate, deadline_s=order.fence_seconds)
    except RecoveryError as error:
        return NotCompared(table="the last mark", why=str(error))
