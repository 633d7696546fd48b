"""What a comparison of the two regions has not compared, though nobody asked to leave it out: it is told."""

from collections.abc import Callable

import pytest
from differing import EAST, TABLE, WEST, alike, planted

from recovery.fakes.estate import FakeEstate
from recovery.objectives import Judgement
from recovery.reconcile.findings import Findings
from recovery.reconcile.shapes import TableName

Reconcile = Callable[..., Findings]


@pytest.fixture
def estate(make_estate: Callable[..., FakeEstate]) -> FakeEstate:
    return alike(make_estate)


def test_a_table_in_no_replication_set_is_named_and_nothing_is_said_of_it(
    estate: FakeEstate, reconcile: Reconcile
) -> None:
    """One that somebody forgot to add would otherwise be missed without a word."""
    for region in (EAST, WEST):
        estate.region(region).tables.alone.add(TABLE)
    planted(estate)

    found = reconcile(estate)

    assert [(one.table, one.why) for one in found.unreplicated] == [
        (TABLE.path, "it is in no replication set, and each region keeps its own")
    ]
    assert (found.judgement, found.headline) == (Judgement.MET, "Nothing differs in what is replicated")
    assert "1 tables are not replicated" in found.verdict
    assert TABLE.path in (estate.outside.reports / "comparison-1" / "report.html").read_text()


def test_a_table_in_no_set_that_one_region_alone_has_is_named_and_the_tools_own_are_not(
    estate: FakeEstate, reconcile: Reconcile
) -> None:
    tables = estate.region(EAST).tables
    for name in ("mars", "replication_conflicts", "dr_conflict_log"):
        shape = tables.shapes[TABLE].model_copy(update={"name": TableName("eden_task", "public", name)})
        tables.shapes[shape.name], tables.rows[shape.name] = shape, {}
        tables.alone.add(shape.name)

    found = reconcile(estate)

    assert [(one.table, one.why) for one in found.unreplicated] == [
        ("eden_task.public.mars", f"it is in no replication set, and {EAST} alone has it")
    ]
    assert reconcile(estate, node_groups=["eden_vault"], id="comparison-2").unreplicated == []


def test_replication_that_is_too_late_at_the_end_loses_no_report(
    estate: FakeEstate, reconcile: Reconcile
) -> None:
    """Nothing differs, and so the second mark is the last one."""
    marks = iter(range(9))
    database = estate.region(EAST).database
    database.meanwhile("beat", lambda: setattr(estate, "link_cut", next(marks) > 0))

    found = reconcile(estate, fence_seconds=0.2)

    assert [one.table for one in found.unfinished] == ["the last mark"]
    assert f"a mark of {EAST} in the other region" in found.unfinished[0].why
    assert (found.lag_after, found.judgement) == (None, Judgement.NOT_MEASURED)
    page = (estate.outside.reports / "comparison-1" / "report.html").read_text()
    assert "a mark of us-east-1 in the other region" in page
