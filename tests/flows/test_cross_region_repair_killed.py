"""A repair of both regions that is killed at any point: it is gone on with, and ends the same."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from mortal import PARTS, Procedure, Process, killed_everywhere

from recovery import operation_journal
from recovery.epoch import holder_of
from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate
from recovery.fakes.tables import Written
from recovery.fakes.world import wall_clock
from recovery.journal import Event

pytestmark = pytest.mark.usefixtures("unorchestrated")
EAST, WEST = REGIONS = ("us-east-1", "us-west-2")
TABLE = orders("eden_task").name
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


def rows(estate: FakeEstate) -> list[object]:
    return [dict(estate.region(region).tables.rows[TABLE]) for region in REGIONS]


def ended(estate: FakeEstate) -> list[object]:
    """What a repair leaves behind."""
    return [
        rows(estate),
        journal_of(estate)[-1].data.get("outcome"),
        holder_of(estate.outside.journal, estate.name),
        (estate.outside.reports / "repair-1" / "report.json").exists(),
    ]


@pytest.mark.parametrize("part", range(PARTS))
def test_a_repair_killed_anywhere_is_resumed_to_the_same_end(
    make_estate: Flow, reconcile: Flow, repair: Flow, part: int
) -> None:
    """And can be taken back as a whole, also where a region was repaired before the kill."""
    repaired = Procedure(
        prepare=lambda process: differing(make_estate, process, reconcile),
        run=lambda estate: repair(estate, plan="comparison-1"),
        journal=journal_of,
        ended=ended,
    )
    unrepaired = rows(differing(make_estate, Process(), reconcile))

    for lives_for, estate in killed_everywhere(repaired, part=part, least=15):
        repair(estate, undoes="repair-1", id="repair-2")
        assert rows(estate) == unrepaired, f"killed after {lives_for} points"
