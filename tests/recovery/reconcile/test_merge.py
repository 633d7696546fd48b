"""The three-way merge, against an oracle that has all states of a small table at once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.errors import Refused, Superseded
from recovery.fakes.tables import FakeTables
from recovery.fakes.world import World
from recovery.reconcile import (
    Key,
    RepairPlan,
    TableName,
    TableShape,
    candidates,
    compare,
    damaged,
    look,
    repair,
    seen_again,
    settled,
    undo,
)
from recovery.reconcile.plan import Why
from recovery.reconcile.repairs import Carrying
from recovery.reconcile.shapes import Column

ITEMS, PAIRS = TableName("eden_vault", "public", "items"), TableName("eden_task", "public", "pairs")
TEXT = Column(name="b", type="text")
SHAPES = (
    TableShape(name=ITEMS, columns=(Column(name="a", type="bigint"), TEXT), key=("a",)),
    TableShape(name=PAIRS, columns=(Column(name="a", type="text"), TEXT), key=("a", "b")),
)
Rows = dict[Key, str]
ITEM_KEYS = st.integers(-300, 300).map(lambda n: (str(n),))
PAIR_KEYS = st.tuples(st.sampled_from("ab,\"'"), st.sampled_from("xy"))
IMAGES = st.sampled_from(["good", "fine", "bad", ""])
"""So few that a later write often writes what was there before, or what the damage wrote."""


def writes(keys: st.SearchStrategy[Key]) -> st.SearchStrategy[dict[Key, str | None]]:
    return st.dictionaries(keys, st.none() | IMAGES, max_size=8)


def states(keys: st.SearchStrategy[Key]) -> st.SearchStrategy[tuple[Rows, Rows, Rows]]:
    """A table before the damage, just after it, and live."""
    made = st.tuples(st.dictionaries(keys, IMAGES, max_size=12), writes(keys), writes(keys))
    return made.map(
        lambda told: (told[0], written(told[0], told[1]), written(told[0], {**told[1], **told[2]}))
    )


def written(rows: Rows, more: dict[Key, str | None]) -> Rows:
    return {key: image for key, image in {**rows, **more}.items() if image is not None}


def cluster(items: Rows, pairs: Rows | None = None) -> FakeTables:
    tables = FakeTables(World(["here"]), "here", SHAPES)
    tables.put(ITEMS, items)
    tables.put(PAIRS, pairs or {})
    return tables


def planned(before: FakeTables, live: FakeTables, after: FakeTables) -> RepairPlan:
    return settled(damaged(candidates(before, live, [ITEMS, PAIRS], most=100), after))


@given(states(ITEM_KEYS), states(PAIR_KEYS))
def test_damage_is_taken_back_and_later_writes_stay(
    items: tuple[Rows, Rows, Rows], pairs: tuple[Rows, Rows, Rows]
) -> None:
    """A row that was damaged and not touched since is as before; every other one is as it was live."""
    before, after, live = (cluster(*each) for each in zip(items, pairs, strict=True))

    plan = planned(before, live, after)
    repair(plan, live)

    for table, (was, damage, then) in ((ITEMS, items), (PAIRS, pairs)):
        for key in was.keys() | damage.keys() | then.keys():
            hurt = was.get(key) != damage.get(key) == then.get(key)
            assert live.rows[table].get(key) == (was if hurt else then).get(key)


@given(states(ITEM_KEYS))
def test_a_person_is_asked_about_rows_that_both_changed_and_about_no_others(
    items: tuple[Rows, Rows, Rows],
) -> None:
    before, after, live = items

    plan = planned(cluster(before), cluster(live), cluster(after))

    asked = {
        key
        for key in before.keys() | after.keys() | live.keys()
        if len({before.get(key), after.get(key), live.get(key)}) == 3  # all different
    }
    assert {row.key for row in plan.kept} == asked
    for row in plan.kept:
        assert (row.before, row.live, row.after) == tuple(each.get(row.key) for each in (before, live, after))


@given(states(ITEM_KEYS))
def test_an_undone_repair_never_was(items: tuple[Rows, Rows, Rows]) -> None:
    before, after, live = (cluster(each) for each in items)
    plan = planned(before, live, after)
    repair(plan, live)

    repair(undo(plan), live)

    assert live.rows[ITEMS] == items[2]


@given(states(ITEM_KEYS))
def test_a_repeated_repair_finds_all_done(items: tuple[Rows, Rows, Rows]) -> None:
    before, after, live = (cluster(each) for each in items)
    plan = planned(before, live, after)
    repair(plan, live)

    again = repair(plan, live)

    assert sum(table.applied for table in again.tables) == 0
    assert sum(table.already for table in again.tables) == len(plan.changes) == look(plan, live).done
    assert planned(before, live, after).changes == ()


@given(st.dictionaries(ITEM_KEYS, IMAGES), st.dictionaries(ITEM_KEYS, IMAGES))
def test_a_comparison_finds_what_differs_and_nothing_else(left: Rows, right: Rows) -> None:
    found = compare(cluster(left), cluster(right), ITEMS, most=10_000)

    differing = {key for key in left.keys() | right.keys() if left.get(key) != right.get(key)}
    assert (set(found.keys), found.rows) == (differing, (len(left), len(right)))


@pytest.mark.parametrize(
    ("before", "after", "live", "why"),
    [
        ("a", "b", "c", Why.CHANGED_TWICE),
        ("a", "b", None, Why.CHANGED_THEN_DELETED),
        ("a", None, "c", Why.DELETED_THEN_INSERTED),
        (None, "b", "c", Why.INSERTED_THEN_CHANGED),
    ],
)
def test_a_person_is_told_what_happened_to_a_row(
    before: str | None, after: str | None, live: str | None, why: Why
) -> None:
    states = (written({}, {("1",): image}) for image in (before, live, after))

    plan = planned(*map(cluster, states))

    assert [row.why for row in plan.kept] == [why]


def test_a_row_changed_since_the_plan_stops_the_repair_in_every_database() -> None:
    """Nothing is changed anywhere, and a plan made again without scratch keeps the row for a person."""
    before, after = cluster({("1",): "good"}, {("a", "x"): "good"}), cluster({("1",): "bad"})
    live = cluster({("1",): "bad"})
    damage = damaged(candidates(before, live, [ITEMS, PAIRS], most=9), after)
    live.put(ITEMS, {("1",): "better"})

    with pytest.raises(Refused, match=r"1 rows \(eden_vault/public.items \(1\)\) have changed since"):
        repair(settled(damage), live)
    assert live.rows[PAIRS] == {}
    plan = settled(seen_again(damage, live))
    repair(plan, live)

    assert (live.rows[PAIRS], live.rows[ITEMS]) == ({("a", "x"): "good"}, {("1",): "better"})
    assert [row.why for row in plan.kept] == [Why.CHANGED_TWICE]


def test_a_database_that_refuses_leaves_the_one_before_repaired() -> None:
    """The message says which is which: a repair is one transaction a database."""
    before, empty = cluster({("1",): "good"}, {("a", "x"): "good"}), cluster({})
    live = cluster({})
    live.fails("apply", Refused("no"), after=1)

    with pytest.raises(Refused, match=r"^no Repaired before it: eden_task\.$"):
        repair(planned(before, live, empty), live)

    assert (live.rows[PAIRS], live.rows[ITEMS]) == ({("a", "x"): "good"}, {})


def test_the_limit_is_for_all_tables() -> None:
    before = cluster({("1",): "a", ("2",): "a"}, {("a", "x"): "a"})

    assert len(candidates(before, cluster({}), [ITEMS, PAIRS], most=3).rows) == 3
    with pytest.raises(Refused, match=r"In eden_vault/public.items at least 2 rows .* room for 1\."):
        candidates(before, cluster({}), [ITEMS, PAIRS], most=2)


def test_a_row_that_arrives_while_it_is_compared_is_no_candidate() -> None:
    """Its hash differed, and its image does not."""
    before, live = cluster({("1",): "good"}), cluster({})
    live.meanwhile("images", lambda: live.put(ITEMS, {("1",): "good"}))

    assert candidates(before, live, [ITEMS], most=9).rows == ()


def test_a_table_that_the_damage_altered_is_refused() -> None:
    found = candidates(cluster({("1",): "a"}), cluster({}), [ITEMS], most=9)
    after = cluster({})
    after.shapes[ITEMS] = SHAPES[0].model_copy(update={"columns": (Column(name="a", type="text"), TEXT)})

    with pytest.raises(Refused, match=r"a column is a bigint here and a text there"):
        damaged(found, after)


@pytest.mark.parametrize(
    "carry", [repair, lambda plan, live, before: Carrying(plan, live, live).carry(before=before)]
)
def test_a_repair_that_is_overtaken_leaves_the_databases_that_are_still_to_come(carry: Any) -> None:
    """A long one is asked before each database: another process may have taken all of it back by then."""
    key = ("1",)
    before, live = cluster({key: "good"}, {key: "good"}), cluster({key: "bad"}, {key: "bad"})
    plan, asked = planned(before, live, cluster({key: "bad"}, {key: "bad"})), list[str]()

    def overtaken() -> None:
        asked.append("a proof")
        if len(asked) == 2:
            raise Superseded("another process goes on")

    with pytest.raises(Superseded):
        carry(plan, live, before=overtaken)

    assert sorted(live.rows[table][key] for table in (ITEMS, PAIRS)) == ["bad", "good"]
