"""The replicated tables of both regions: alike, with one key each, drawing different ids."""

from dataclasses import replace

import pytest

from recovery.readiness.check import Check, State
from recovery.readiness.facts import Drawing, ReplicatedTable, Schema
from recovery.readiness.schema import fingerprint, likeness_checks, schema_checks
from recovery.readiness.told import Silent
from recovery.reconcile.shapes import Column, TableName, TableShape

NAME = TableName("eden_task", "public", "orders")
ID, TEXT, SUM = (
    Column(name="id", type="bigint"),
    Column(name="text", type="text"),
    Column(name="sum", type="numeric"),
)
ORDERS = ReplicatedTable(TableShape(name=NAME, columns=(ID, TEXT, SUM), key=("id",)), ())
KEY, UNIQUE = "every replicated table has a primary key", "no replicated table has a second unique index"
SAME, SHAPES, IDS = (
    "both regions replicate the same tables",
    "the tables' columns and keys are the same, in the same order",
    "the regions draw different ids",
)


def drawing(stands_at: int, increment: int = 2) -> Drawing:
    return Drawing("eden_task", "public.orders_id_seq", NAME, increment, stands_at)


def a_schema(*tables: ReplicatedTable, draws: Drawing | None = None) -> Schema:
    return Schema(tables or (ORDERS,), (draws,) if draws else (), {})


def of(columns: tuple[Column, ...] = (ID, TEXT, SUM), key: tuple[str, ...] = ("id",)) -> ReplicatedTable:
    return ReplicatedTable(TableShape(name=NAME, columns=columns, key=key), ())


def by_name(checks: list[Check]) -> dict[str, tuple[State, str]]:
    return {check.name: (check.state, check.value) for check in checks}


def test_alike_tables_that_draw_different_ids_hold() -> None:
    checks = likeness_checks(a_schema(draws=drawing(101)), a_schema(draws=drawing(7_000)))

    assert {check.state for check in checks} == {State.OK}


def test_a_table_that_one_region_alone_sends_fails() -> None:
    other = ReplicatedTable(
        TableShape(name=TableName("eden_task", "public", "new"), columns=(ID,), key=("id",)), ()
    )

    found = by_name(likeness_checks(a_schema(ORDERS, other), a_schema(ORDERS)))

    assert found[SAME] == (State.FAILED, "one region alone: eden_task.public.new")
    assert found[SHAPES][0] is State.OK


def test_regions_that_send_each_other_nothing_fail() -> None:
    empty = Schema((), (), {})

    assert by_name(likeness_checks(empty, empty))[SAME][0] is State.FAILED


@pytest.mark.parametrize(
    ("there", "why"),
    [
        (of((ID, SUM, TEXT)), "a column is text text here and sum numeric there"),
        (of((ID, TEXT)), "it has 3 columns here and 2 there"),
        (of(key=("id", "text")), "its key is (id) here and (id, text) there"),
    ],
)
def test_other_columns_or_another_order_or_key_fail(there: ReplicatedTable, why: str) -> None:
    found = by_name(likeness_checks(a_schema(), a_schema(there)))

    assert found[SHAPES] == (State.FAILED, f"eden_task.public.orders: {why}")


@pytest.mark.parametrize(
    ("here", "there", "why"),
    [
        (drawing(101), drawing(203), "both draw 1 modulo 2"),
        (drawing(101, 1), drawing(102, 1), "both draw every number"),
        (drawing(101, 2), drawing(102, 10), "it goes by 2 here and by 10 there"),
    ],
)
def test_sequences_that_meet_fail(here: Drawing, there: Drawing, why: str) -> None:
    found = by_name(likeness_checks(a_schema(draws=here), a_schema(draws=there)))

    assert found[IDS] == (State.FAILED, f"eden_task.public.orders_id_seq ({why})")


def test_one_region_that_does_not_answer_leaves_likeness_unknown() -> None:
    checks = likeness_checks(a_schema(), Silent("no answer"))

    assert {(check.state, check.value) for check in checks} == {(State.UNKNOWN, "no answer")}


KEYLESS, TWICE = of(key=()), replace(ORDERS, other_unique=("orders_text_key",))


@pytest.mark.parametrize(("table", "name"), [(KEYLESS, KEY), (TWICE, UNIQUE)])
def test_a_table_that_pglogical_can_not_keep_alike_fails_unless_it_is_a_known_exception(
    table: ReplicatedTable, name: str
) -> None:
    failed = by_name(schema_checks("us-east-1", a_schema(table), exceptions=[]))
    known = by_name(schema_checks("us-east-1", a_schema(table), exceptions=["eden_task.*.orders"]))

    assert failed[name] == (State.FAILED, "eden_task.public.orders")
    assert known[name] == (State.OK, "1 tables, 1 known exceptions")


def test_a_fingerprint_is_the_same_until_a_table_changes() -> None:
    """The order in which a server tells its tables is none of it; where its sequences stand, neither."""
    other = ReplicatedTable(TableShape(name=TableName("a", "public", "b"), columns=(ID,), key=("id",)), ())

    assert fingerprint(a_schema(ORDERS, other)) == fingerprint(a_schema(other, ORDERS, draws=drawing(5)))
    assert len({fingerprint(a_schema(one)) for one in (ORDERS, KEYLESS, TWICE, of((ID, SUM, TEXT)))}) == 4
