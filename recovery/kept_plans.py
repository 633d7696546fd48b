"""Plans of repairs, where they are kept: those that comparisons made, and what takes a repair back."""

from collections.abc import Mapping

from recovery import operation_journal
from recovery.errors import Refused
from recovery.estate_in_hand import EstateInHand
from recovery.journal import Kind, find
from recovery.kept import keep_new, kept_at
from recovery.quorum import Quorum, Taken
from recovery.reconcile.cache_plan import CachePlan
from recovery.reconcile.plan import RepairPlan
from recovery.reconcile.reconciliation_plan import ReconciliationPlan
from recovery.regions_repair import RegionsRepair, Repaired
from recovery.waiting_plans import WaitingPlans

FOLDER, PLAN, KEYS = "comparisons", "plan.jsonl", "keys.jsonl"
CHOICE = "choice"
"""What the plan of a person's choice is called; it has no queue."""
REPAIR_ROWS = "repair_rows"
"""The step whose result tells what takes it back."""


def keep_plan(stores: Quorum, made: ReconciliationPlan, *, whole: bool = False) -> str:
    """Keep a plan under its name, for good; return where. `Refused` where another one has that name.

    What it leaves to a person waits beside what earlier ones have left, or if it is of the *whole* estate, alone.
    """
    try:
        where = keep_new(stores, _key(made.name), made)
    except Taken as error:
        raise Refused(
            f"There is a plan called {made.name} already; give the comparison another name."
        ) from error
    if whole or made.queue:
        WaitingPlans.of(stores, made.estate).after(made, whole=whole).keep(stores, made.estate)
    return where


def keep_keys(stores: Quorum, made: CachePlan) -> str:
    """Keep a plan of keys under its name, for good; return where. `Refused` where another one has that name."""
    try:
        return keep_new(stores, f"{FOLDER}/{made.name}/{KEYS}", made)
    except Taken as error:
        raise Refused(
            f"There is a plan called {made.name} already; give the comparison another name."
        ) from error


def keys_of(estate: EstateInHand, name: str) -> CachePlan | None:
    """Return the plan of keys of a comparison; None where it made none."""
    return kept_at(estate.outside.journal, f"{FOLDER}/{name}/{KEYS}", CachePlan)


def plan_of(estate: EstateInHand, name: str) -> ReconciliationPlan:
    """Return the plan of a comparison; `Refused` where it made none, or made it of another estate."""
    made = kept_at(estate.outside.journal, _key(name), ReconciliationPlan)
    if made is None:
        raise Refused(
            f"{name} has no plan in the journal's stores: look for its name in the comparison's report."
        )
    if (made.estate, made.regions) != (estate.name, estate.file.regions):
        raise Refused(
            f"{name} is a plan of {made.estate} in {' and '.join(made.regions)}, not of {estate.name}."
        )
    return made


def leaving(estate: EstateInHand) -> list[ReconciliationPlan]:
    """Return the plans that leave rows to a person, newest first; `Refused` where none does."""
    known = WaitingPlans.of(estate.outside.journal, estate.name)
    found = [kept_at(estate.outside.journal, _key(one.name), ReconciliationPlan) for one in known.plans]
    if made := [one for one in found if one and one.regions == estate.file.regions]:
        return made
    raise Refused("No plan has left a row to a person yet; `dr reconcile` makes one.")


def plans_of(operation: RegionsRepair, estate: EstateInHand) -> Mapping[str, RepairPlan]:
    """Return what is to be done in each region; `Refused` where the plan or the repair is not known."""
    if operation.plan:
        return plan_of(estate, operation.plan).repairs
    return {region: _undo(operation, estate, region) for region in estate.file.regions}


def _undo(operation: RegionsRepair, estate: EstateInHand, region: str) -> RepairPlan:
    where = f"operations/{operation.undoes}/undo-{region}.jsonl"
    events = operation_journal.read(estate.outside.journal, operation.undoes or "")
    if done := find(events, Kind.DONE, step=REPAIR_ROWS, region=region):
        where = Repaired.model_validate(done.data["result"]).undo
    found = kept_at(estate.outside.journal, where, RepairPlan)
    if found is None and where in estate.outside.journal.keys(where):
        raise Refused(f"What takes {operation.undoes} back in {region} can not be read: {where} is damaged.")
    return found or RepairPlan(tables=(), changes=(), kept=())


def _key(name: str) -> str:
    return f"{FOLDER}/{name}/{PLAN}"
