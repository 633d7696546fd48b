"""Subscriptions whose slots are lost are begun anew: they have a gap, which only a comparison finds.

It tells of each table how many rows differ, and so what costs less: to repair these, or to copy all of them
(`tasks.copying_anew`).
"""

from collections.abc import Sequence

from recovery.estate_in_hand import Region
from recovery.kept import keep_at, kept_at
from recovery.salvage.anew import Anew
from recovery.salvage.ports import Slot, SlotState
from tasks.failback_run import FailbackRun


def lost_of(slots: Sequence[Slot]) -> list[Slot]:
    """Return those of which something is missing."""
    return [slot for slot in slots if slot.state is not SlotState.KEPT]


def anew(run: FailbackRun) -> Anew:
    """Return which subscriptions were begun anew since the region was left, whichever failback it was that did it."""
    found = kept_at(run.outside.journal, _where(run), Anew)
    return found or Anew(failover=run.failover.operation, node_groups={})


def subscribe_anew(run: FailbackRun, subscriber: Region, slots: Sequence[Slot]) -> None:
    """Have the subscriptions of lost *slots* made anew with their next start. Written down before: it is seen once.

    Safe to repeat.
    """
    if not slots:
        return
    groups = [slot.subscription.node_group for slot in slots]
    keep_at(run.outside.journal, _where(run), anew(run).with_(subscriber.name, groups))
    provider = run.estate.other(subscriber.name)
    for slot in slots:
        run.epoch.prove()
        provider.sending.drop_lost(slot.subscription)
        subscriber.database.subscribe_anew(slot.subscription)


def _where(run: FailbackRun) -> str:
    """Return where it is kept: beside the failover's journal, as what never left is."""
    return f"operations/{run.failover.operation}/anew-{run.target.name}.jsonl"
