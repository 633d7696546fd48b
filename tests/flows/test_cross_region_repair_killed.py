"""A repair of both regions that is killed at any write of its journal: it is gone on with, and ends the same."""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import pytest
from mortal import Killed, Process, done_twice

from recovery import operation_journal
from recovery.epoch import holder_of
from recovery.errors import OperationClosed
from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate
from recovery.fakes.tables import Written
from recovery.fakes.world import wall_clock
from recovery.journal import Event, Kind, find

EAST, WEST = REGIONS = ("us-east-1", "us-west-2")
TABLE = orders("eden_task").name
PARTS = 4
Flow = Callable[..., Any]


def differing(make: Flow, process: Process, reconcile: Flow) -> FakeEstate:
    """Each region lacks an order that the other one wrote, and a plan says so."""
    estate: FakeEstate = make(process.stores)
    for region, key in zip(REGIONS, (("1",), ("2",)), strict=True):
        tables = estate.region(region).tables
        tables.put(TABLE, {key: f"({key[0]},{region})"})
        tables.written[TABLE, key] = Written(foreign=False, at=wall_clock())
    reconcile(estate)
    return estate


def journal_of(estate: FakeEstate) -> Sequence[Event]:
    return operation_journal.read(estate.outside.journal, "repair-1")


def ended(estate: FakeEstate) -> list[object]:
    """What a repair leaves behind."""
    return [
        [estate.region(region).tables.rows for region in REGIONS],
        journal_of(estate)[-1].data.get("outcome"),
        holder_of(estate.outside.journal, estate.name),
        (estate.outside.reports / "repair-1" / "report.json").exists(),
    ]


@pytest.mark.parametrize("part", range(PARTS))
def test_a_repair_killed_at_any_write_is_resumed_to_the_same_end(
    make_estate: Flow, reconcile: Flow, repair: Flow, part: int
) -> None:
    """And can be taken back as a whole, also where a region was repaired before the kill."""
    undisturbed = differing(make_estate, Process(), reconcile)
    repair(undisturbed, plan="comparison-1")

    for written in count(part, PARTS):
        process = Process()
        estate = differing(make_estate, process, reconcile)
        before = [dict(estate.region(region).tables.rows[TABLE]) for region in REGIONS]
        process.lives_for = written + process.written
        try:
            repair(estate, plan="comparison-1")
        except Killed:
            process.lives()
        else:
            break
        try:
            repair(estate, plan="comparison-1")
        except OperationClosed:
            assert find(journal_of(estate), Kind.CLOSED)

        assert ended(estate) == ended(undisturbed), f"killed after {written} writes"
        assert done_twice(journal_of(estate)) == [], f"killed after {written} writes"
        repair(estate, undoes="repair-1", id="repair-2")
        assert [estate.region(region).tables.rows[TABLE] for region in REGIONS] == before

    assert written >= 12
