"""The returned region has missed more rows than a plan may have: tables are copied whole, where that costs less."""

from collections.abc import Callable
from functools import partial

import pytest
from mortal import Killed, Process
from returning import (
    EAST,
    GROUP,
    LONG_AGO,
    NEW,
    TABLE,
    WEST,
    Flow,
    came_back,
    is_fenced,
    is_free,
    never_leaves,
    report_of,
    rows,
    writes,
)

from recovery.errors import NotReady
from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.salvage.ports import Did

MakeEstate = Callable[..., FakeEstate]
pytestmark = pytest.mark.usefixtures("unorchestrated")


def many_missed(make_estate: MakeEstate, leave: Flow, *, of: int) -> FakeEstate:
    """Return an estate whose plans may have 5 rows, and whose returned region has missed 6 of so many."""
    estate, long_ago = make_estate(recovery={"reconciliation": {"most_rows": 5}}), wall_clock() - LONG_AGO
    for number in range(of - 6):
        for region in (EAST, WEST):
            writes(estate, region, ((str(1000 + number),), "old"), at=long_ago, foreign=region == WEST)
    came_back(estate, leave)
    missed(estate, 6)
    return estate


def missed(estate: FakeEstate, count: int) -> None:
    """Have the west write so many rows, and keep none of them for the east."""
    for number in range(count):
        writes(estate, WEST, ((str(100 + number),), "west's"), at=wall_clock())
    estate.region(WEST).sending.loses(GROUP)


def test_more_missing_rows_than_a_repair_may_have_are_refused_where_a_copy_costs_more(
    make_estate: MakeEstate, leave: Flow, bring_back: Flow
) -> None:
    estate = many_missed(make_estate, leave, of=100)

    with pytest.raises(
        NotReady,
        match=r"differ in 6 rows: more rows .*most_rows, which is 5; raise it.*A slot that is lost\. Then start",
    ):
        bring_back(estate)

    assert len(rows(estate)[0]) == 94
    assert is_fenced(estate)
    assert "copy_anew" not in str(estate.log)


def test_a_table_of_which_most_rows_are_missing_is_copied_whole(
    make_estate: MakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """No plan may have so many rows, and a copy costs less."""
    estate = many_missed(make_estate, leave, of=7)

    bring_back(estate)

    east, west = rows(estate)
    assert east == west
    assert len(east) == 7
    alike = report_of(estate).alike
    assert alike
    assert list(alike.copied) == [TABLE.path]
    assert "6 of 7 rows differ" in alike.copied[TABLE.path]
    assert (alike.drifted, alike.repaired) == (0, 0)
    assert all(one.replicating for one in estate.region(EAST).database.subscriptions())


@pytest.mark.parametrize("begun", [True, False])
def test_a_copy_whose_process_was_killed_is_ended_by_the_next_one(
    make_estate: MakeEstate, leave: Flow, bring_back: Flow, *, begun: bool
) -> None:
    """With rows deleted of which none has come; or before that, with nothing applied any more."""
    process = Process()
    estate = process.acts_on(many_missed(partial(make_estate, process.stores), leave, of=7))
    copying = estate.region(EAST).copying
    last = partial(copying.meanwhile, "under_way", process.dies)
    copying.meanwhile("copy_anew", last if begun else process.dies)
    with pytest.raises(Killed):
        bring_back(estate)
    process.lives()
    copying.heals()

    bring_back(estate)

    east, west = rows(estate)
    assert east == west
    assert all(one.replicating for one in estate.region(EAST).database.subscriptions())
    assert (is_free(estate), is_fenced(estate)) == (True, False)


def test_a_table_with_a_row_that_waits_for_a_person_is_not_copied(
    make_estate: MakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """What the returned region has may be what the person wants."""
    estate = make_estate(recovery={"reconciliation": {"most_rows": 5}})
    never_leaves(estate, (NEW, "east's"), did=Did.UPDATE, at=wall_clock())
    came_back(estate, leave)
    missed(estate, 6)

    with pytest.raises(NotReady, match="differ in 7 rows"):
        bring_back(estate)

    assert rows(estate)[0] == {NEW: "(1,east's)"}


def test_where_what_never_left_is_not_known_nothing_is_copied(
    make_estate: MakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """Rows that the returned region alone has would be gone."""
    estate = many_missed(make_estate, leave, of=7)
    estate.region(EAST).sending.loses(GROUP)
    writes(estate, EAST, (NEW, "east's"), at=wall_clock())

    with pytest.raises(NotReady, match="differ in 7 rows"):
        bring_back(estate)

    assert rows(estate)[0][NEW] == "(1,east's)"
