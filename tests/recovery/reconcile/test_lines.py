"""A plan in a file: the same lines for the same plan, and no other plan for changed lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.errors import BadInput
from recovery.reconcile import Candidates, DamagedRows, RepairPlan, TableName, TableShape, leave, undo
from recovery.reconcile.merge import Candidate, Damaged
from recovery.reconcile.plan import Change, Kept, Kind, Tally, Why
from recovery.reconcile.shapes import Column

NAME = TableName("eden_vault", "public", "items")
SHAPE = TableShape(name=NAME, columns=(Column(name="id", type="bigint"),), key=("id",))
KEYS = st.tuples(st.text())
IMAGES = st.none() | st.text()
CHANGES = st.lists(st.builds(Change, table=st.just(NAME), key=KEYS, seen=IMAGES, wanted=IMAGES))
KEPT = st.lists(
    st.builds(
        Kept,
        table=st.just(NAME),
        key=KEYS,
        before=IMAGES,
        live=IMAGES,
        after=IMAGES,
        why=st.sampled_from(Why),
    )
)


def a_plan() -> RepairPlan:
    change = Change(table=NAME, key=("1",), seen="(1,bad)", wanted="(1,good)")
    kept = Kept(
        table=NAME, key=("2",), before=None, live="(2,b)", after="(2,a)", why=Why.INSERTED_THEN_CHANGED
    )
    return RepairPlan(tables=(SHAPE,), changes=(change,), kept=(kept,))


@given(CHANGES, KEPT)
def test_what_is_read_is_what_was_written(changes: list[Change], kept: list[Kept]) -> None:
    plan = RepairPlan(tables=(SHAPE,), changes=tuple(changes), kept=tuple(kept))

    written = "\n".join(plan.to_lines())

    assert written.isascii()
    assert RepairPlan.from_lines(written.splitlines()) == plan


def test_candidates_and_damaged_rows_are_kept_in_the_same_way() -> None:
    found = Candidates(
        tables=(SHAPE,), compared=9, rows=(Candidate(table=NAME, key=("1",), before=None, live="x"),)
    )
    damage = DamagedRows(
        tables=(SHAPE,), rows=(Damaged(table=NAME, key=("1",), before=None, live="x", after="y"),)
    )

    assert Candidates.from_lines(found.to_lines()) == found
    assert DamagedRows.from_lines(damage.to_lines()) == damage


def test_the_order_in_which_rows_were_found_does_not_matter() -> None:
    changes = [Change(table=NAME, key=(str(n),), seen=None, wanted="x") for n in range(3)]

    one, other = (
        RepairPlan(tables=(SHAPE,), changes=tuple(rows), kept=()) for rows in (changes, reversed(changes))
    )

    assert one.digest == other.digest


@pytest.mark.parametrize("line", range(4))
def test_a_plan_that_lacks_a_line_is_refused(line: int) -> None:
    lines = list(a_plan().to_lines())
    del lines[line]

    with pytest.raises(BadInput, match="make it again"):
        RepairPlan.from_lines(lines)


def test_a_plan_that_somebody_edited_is_refused() -> None:
    lines = [line.replace("good", "evil") for line in a_plan().to_lines()]

    with pytest.raises(BadInput, match="was changed or cut short"):
        RepairPlan.from_lines(lines)


@pytest.mark.parametrize("lines", [[], [""], ["no JSON"], ["[]"], ['{"sha256": "x"}']])
def test_what_is_no_plan_is_refused(lines: list[str]) -> None:
    with pytest.raises(BadInput, match="repair plan"):
        RepairPlan.from_lines(lines)


def test_another_document_is_no_plan() -> None:
    found = Candidates(tables=(SHAPE,), compared=0, rows=())

    with pytest.raises(BadInput, match="no repair plan"):
        RepairPlan.from_lines(found.to_lines())


def test_a_plan_tells_its_numbers() -> None:
    plan = a_plan()

    assert plan.tallies == [Tally(table=NAME, updates=1, inserts=0, deletes=0, kept=1)]
    assert str(plan) == "1 updates, 0 inserts, 0 deletes in 1 tables; 1 rows left to a person"


@given(CHANGES)
def test_an_undo_wants_what_its_plan_saw(changes: list[Change]) -> None:
    plan = RepairPlan(tables=(SHAPE,), changes=tuple(changes), kept=())

    taken_back = undo(plan)

    assert taken_back.undoes == plan.digest
    assert undo(taken_back).changes == plan.changes


def test_an_undo_deletes_what_was_inserted() -> None:
    change = Change(table=NAME, key=("1",), seen=None, wanted="(1)")
    plan = RepairPlan(tables=(SHAPE,), changes=(change,), kept=())

    assert [(each.kind, each.seen) for each in undo(plan).changes] == [(Kind.DELETE, "(1)")]


def test_a_row_that_is_left_out_stays_in_the_plan_for_a_person() -> None:
    plan = leave(a_plan(), {(NAME, ("1",))})

    assert plan.changes == ()
    assert [(row.key, row.why) for row in plan.kept] == [
        (("1",), Why.LEFT_OUT),
        (("2",), Why.INSERTED_THEN_CHANGED),
    ]
