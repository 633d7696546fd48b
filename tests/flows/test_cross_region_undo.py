"""A repair of both regions, taken back: just what it did, and no later than it was."""

from datetime import timedelta

import pytest
from differing import EAST, LATER, NOON, OWN, TABLE, WEST, Flow, differing, put, report_of, rows

from recovery.fakes.estate import FakeEstate


@pytest.fixture
def estate(make_estate: Flow) -> FakeEstate:
    return differing(make_estate)


def test_a_repair_is_taken_back_and_only_what_it_did(
    estate: FakeEstate, reconcile: Flow, repair: Flow
) -> None:
    before = rows(estate)
    reconcile(estate)
    repair(estate, plan="comparison-1")

    repair(estate, undoes="repair-1", id="repair-2")

    assert rows(estate) == before
    assert report_of(estate, "repair-2").operation.what == "what takes repair-1 back"


def test_what_is_taken_back_is_what_the_repair_did_and_nobody_has_written_since(
    estate: FakeEstate, reconcile: Flow, repair: Flow
) -> None:
    """A row that was well before, and one that was written since to what the repair had made of it, stay."""
    reconcile(estate)
    put(estate, WEST, (OWN, "(90,east's)"), at=NOON)
    repair(estate, plan="comparison-1")
    put(estate, EAST, (LATER, "(7,later)"), at=NOON + timedelta(seconds=9))
    after = rows(estate)

    repair(estate, undoes="repair-1", id="repair-2")

    assert rows(estate) == after


def test_what_is_taken_back_is_no_later_than_what_it_takes_back(
    estate: FakeEstate, reconcile: Flow, repair: Flow
) -> None:
    """A write that is on its way meanwhile stays the later one."""
    reconcile(estate)
    repair(estate, plan="comparison-1")

    repair(estate, undoes="repair-1", id="repair-2")

    assert estate.region(EAST).tables.written[TABLE, LATER].at == NOON + timedelta(seconds=1)
