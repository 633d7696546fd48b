"""The servers threw WAL away that the other region still needed: nothing is taken for whole that is not."""

from collections.abc import Callable

import pytest
from returning import (
    CHANGED,
    CONTESTED,
    DELETED,
    EAST,
    GROUP,
    MISSED,
    NEW,
    TABLE,
    WEST,
    Flow,
    came_back,
    is_fenced,
    is_free,
    journal_of,
    never_leaves,
    report_of,
    rows,
    steps,
    with_a_gap,
    writes,
)

from recovery.errors import NotReady
from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.journal import Kind
from recovery.kept import kept_at
from recovery.reconcile.plan import RepairPlan
from recovery.salvage.ports import Did

MakeEstate = Callable[..., FakeEstate]


def test_what_the_returned_region_missed_becomes_as_it_was_served(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """After what never left it was brought home: a row that is its own is not overwritten by an older one."""
    with_a_gap(estate, leave)

    told = bring_back(estate)

    east, west = rows(estate)
    assert (
        east
        == west
        == {
            NEW: "(1,east's)",
            CHANGED: "(2,east's)",
            CONTESTED: "(4,west's)",
            MISSED: "(20,west's)",
        }
    )
    assert told == "failback-2: us-east-1 serves again, and nothing is lost"
    report = report_of(estate)
    assert report.alike
    assert (report.alike.repaired, report.alike.drifted) == (2, 0)


def test_the_report_tells_which_node_group_has_a_gap(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    with_a_gap(estate, leave)

    bring_back(estate)

    caught_up = report_of(estate).caught_up
    assert caught_up
    assert {group for group, way in caught_up.how.items() if "a slot made anew" in way} == {GROUP}
    assert f"; {GROUP} by a slot made anew, as the other one was lost" in str(caught_up)
    assert "which most rows differ is copied whole" in str(caught_up)


def test_replication_goes_on_from_the_new_slot(estate: FakeEstate, leave: Flow, bring_back: Flow) -> None:
    with_a_gap(estate, leave)

    bring_back(estate)

    subscriptions = estate.region(EAST).database.subscriptions()
    assert all(one.enabled and one.replicating for one in subscriptions)
    assert {str(slot.state) for slot in estate.region(WEST).sending.slots(subscriptions)} == {"kept"}


def test_what_was_written_over_is_kept_before(estate: FakeEstate, leave: Flow, bring_back: Flow) -> None:
    with_a_gap(estate, leave)

    bring_back(estate)

    alike = report_of(estate).alike
    assert alike
    folder = "operations/failback-2/undo-us-east-1-comparison-"
    (where,) = [
        key for key in estate.outside.journal.keys("operations/failback-2/") if key.startswith(folder)
    ]
    undo = kept_at(estate.outside.journal, where, RepairPlan)
    assert undo
    assert {change.key: change.wanted for change in undo.changes} == {MISSED: None, DELETED: "(21,old)"}


def test_a_rule_that_would_ask_does_not_hold_back_what_was_only_missed(
    make_estate: MakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """Nobody else has written these rows: there is nothing to decide."""
    rules = [{"tables": ["*.*.orders"], "strategy": "manual"}]
    estate = make_estate(recovery={"reconciliation": {"rules": rules}})
    came_back(estate, leave)
    writes(estate, WEST, (MISSED, "west's"), at=wall_clock())
    estate.region(WEST).sending.loses(GROUP)

    bring_back(estate)

    assert rows(estate)[0] == {MISSED: "(20,west's)"}


def test_a_row_that_the_other_region_has_deleted_after_it_was_changed_here_waits_for_a_person(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """It is not deleted with those that were only missed: its change never left."""
    never_leaves(estate, (NEW, "east's"), did=Did.UPDATE, at=wall_clock())
    came_back(estate, leave)
    estate.region(WEST).sending.loses(GROUP)

    with pytest.raises(NotReady, match=f"{TABLE.path}: 1 of 1 rows have drifted"):
        bring_back(estate)

    assert rows(estate) == ({NEW: "(1,east's)"}, {})
    assert is_fenced(estate)


def test_a_failback_after_one_that_was_refused_knows_of_the_gap(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """The slot looks whole by then."""
    with_a_gap(estate, leave)
    estate.region(EAST).cache.fails("follow", RuntimeError("a defect"))
    with pytest.raises(RuntimeError, match="a defect"):
        bring_back(estate)
    estate.region(EAST).cache.heals()

    bring_back(estate, id="failback-3")

    report = report_of(estate, "failback-3")
    assert report.alike
    assert report.alike.repaired == 2
    assert report.caught_up
    assert "a slot made anew" in report.caught_up.how[GROUP]


def test_where_what_never_left_is_not_kept_either_a_person_decides_about_what_only_one_has(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """Of the rows that it alone has nobody knows whether they never left, or were deleted in the other region."""
    with_a_gap(estate, leave)
    estate.region(EAST).sending.loses(GROUP)

    with pytest.raises(NotReady, match="`dr conflicts list` has what a person decides"):
        bring_back(estate)

    east, west = rows(estate)
    assert (east[NEW], east[DELETED]) == ("(1,east's)", "(21,old)")
    assert NEW not in west
    assert DELETED not in west
    assert east[MISSED] == west[MISSED]
    assert (is_fenced(estate), is_free(estate)) == (True, True)
    lost = report_of(estate).lost_set
    assert lost
    assert lost.unread == [f"{GROUP}: its slot is lost"]


def test_where_only_what_never_left_is_not_kept_the_rules_bring_it_home(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """The other region's deletions have arrived: a row that the returned one alone has, and wrote, never left."""
    came_back(estate, leave)
    writes(estate, EAST, (NEW, "east's"), at=wall_clock())
    estate.region(EAST).sending.loses(GROUP, slot_is_there=False)

    bring_back(estate)

    assert rows(estate)[1] == {NEW: "(1,east's)"}
    report = report_of(estate)
    assert report.reprotected
    assert report.reprotected.anew == [GROUP]
    assert f"with a gap in what never left: {GROUP}" in str(report.reprotected)
    assert report.lost_set
    assert report.lost_set.unread == [f"{GROUP}: its slot is missing"]


def test_what_never_left_is_listed_before_anything_is_begun_anew(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """And home before a repair overwrites it."""
    with_a_gap(estate, leave)
    estate.world.log.clear()

    bring_back(estate)

    done = steps(estate, Kind.DONE)
    assert done.index("list_unsent") < done.index("catch_up") < done.index("bring_home")
    assert done.index("bring_home") < done.index("prove_alike")
    told = "postgres us-west-2:5432: drop_lost"
    assert estate.log.index("postgres us-east-1:5432: unsent") < estate.log.index(told)
    assert [event.kind for event in journal_of(estate)].count(Kind.FAILED) == 0
