"""A plan says what each region gets, keeps both versions of each row, and survives being kept in lines."""

from datetime import UTC, datetime, timedelta

import pytest

from recovery.errors import BadInput
from recovery.fakes.copies import orders
from recovery.reconcile.plan import Kind, undo
from recovery.reconcile.ports import Sighting
from recovery.reconcile.reconciliation_plan import ORIGIN, Queued, ReconciliationPlan, Settled
from recovery.reconcile.rules import Why

SHAPE = orders("eden_task")
EAST, WEST = "us-east-1", "us-west-2"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
OLD, NEW = (
    Sighting("(1,old)", "700", foreign=False, at=NOON),
    Sighting("(1,new)", "900", foreign=False, at=NOON + timedelta(seconds=1)),
)


def settled(key: str, left: Sighting | None, right: Sighting | None, becomes: str | None) -> Settled:
    return Settled(
        table=SHAPE.name, key=(key,), left=left, right=right, becomes=becomes, at=NEW.at, why=Why.LATER
    )


def a_plan(*rows: Settled, queue: tuple[Queued, ...] = ()) -> ReconciliationPlan:
    return ReconciliationPlan(
        name="comparison-1",
        estate="tested",
        regions=(EAST, WEST),
        made_at=NOON,
        tables=(SHAPE,),
        rows=rows,
        queue=queue,
    )


def test_a_region_is_changed_only_where_it_does_not_have_what_the_row_becomes() -> None:
    plan = a_plan(
        settled("1", OLD, NEW, NEW.image),
        settled("2", NEW, None, NEW.image),
        settled("3", None, OLD, None),
        settled("4", OLD, NEW, "(4,merged)"),
    )

    east, west = plan.repair_of(EAST), plan.repair_of(WEST)

    assert [(change.key, change.kind, change.version) for change in east.changes] == [
        (("1",), Kind.UPDATE, "700"),
        (("4",), Kind.UPDATE, "700"),
    ]
    assert [(change.key, change.kind, change.version) for change in west.changes] == [
        (("2",), Kind.INSERT, None),
        (("3",), Kind.DELETE, "700"),
        (("4",), Kind.UPDATE, "900"),
    ]
    assert {change.at for change in (*east.changes, *west.changes)} == {NEW.at}
    assert (east.origin, undo(east).origin) == (ORIGIN, ORIGIN)


def test_a_plan_survives_its_lines() -> None:
    queued = Queued(table=SHAPE.name, key=("9",), left=OLD, right=None, why="nothing tells")
    plan = a_plan(settled("1", OLD, NEW, NEW.image), settled("2", None, OLD, None), queue=(queued,))

    assert ReconciliationPlan.from_lines(plan.to_lines()) == plan
    assert ReconciliationPlan.from_lines(plan.to_lines()).digest == plan.digest


def test_a_persons_choice_is_a_plan_of_its_own() -> None:
    rows = [
        Queued(table=SHAPE.name, key=(key,), left=OLD, right=right, why="asked")
        for key, right in (("1", NEW), ("2", None))
    ]

    chosen = a_plan(queue=tuple(rows)).choose(rows, WEST, name="choice-1", at=NOON)

    assert [(row.key, row.becomes, row.why) for row in chosen.rows] == [
        (("1",), NEW.image, Why.PERSON),
        (("2",), None, Why.PERSON),
    ]
    assert (chosen.queue, chosen.name) == ((), "choice-1")


def test_a_choice_of_a_region_that_there_is_not_is_refused() -> None:
    with pytest.raises(
        BadInput, match="'mars' is no region of comparison-1; its regions are us-east-1 and us-west-2"
    ):
        a_plan().choose([], "mars", name="choice-1", at=NOON)
