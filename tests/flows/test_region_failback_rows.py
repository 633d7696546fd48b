"""What never left is brought home; what a person decides is changed nowhere, and keeps the region closed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from returning import (
    CHANGED,
    CONTESTED,
    EAST,
    GONE,
    NEW,
    TABLE,
    WEST,
    Flow,
    came_back,
    is_fenced,
    is_free,
    is_left,
    never_leaves,
    report_of,
    rows,
    with_unsent,
    writes,
)

from recovery.conflict_queue import choose, waiting
from recovery.errors import DeadlinePassed, NotReady, Refused
from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.kept import kept_at
from recovery.kept_plans import plan_of
from recovery.objectives import Judgement
from recovery.reconcile.plan import RepairPlan
from recovery.salvage.ports import Did

MakeEstate = Callable[..., FakeEstate]
Breaks = Callable[[FakeEstate], None]


def test_what_never_left_is_brought_home_and_what_was_written_since_stays(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    with_unsent(estate, leave)

    bring_back(estate)

    east, west = rows(estate)
    assert east == west == {NEW: "(1,east's)", CHANGED: "(2,east's)", CONTESTED: "(4,west's)"}
    report = report_of(estate)
    assert report.lost_set
    assert (report.lost_set.transactions, report.lost_set.tables) == (4, {TABLE.path: 4})
    assert report.brought_home
    assert {fate: n for fate, n in report.brought_home.fates.items() if n} == {"replayed": 3, "by rule": 1}
    assert report.alike
    assert (report.alike.drifted, report.alike.repaired) == (0, 0)
    assert report.judgement is Judgement.MET


def test_a_table_that_is_not_replicated_keeps_the_region_closed_no_longer_than_others(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """Each region has its own rows there on purpose; the proof says that it is not about them."""
    table = orders("eden_vault").name
    for region in (EAST, WEST):
        tables = estate.region(region).tables
        tables.alone.add(table)
        tables.put(table, {("1",): f"(1,{region})"})
    with_unsent(estate, leave)

    bring_back(estate)

    report = report_of(estate)
    assert report.alike
    assert (report.alike.drifted, report.alike.unreplicated) == (0, 1)
    assert report.judgement is Judgement.MET


def test_a_mark_that_does_not_cross_at_the_end_of_the_proof_keeps_the_region_closed(
    estate: FakeEstate, leave: Flow, bring_back: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing differs, and replication does not run: that is told by no row."""

    def late(_estate: object, *, deadline_s: float) -> None:
        raise DeadlinePassed(f"no mark for {deadline_s:g} s")

    monkeypatch.setattr("tasks.comparing.fence", late)
    with_unsent(estate, leave)

    with pytest.raises(NotReady, match="the last mark: no mark for 60 s"):
        bring_back(estate)

    assert is_fenced(estate)


def test_a_row_brought_home_keeps_its_time_and_is_not_sent_back(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """So that the next comparison decides as this one did."""
    with_unsent(estate, leave)
    at = estate.region(EAST).tables.written[TABLE, NEW].at

    bring_back(estate)

    written = estate.region(WEST).tables.written[TABLE, NEW]
    assert (written.foreign, written.at) == (True, at)


def test_what_takes_it_back_is_kept_in_the_journal_s_stores(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    with_unsent(estate, leave)

    bring_back(estate)

    home = report_of(estate).brought_home
    assert home
    assert len(home.undo) == 2
    for where in home.undo:
        undo = kept_at(estate.outside.journal, where, RepairPlan)
        assert undo
        region = next(name for name in (EAST, WEST) if name in where)
        estate.region(region).tables.apply(undo, "eden_task")
    assert rows(estate) == (
        {NEW: "(1,east's)", CHANGED: "(2,east's)", CONTESTED: "(4,east's)"},
        {CHANGED: "(2,old)", GONE: "(3,old)", CONTESTED: "(4,west's)"},
    )


def test_what_both_replicate_since_is_listed_no_more_and_not_sent_again(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    with_unsent(estate, leave)

    bring_back(estate)

    sending = estate.region(EAST).sending
    assert sending.skipped["eden_task"] == len(sending.kept)


def test_drift_that_the_rules_decide_is_repaired_before_the_region_opens(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """Also drift that was there before the region was lost, and that nobody had looked for."""
    came_back(estate, leave)
    writes(estate, WEST, (NEW, "west's"), at=wall_clock() - timedelta(hours=2))

    bring_back(estate)

    assert rows(estate)[0] == rows(estate)[1] == {NEW: "(1,west's)"}
    alike = report_of(estate).alike
    assert alike
    assert (alike.repaired, alike.drifted) == (1, 0)


def test_drift_that_a_person_decides_keeps_the_region_closed(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """What was brought home stays, and so does replication; the estate is free for who decides."""
    with_unsent(estate, leave)
    writes(estate, EAST, (("9",), "west's"), at=wall_clock(), foreign=True)

    with pytest.raises(NotReady, match=rf"no customers while the regions differ: {TABLE.path}: 1 of"):
        bring_back(estate)

    assert is_fenced(estate)
    assert rows(estate)[1][NEW] == "(1,east's)"
    assert (estate.region(EAST).follows, estate.region(WEST).follows) == (True, True)
    assert (is_free(estate), is_left(estate)) == (True, True)
    report = report_of(estate)
    assert report.headline == "us-east-1 was not brought back"
    assert "what was brought home stays" in report.ending.summary


def test_after_a_person_has_decided_the_region_is_brought_back(
    estate: FakeEstate, leave: Flow, bring_back: Flow, repair: Flow
) -> None:
    came_back(estate, leave)
    writes(estate, EAST, (("9",), "west's"), at=wall_clock(), foreign=True)
    with pytest.raises(NotReady) as refused:
        bring_back(estate)
    comparison = str(refused.value).split("the report ")[1].split(";")[0]
    made = plan_of(estate, comparison)

    chosen = choose(estate, made, waiting(estate, made), region=WEST, now=wall_clock())
    repair(estate, plan=chosen.name, id="repair-3")
    told = bring_back(estate, id="failback-4")

    assert rows(estate) == ({}, {})
    assert told == "failback-4: us-east-1 serves again, and nothing is lost"


def test_a_row_that_both_wrote_waits_for_a_person_where_the_estate_says_so(
    make_estate: MakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """And is changed nowhere until then."""
    rules = [{"tables": ["*.*.orders"], "strategy": "manual"}]
    estate = make_estate(recovery={"reconciliation": {"rules": rules}})
    with_unsent(estate, leave)

    with pytest.raises(NotReady, match="`dr conflicts list` has what a person decides"):
        bring_back(estate)

    east, west = rows(estate)
    assert (east[CONTESTED], west[CONTESTED]) == ("(4,east's)", "(4,west's)")
    assert report_of(estate).brought_home
    assert is_fenced(estate)


def test_a_row_that_the_salvage_asks_about_is_not_decided_by_the_comparison(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """The returned region had changed it, and has it no more: the comparison alone would keep the other one's."""
    never_leaves(estate, (NEW, None), did=Did.UPDATE, at=wall_clock())
    came_back(estate, leave)
    writes(estate, WEST, (NEW, "west's"), at=wall_clock() - timedelta(hours=1))

    with pytest.raises(NotReady, match=f"{TABLE.path}: 1 of 1 rows have drifted"):
        bring_back(estate)

    assert rows(estate) == ({}, {NEW: "(1,west's)"})
    comparison = report_of(estate)
    assert comparison.brought_home
    assert comparison.brought_home.queued == 1


def test_more_unsent_rows_than_a_plan_may_have_are_brought_home_by_hand(
    make_estate: MakeEstate, leave: Flow, bring_back: Flow
) -> None:
    estate = make_estate(recovery={"reconciliation": {"most_rows": 3}})
    with_unsent(estate, leave)
    before = rows(estate)

    with pytest.raises(Refused, match=r"More than 3 rows never left us-east-1 .*most_rows\).*by hand"):
        bring_back(estate)

    assert (rows(estate), is_fenced(estate)) == (before, True)
