"""The step of a repair that gives one region's Redis the other one's copies of keys, or takes that back."""

from collections.abc import Sequence

from recovery.errors import Refused
from recovery.kept import kept_at
from recovery.kept_plans import keys_of
from recovery.reconcile.cache_drift import CachePair
from recovery.reconcile.cache_plan import CachePlan, UndoOfKeys
from recovery.reconcile.cache_repair import CacheRepaired, Undo, repair, take_back
from recovery.regions_repair import KeysRepaired
from tasks import documents
from tasks.comparing_keys import settle
from tasks.run import RepairRun
from tasks.step import step

UNDO = "undo-keys"
SETTLE_S = 60.0


@step(
    title="Repair the keys of Redis",
    touches=lambda run: [part.estate.region(part.region).keys.endpoint for part in run.parts],
    mutates=True,
    timeout_s=None,
)
def repair_keys(run: RepairRun) -> KeysRepaired:
    """Give the losing region the winner's copies, each only if both still have what was compared.

    Former values are kept before they are written over. A replica refuses, and that is told: its master is to be
    repaired. Safe to repeat: a key that was repaired is not written again.
    """
    if run.operation.undoes:
        return _taken_back(run, run.operation.undoes)
    plan = planned(run)
    if plan is None or not plan.drifted:
        return KeysRepaired(region=None, written=0, deleted=0, left=0, undo=[])
    kept: list[str] = _kept_before(run)

    def keep(undos: Sequence[Undo]) -> None:
        kept.append(documents.keep(run, f"{UNDO}-{len(kept):04}", UndoOfKeys.of(plan.loser, undos)))
        run.epoch.prove()

    try:
        done = repair(_pair(run), (key.drift for key in plan.drifted), rule=plan.rule, keep_undo=keep)
    except Refused as error:
        return _told(plan.loser, CacheRepaired(), kept, refused=str(error))
    return _told(plan.loser, done, kept)


def planned(run: RepairRun) -> CachePlan | None:
    """Return the plan of keys; None where there is none, or something is taken back."""
    return keys_of(run.estate, run.operation.plan) if run.operation.plan else None


def _taken_back(run: RepairRun, operation: str) -> KeysRepaired:
    """Give keys back what they had, last ones first; a key that was written since stays."""
    stores, total, region = run.outside.journal, CacheRepaired(), None
    for where in sorted(stores.keys(f"operations/{operation}/{UNDO}-"), reverse=True):
        undo = kept_at(stores, where, UndoOfKeys)
        if undo is None:
            raise Refused(f"What takes {operation} back can not be read: {where} is damaged.")
        region = undo.region
        run.epoch.prove()
        done = take_back(undo.undos, run.estate.region(region).keys)
        total.written, total.deleted = total.written + done.written, total.deleted + done.deleted
        total.moved += done.moved
    return _told(region, total, [])


def _kept_before(run: RepairRun) -> list[str]:
    """Return what an attempt before this one has kept: it is not written over."""
    return sorted(run.outside.journal.keys(f"operations/{run.id}/{UNDO}-"))


def _pair(run: RepairRun) -> CachePair:
    left, right = (run.estate.region(region).keys for region in run.file.regions)
    return CachePair(left, right, lambda: settle(run.estate, deadline_s=SETTLE_S))


def _told(
    region: str | None, done: CacheRepaired, undo: list[str], *, refused: str | None = None
) -> KeysRepaired:
    return KeysRepaired(
        region=region,
        written=done.written,
        deleted=done.deleted,
        already=done.already,
        left=done.moved + done.moved_after + done.absent + done.not_comparable,
        undo=undo,
        refused=refused,
    )
