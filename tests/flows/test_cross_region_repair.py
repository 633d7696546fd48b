"""Rows of an estate in memory that differ between its regions, repaired by a plan."""

from datetime import timedelta

import pytest
from differing import EAST, FOREIGN, LATER, NOON, OWN, TABLE, WEST, Flow, differing, put, report_of, rows

from recovery.epoch import Claim, take
from recovery.errors import EpochHeld, NotReady, Refused
from recovery.fakes.estate import FakeEstate
from recovery.fakes.tables import Written
from recovery.fakes.world import wall_clock
from recovery.operation_journal import read
from recovery.reconcile.findings import Findings
from recovery.report.reconciliation_markdown import render_reconciliation_markdown


@pytest.fixture
def estate(make_estate: Flow) -> FakeEstate:
    return differing(make_estate)


def test_a_comparison_plans_and_changes_nothing(estate: FakeEstate, reconcile: Flow) -> None:
    """The dry run is the default."""
    before = rows(estate)

    found: Findings = reconcile(estate)

    assert found.plan
    assert str(found.plan) == "A repair would change 2 rows; 1 are left to a person."
    assert [str(one) for one in found.plan.changes] == [
        f"{EAST}, {TABLE.path}: 1 updated, 0 inserted, 0 deleted",
        f"{WEST}, {TABLE.path}: 0 updated, 1 inserted, 0 deleted",
    ]
    assert [(one.table, one.rows) for one in found.plan.queue] == [(TABLE.path, 1)]
    assert rows(estate) == before
    page = (estate.outside.reports / "comparison-1" / "report.html").read_text()
    assert "dr reconcile repair comparison-1" in page
    assert "no record tells whether it was deleted there" in page


def test_a_plan_is_carried_out_in_both_regions(estate: FakeEstate, reconcile: Flow, repair: Flow) -> None:
    reconcile(estate)

    told = repair(estate, plan="comparison-1")

    assert told.startswith("repair-1: Repaired, and nothing of the plan differs")
    assert rows(estate) == (
        {LATER: "(7,later)", OWN: "(90,east's)", FOREIGN: "(91,west's)"},
        {LATER: "(7,later)", OWN: "(90,east's)"},
    )
    report = report_of(estate)
    assert (report.rows, report.left, report.refused) == (2, 0, [])
    assert report.compared
    assert (report.compared.same, report.compared.rows) == (2, 2)
    assert report.ending.outcome == "repaired"


def test_what_is_repaired_is_the_other_regions_and_keeps_its_time(
    estate: FakeEstate, reconcile: Flow, repair: Flow
) -> None:
    """So it is not sent back, and the next comparison decides as this one did."""
    reconcile(estate)
    repair(estate, plan="comparison-1")

    written = estate.region(EAST).tables.written[TABLE, LATER]

    assert written == Written(foreign=True, at=NOON + timedelta(seconds=1))


def test_one_run_compares_and_repairs(estate: FakeEstate, reconcile: Flow) -> None:
    found: Findings = reconcile(estate, then="repair")

    assert found.repair
    assert ": Repaired, and nothing of the plan differs. `dr reconcile undo repair-" in found.repair
    page = (estate.outside.reports / "comparison-1" / "report.html").read_text()
    short = render_reconciliation_markdown(found)
    assert all("Repaired, and nothing of the plan differs" in text for text in (page, short))
    assert all(
        f"applied-{region}.jsonl" in text
        for region in (EAST, WEST)
        for text in (page, short.replace("\\", ""))
    )
    assert rows(estate)[0][LATER] == rows(estate)[1][LATER] == "(7,later)"


def test_a_repair_is_not_begun_where_no_row_is_to_be_changed(make_estate: Flow, reconcile: Flow) -> None:
    """It would hold the estate for nothing."""
    estate = make_estate()

    found: Findings = reconcile(estate, then="repair")

    assert (found.plan, found.repair) == (None, None)


def test_a_repair_of_more_rows_than_a_plan_may_have_is_refused(make_estate: Flow, reconcile: Flow) -> None:
    estate = make_estate(recovery={"reconciliation": {"most_rows": 2}})
    for n in range(3):
        put(estate, EAST, ((str(n),), f"({n},east's)"), at=NOON)

    found: Findings = reconcile(estate, then="repair")

    assert found.repair
    assert found.repair.startswith("Nothing was repaired: more rows have drifted than")
    assert "compare fewer tables" in found.repair
    assert "there is no plan of a repair" in found.verdict


def test_a_row_that_was_written_since_stays_and_is_told(
    estate: FakeEstate, reconcile: Flow, repair: Flow
) -> None:
    reconcile(estate)
    put(estate, EAST, (LATER, "(7,newest)"), at=NOON + timedelta(seconds=5))

    told = repair(estate, plan="comparison-1")

    assert rows(estate)[0][LATER] == "(7,newest)"
    assert told.startswith("repair-1: Repaired in part: rows of the plan differ")
    report = report_of(estate)
    assert (report.rows, report.left) == (1, 1)
    assert report.compared
    assert [(one.table, one.key) for one in report.compared.some] == [(TABLE.path, LATER)]
    assert "compare and plan again" in report.ending.next[0]


def test_a_row_written_between_the_look_and_the_lock_is_left_and_the_others_are_repaired(
    estate: FakeEstate, reconcile: Flow, repair: Flow
) -> None:
    reconcile(estate)
    estate.region(EAST).tables.meanwhile(
        "apply", lambda: put(estate, EAST, (LATER, "(7,newest)"), at=NOON + timedelta(seconds=5))
    )

    repair(estate, plan="comparison-1")

    assert rows(estate)[0][LATER] == "(7,newest)"
    assert rows(estate)[1][OWN] == "(90,east's)"
    assert report_of(estate).left == 1


def test_a_dry_run_says_how_the_plan_stands(estate: FakeEstate, reconcile: Flow, repair: Flow) -> None:
    reconcile(estate)
    put(estate, EAST, (LATER, "(7,newest)"), at=NOON + timedelta(seconds=5))
    before = rows(estate)

    told = repair(estate, plan="comparison-1", dry_run=True)

    assert told.splitlines() == [
        f"{EAST}: 0 rows to repair, 0 are well, 1 were written since and would stay",
        f"{WEST}: 1 rows to repair, 0 are well, 0 were written since and would stay",
        f"{EAST}, {TABLE.path}: 1 updated, 0 inserted, 0 deleted",
        f"{WEST}, {TABLE.path}: 0 updated, 1 inserted, 0 deleted",
        "Nothing was changed.",
    ]
    assert rows(estate) == before
    assert read(estate.outside.journal, "repair-1") == []


def test_a_database_that_refuses_does_not_keep_the_other_region_from_being_repaired(
    estate: FakeEstate, reconcile: Flow, repair: Flow
) -> None:
    reconcile(estate)
    estate.region(EAST).tables.standby = True

    told = repair(estate, plan="comparison-1")

    assert told.startswith("repair-1: Repaired in part: rows of the plan differ")
    assert rows(estate)[1][OWN] == "(90,east's)"
    report = report_of(estate)
    assert len(report.refused) == 1
    assert "eden_task refused: it is a standby" in report.refused[0]
    assert report.ending.outcome == "repaired in part"


def test_regions_that_do_not_hear_each_other_are_not_repaired(
    estate: FakeEstate, reconcile: Flow, repair: Flow
) -> None:
    reconcile(estate)
    before = rows(estate)
    estate.region(WEST).database.stop_applying()

    with pytest.raises(NotReady, match=f"{WEST} applies what the other region writes: .* do not"):
        repair(estate, plan="comparison-1")

    assert rows(estate) == before


def test_a_repair_does_not_begin_while_another_operation_holds_the_estate(
    estate: FakeEstate, reconcile: Flow, repair: Flow
) -> None:
    reconcile(estate)
    take(estate.outside.journal, estate.name, Claim(operation="failover-1", holder="me", since=wall_clock()))

    with pytest.raises(EpochHeld, match="failover-1"):
        repair(estate, plan="comparison-1")


def test_more_rows_than_a_plan_may_have_are_told_and_not_planned(make_estate: Flow, reconcile: Flow) -> None:
    estate = make_estate(recovery={"reconciliation": {"most_rows": 5}})
    estate.region(EAST).tables.put(TABLE, {(str(n),): f"({n},east)" for n in range(6)})

    found: Findings = reconcile(estate)

    assert (found.drifted, found.plan and found.plan.name) == (6, None)
    assert "more rows have drifted than recovery.reconciliation.most_rows, which is 5" in str(found.plan)


def test_the_last_write_is_not_guessed_where_the_clocks_are_apart(
    estate: FakeEstate, reconcile: Flow
) -> None:
    database = estate.region(EAST).database
    beat = database.beat
    database.beat = lambda region: beat(region) + timedelta(seconds=3)  # type: ignore[method-assign]

    found: Findings = reconcile(estate)

    assert found.plan
    assert [one.why for one in found.plan.queue if "clocks" in one.why] == [
        "the regions' clocks are 3.0 s apart, more than 0.5 s: no write is known to be later"
    ]
    assert [one.region for one in found.plan.changes] == [WEST]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"plan": "comparison-9"}, "comparison-9 has no plan in the journal's stores"),
        ({"undoes": "repair-9"}, "There is nothing to do: what takes repair-9 back changes no row"),
    ],
)
def test_what_there_is_not_is_refused_by_name(
    estate: FakeEstate, repair: Flow, fields: dict[str, str], told: str
) -> None:
    with pytest.raises(Refused, match=told):
        repair(estate, **fields)


def test_a_row_that_its_winner_has_deleted_since_does_not_come_back(
    estate: FakeEstate, reconcile: Flow, repair: Flow
) -> None:
    """The deletion found no row in the other region, and is through: only the winner tells of it."""
    reconcile(estate)
    estate.region(EAST).tables.put(TABLE, {OWN: None})

    repair(estate, plan="comparison-1")

    assert OWN not in rows(estate)[1]
    assert report_of(estate).left == 1


def test_a_row_that_its_winner_has_written_since_is_left(
    estate: FakeEstate, reconcile: Flow, repair: Flow
) -> None:
    reconcile(estate)
    put(estate, WEST, (LATER, "(7,latest)"), at=NOON + timedelta(seconds=9))

    repair(estate, plan="comparison-1")

    assert rows(estate)[0][LATER] == "(7,earlier)"


def test_a_plan_is_not_made_anew_under_a_name_that_somebody_may_have_read(
    estate: FakeEstate, reconcile: Flow
) -> None:
    reconcile(estate)

    with pytest.raises(Refused, match="There is a plan called comparison-1 already"):
        reconcile(estate)
