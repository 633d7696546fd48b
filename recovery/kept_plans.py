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

FOLDER, PLAN, KEYS = "comparisons", "plan.jsonl", "keys.jsonl"
CHOICE = "choice"
"""What the plan of a person's choice is called; it has no queue."""
REPAIR_ROWS = "repair_rows"
"""The step whose result tells what takes it back."""


def keep_plan(stores: Quorum, made: ReconciliationPlan) -> str:
    """Keep a plan under its name, for good; return where. `Refused` where another one has that name."""
    try:
        return keep_new(stores, _key(made.name), made)
    except Taken as error:
        raise Refused(
            f"There is a plan called {made.name} already; give the comparison another name."
        ) from error


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


def newest(estate: EstateInHand) -> ReconciliationPlan:
    """Return the plan of the newest comparison, by its name, that made one; `Refused` where none did."""
    ends = f"/{PLAN}"
    names = [key.split("/")[1] for key in estate.outside.journal.keys(f"{FOLDER}/") if key.endswith(ends)]
    for name in sorted(names, reverse=True):
        made = (
            None
            if name.startswith(CHOICE)
            else kept_at(estate.outside.journal, _key(name), ReconciliationPlan)
        )
        if made and (made.estate, made.regions) == (estate.name, estate.file.regions):
            return made
    raise Refused("No comparison has made a plan yet; `dr reconcile` makes one.")


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
