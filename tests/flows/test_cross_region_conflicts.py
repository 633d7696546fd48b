"""Rows of which pglogical has logged a conflict, compared alone, in an estate in memory."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from differing import EAST, TABLE, WEST, alike, planted

from recovery.fakes.estate import FakeEstate
from recovery.fakes.tables import Written
from recovery.fakes.world import wall_clock
from recovery.objectives import Judgement
from recovery.reconcile.conflicts import Conflict, ConflictKind, LogPlace, Resolution, Version
from recovery.reconcile.findings import Findings
from recovery.reconcile.shapes import Key

Reconcile = Callable[..., Findings]


@pytest.fixture
def estate(make_estate: Callable[..., FakeEstate]) -> FakeEstate:
    return alike(make_estate)


def a_conflict(key: Key | None, kind: ConflictKind = ConflictKind.UPDATE_UPDATE, **more: Any) -> Conflict:
    at = wall_clock()
    values: dict[str, Any] = {
        "logged_at": at,
        "table": TABLE,
        "kind": kind,
        "resolution": Resolution.KEEP_LOCAL,
        "key": key,
        "local_key": key,
        "remote": Version(at, "from_there"),
        "remote_lsn": "A/1",
        "local": None,
        "place": LogPlace("", 0),
    }
    return Conflict(**values | more)


def test_rows_of_real_conflicts_alone_are_compared(estate: FakeEstate, reconcile: Reconcile) -> None:
    """Of three rows that differ, two had a conflict, of which one is a row that moved as it should."""
    planted(estate)
    log = estate.region(WEST).conflicts
    log.logs(a_conflict(("7",)))
    log.logs(a_conflict(("90",), resolution=Resolution.APPLY_REMOTE))
    estate.world.log.clear()

    found = reconcile(estate, look_at="conflicts")

    assert [(one.table, one.different, one.left_only) for one in found.tables] == [(TABLE.path, 1, 0)]
    assert (found.conflicts, found.drifted) == (1, 1)
    assert not [line for line in estate.log if line.endswith((": blocks", ": key_prints"))]


def test_without_a_conflict_nothing_differs_as_far_as_those_tell(
    estate: FakeEstate, reconcile: Reconcile
) -> None:
    found = reconcile(estate, look_at="conflicts")

    assert (found.judgement, found.verdict) == (Judgement.MET, "No real conflict was logged within a day.")


def test_a_conflict_that_does_not_tell_its_row_is_told(estate: FakeEstate, reconcile: Reconcile) -> None:
    estate.region(WEST).conflicts.logs(a_conflict(None))

    found = reconcile(estate, look_at="conflicts")

    assert [(one.table, "1 conflicts do not tell" in one.why) for one in found.not_compared] == [
        (TABLE.path, True)
    ]
    assert found.judgement is Judgement.NOT_MEASURED


@pytest.mark.parametrize(("conflicts_at", "told"), [("* * * * *", 1), (None, None)])
def test_a_whole_comparison_tells_conflicts_where_they_are_collected(
    make_estate: Callable[..., FakeEstate], reconcile: Reconcile, conflicts_at: str | None, told: int | None
) -> None:
    """Where nobody collects them, none on record is no news."""
    times = {"conflicts_at": conflicts_at} if conflicts_at else {}
    estate = alike(make_estate, recovery={"reconciliation": times})
    log = estate.region(WEST).conflicts
    log.logs(a_conflict(("7",)))
    log.logs(a_conflict(("90",), resolution=Resolution.APPLY_REMOTE))
    log.collect()

    found = reconcile(estate)

    assert (found.on_record, found.conflicts) == (told, None)
    page = (estate.outside.reports / "comparison-1" / "report.html").read_text()
    assert ("Real conflicts within a day, of all tables" in page) is bool(told)


def test_rows_of_conflicts_are_no_clean_pass_of_their_table(estate: FakeEstate, reconcile: Reconcile) -> None:
    estate.region(WEST).conflicts.logs(a_conflict(("3",)))
    reconcile(estate, look_at="conflicts")

    found = reconcile(estate, look_at="changed", id="comparison-2")

    assert not any(table.since for table in found.tables)


def test_a_deletion_on_record_decides_about_a_row_that_one_region_has(
    estate: FakeEstate, reconcile: Reconcile
) -> None:
    """The west deleted it after the east's version was written: the east's own log says so."""
    tables = estate.region(EAST).tables
    tables.put(TABLE, {("70",): "(70,gone)"})
    tables.written[TABLE, ("70",)] = Written(foreign=True, at=wall_clock() - timedelta(minutes=5))
    reconcile(estate)
    log = estate.region(EAST).conflicts
    log.logs(a_conflict(("70",), ConflictKind.DELETE_MISSING, resolution=Resolution.SKIP))
    log.collect()

    found = reconcile(estate, id="comparison-2")

    assert found.plan
    assert (found.plan.queue, found.plan.changes[0].deletes) == ([], 1)
