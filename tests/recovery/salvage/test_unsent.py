"""The list of what never left: each row once, with what was done to it first and last; what is listed stays listed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from recovery.reconcile.shapes import Key, TableName
from recovery.salvage.ports import Did, UnsentChange
from recovery.salvage.unsent import Folding, Unsent

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
TASKS, ORDERS = "eden_task", TableName("eden_task", "public", "orders")
SEVEN, EIGHT = ("7",), ("8",)


def change(
    key: Key | None, did: Did, *, transaction: int = 1, table: TableName = ORDERS, after_s: float = 0.0
) -> UnsentChange:
    return UnsentChange(table, key, did, transaction, NOON + timedelta(seconds=after_s))


def listed(
    *changes: UnsentChange, until: str = "0/10", at: datetime = NOON, unread: Sequence[str] = ()
) -> Unsent:
    folding = Folding()
    folding.add(changes)
    lost = dict.fromkeys(unread, "its slot is lost")
    return folding.result("us-east-1", "failover-1", at=at, until={TASKS: until}, unread=lost)


def test_a_row_of_several_transactions_is_listed_once() -> None:
    """What was done first tells whether the other region ever had it; what was done last, whether it is there."""
    found = listed(
        change(SEVEN, Did.INSERT, transaction=1),
        change(SEVEN, Did.UPDATE, transaction=2, after_s=1),
        change(SEVEN, Did.DELETE, transaction=3, after_s=2),
        change(EIGHT, Did.UPDATE, transaction=3, after_s=2),
    )

    seven, eight = found.rows
    assert (seven.key, seven.first, seven.last) == (SEVEN, Did.INSERT, Did.DELETE)
    assert seven.at == NOON + timedelta(seconds=2)
    assert (eight.key, eight.first, eight.last) == (EIGHT, Did.UPDATE, Did.UPDATE)
    assert len(found.transactions) == 3
    assert found.span_s == 2
    assert dict(found.tables) == {"eden_task.public.orders": 2}


def test_the_same_number_of_another_database_is_another_transaction() -> None:
    """A cluster counts them for all its databases, and the list does not rely on it."""
    flows = TableName("eden_flow", "public", "orders")

    found = listed(change(SEVEN, Did.INSERT), change(SEVEN, Did.INSERT, table=flows))

    assert len(found.transactions) == 2


def test_what_no_key_tells_is_counted() -> None:
    """A row of a table without a key, or a TRUNCATE: the list is not whole for its node group."""
    found = listed(change(None, Did.INSERT), change(None, Did.INSERT), change(SEVEN, Did.INSERT))

    assert [(one.table, one.changes) for one in found.untold] == [("eden_task.public.orders", 2)]
    assert len(found.rows) == 1
    assert not found.is_whole(TASKS)


def test_a_node_group_that_was_not_read_is_not_whole() -> None:
    found = listed(change(SEVEN, Did.INSERT))

    assert found.is_whole(TASKS)
    assert not found.is_whole("eden_flow")
    assert not listed(unread=[TASKS]).is_whole(TASKS)


def test_an_empty_list_says_that_everything_had_left() -> None:
    assert str(listed()) == "everything that was committed there had left"
    assert (listed().oldest, listed().newest, listed().span_s) == (None, None, 0.0)


def test_a_later_list_adds_and_takes_nothing_away() -> None:
    """A slot that was skipped meanwhile tells less: what was listed is looked at again all the same."""
    first = listed(change(SEVEN, Did.INSERT), until="0/10")
    later = listed(
        change(EIGHT, Did.UPDATE, transaction=9, after_s=5), until="0/20", at=NOON + timedelta(hours=1)
    )

    both = first.joined(later)

    assert [row.key for row in both.rows] == [SEVEN, EIGHT]
    assert len(both.transactions) == 2
    assert (both.oldest, both.newest) == (NOON, NOON + timedelta(seconds=5))
    assert both.until == {TASKS: "0/20"}
    assert both.listed_at == later.listed_at


def test_what_is_told_again_is_not_counted_again() -> None:
    """A slot is peeked: asked twice, it tells the same, and what came since."""
    first = listed(change(SEVEN, Did.INSERT))
    again = listed(change(SEVEN, Did.INSERT), change(SEVEN, Did.UPDATE, transaction=2, after_s=1))

    both = first.joined(again)

    assert len(both.transactions) == 2
    assert [(row.first, row.last) for row in both.rows] == [(Did.INSERT, Did.UPDATE)]


def test_a_row_that_was_inserted_first_stays_one_that_the_other_region_never_had() -> None:
    first = listed(change(SEVEN, Did.INSERT))
    later = listed(change(SEVEN, Did.UPDATE, transaction=2, after_s=1))

    (row,) = first.joined(later).rows

    assert (row.first, row.last) == (Did.INSERT, Did.UPDATE)


def test_a_node_group_that_could_not_be_read_once_stays_unread() -> None:
    """Its WAL was thrown away: that its slot was made anew since brings nothing back."""
    first = listed(change(None, Did.INSERT), unread=["eden_flow"])

    both = first.joined(listed())

    assert both.unread == {"eden_flow": "its slot is lost"}
    assert [one.changes for one in both.untold] == [1]


changes = st.lists(
    st.builds(
        change,
        st.one_of(st.none(), st.integers(0, 3).map(lambda number: (str(number),))),
        st.sampled_from(Did),
        transaction=st.integers(1, 4),
        after_s=st.sampled_from([0.0, 1.0, 2.0]),
    ),
    max_size=8,
)


@given(changes)
def test_a_list_is_the_same_after_it_was_kept(told: list[UnsentChange]) -> None:
    found = listed(*told)

    assert Unsent.from_lines(found.to_lines()) == found


@given(changes, changes)
def test_joined_lists_tell_what_either_tells(one: list[UnsentChange], other: list[UnsentChange]) -> None:
    first, later = listed(*one), listed(*other)

    both = first.joined(later)

    assert {row.place for row in both.rows} == {row.place for found in (first, later) for row in found.rows}
    assert {*both.transactions} == {*first.transactions, *later.transactions}
    assert first.joined(first) == first
    assert [row.place for row in both.rows] == sorted(row.place for row in both.rows)
