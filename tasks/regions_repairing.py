"""The steps of a repair of both regions: the plan seen to stand, its rows written, and compared once more."""

from collections import defaultdict
from collections.abc import Mapping
from time import monotonic

from pydantic import JsonValue

from recovery.epoch import Epoch, holder_of
from recovery.errors import BadInput, Refused
from recovery.estate_in_hand import EstateInHand
from recovery.journal import Event
from recovery.kept_plans import keys_of, plans_of
from recovery.operation_journal import OperationJournal
from recovery.procedures import ProcedureName
from recovery.reconcile.drift import Drift, Pair, drifted_among
from recovery.reconcile.findings import changes
from recovery.reconcile.plan import RepairPlan, undo
from recovery.reconcile.repairs import Carrying, look
from recovery.reconcile.shapes import Key, TableName, TableShape
from recovery.regions_repair import (
    ComparedAgain,
    PlanStands,
    RegionsRepair,
    Repaired,
    StillDifferent,
)
from tasks import documents, repair_reporting
from tasks.journal import Procedure
from tasks.keys_repairing import UNDO, planned
from tasks.marks import fence, refuse_silent
from tasks.run import RepairPart, RepairRun
from tasks.step import step

FENCE_S = 60.0
SOME = 20
"""So many rows that still differ are named."""


@step(
    title="Check that the plan can be carried out",
    touches=lambda run: [part.tables.endpoint for part in run.parts],
    timeout_s=None,
)
def check_plan(run: RepairRun) -> PlanStands:
    """Find the plan, see that both regions are heard, and count how its rows stand. Nothing is changed."""
    findings, plans = refuse_silent(run.estate), plans_of(run.operation, run.estate)
    stands = [look(plans[part.region], part.tables) for part in run.parts]
    return PlanStands(
        digests={region: plan.digest for region, plan in plans.items()},
        changes=changes(plans),
        redis_keys=keys.changes if (keys := planned(run)) else 0,
        to_do=sum(one.to_do for one in stands),
        done=sum(one.done for one in stands),
        changed=sum(len(one.changed) for one in stands),
        findings=findings,
    )


def repair_both(run: RepairRun) -> None:
    """Repair each region's rows, one after the other."""
    for part in run.parts:
        repair_rows(part)


@step(
    title="Repair the rows",
    side="region",
    touches=lambda run: [run.tables.endpoint],
    mutates=True,
    timeout_s=None,
)
def repair_rows(run: RepairPart) -> Repaired:
    """Give the region's rows what the plan says, while it serves. Replication carries none of it to the other region.

    What would take all of it back is kept before anything is changed, and afterwards what takes back just what was
    applied. A row that either region has written since the plan was made stays as it is. Safe to repeat: a row that is
    as wanted counts as done.
    """
    began, plan = monotonic(), _checked(run)
    begun_before = documents.kept(run, f"undo-{run.region}", RepairPlan) is not None
    where = documents.keep(run, f"undo-{run.region}", undo(plan))
    fence(run.estate, deadline_s=FENCE_S)
    carrying = Carrying(plan, run.tables, run.estate.other(run.region).tables)
    carried = carrying.carry(before=run.epoch.prove)
    if not begun_before:  # an attempt that was killed may have applied rows of which this one does not know
        where = documents.keep(run, f"applied-{run.region}", carrying.undo)
    return Repaired(carried=carried, undo=where, length_s=monotonic() - began)


@step(
    title="Compare again what was touched",
    touches=lambda run: [part.tables.endpoint for part in run.parts],
    timeout_s=None,
)
def compare_again(run: RepairRun) -> ComparedAgain:
    """Look at every row of the plan on both sides, as a comparison does: under load, across marks. Safe to repeat."""
    began, different = monotonic(), list[Drift]()
    first, second = (part.tables for part in run.parts)
    pair = Pair(first, second, lambda: fence(run.estate, deadline_s=FENCE_S))
    shapes, keys = _touched(plans_of(run.operation, run.estate))
    seen = [drifted_among(pair, shapes[table], keys[table], tell=different.append) for table in sorted(keys)]
    rows, restless = sum(map(len, keys.values())), sum(one.restless for one in seen)
    under_way = sum(one.in_flight for one in seen)
    return ComparedAgain(
        rows=rows,
        same=rows - len(different) - restless,
        under_way=under_way,
        different=len(different),
        restless=restless,
        some=[StillDifferent(table=row.table.path, key=row.key) for row in different[:SOME]],
        length_s=monotonic() - began,
    )


def _checked(run: RepairPart) -> RepairPlan:
    """Return the region's plan; `Refused` where it is not any more the one that was looked at, and approved."""
    plan, stands = plans_of(run.operation, run.estate)[run.region], check_plan.result(run)
    if stands is None or stands.digests.get(run.region) != plan.digest:
        raise Refused(
            f"{run.operation.what} is not any more what was checked: it was made anew. Start another repair."
        )
    return plan


def show(operation: RegionsRepair, estate: EstateInHand) -> str:
    """Return what would be done, and change nothing: how the plan's rows stand now, table by table."""
    plans, lines = plans_of(operation, estate), []
    for region, plan in plans.items():
        stands = look(plan, estate.region(region).tables)
        lines.append(
            f"{region}: {stands.to_do} rows to repair, {stands.done} are well, "
            f"{len(stands.changed)} were written since and would stay"
        )
    if holder := holder_of(estate.outside.journal, estate.name):
        lines.append(f"WOULD BE REFUSED now: {holder.operation} holds the estate.")
    return "\n".join([*lines, *map(str, changes(plans)), "Nothing was changed."])


def _touched(
    plans: Mapping[str, RepairPlan],
) -> tuple[dict[TableName, TableShape], dict[TableName, list[Key]]]:
    shapes = {shape.name: shape for plan in plans.values() for shape in plan.tables}
    keys = defaultdict[TableName, set[Key]](set)
    for plan in plans.values():
        for change in plan.changes:
            keys[change.table].add(change.key)
    return shapes, {table: sorted(found) for table, found in keys.items()}


def _refuse(operation: RegionsRepair, estate: EstateInHand) -> None:
    """Raise `BadInput` where there is nothing to carry out."""
    plans = plans_of(operation, estate)
    keys = keys_of(estate, operation.plan) if operation.plan else None
    if (
        not any(plan.changes for plan in plans.values())
        and keys is None
        and not _undoes_keys(operation, estate)
    ):
        raise BadInput(f"There is nothing to do: {operation.what} changes no row.")


def _undoes_keys(operation: RegionsRepair, estate: EstateInHand) -> bool:
    return bool(estate.outside.journal.keys(f"operations/{operation.undoes}/{UNDO}-"))


def _refuse_changed(operation: RegionsRepair, begun: Event) -> None:
    before = RegionsRepair.model_validate(begun.data["parameters"])
    if (before.plan, before.undoes) != (operation.plan, operation.undoes):
        raise BadInput(
            f"Operation {operation.id} carries out {before.what}, not {operation.what}; resume it as it was with "
            f"`dr resume {operation.id}`."
        )


def _run(
    operation: RegionsRepair, estate: EstateInHand, journal: OperationJournal, epoch: Epoch
) -> RepairRun:
    return RepairRun(operation, estate, journal, epoch)


def _opening(run: RepairRun) -> dict[str, JsonValue]:
    regions: list[JsonValue] = [*run.file.regions]
    return {"regions": regions, "what": run.operation.what}


PROCEDURE = Procedure(
    name=ProcedureName.CROSS_REGION_REPAIR,
    short="repair",
    run=_run,
    refuse=_refuse,
    refuse_changed=_refuse_changed,
    opening=_opening,
    going_on=lambda run: [f"mend what stopped it, then run `dr resume {run.id}`"],
    publish=repair_reporting.publish_interim,
    publish_missing=repair_reporting.publish_missing,
)
