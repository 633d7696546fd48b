"""Orders of an estate in memory that differ between its regions."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate
from recovery.fakes.tables import Written
from recovery.operation_journal import read
from recovery.reconcile.shapes import Key
from recovery.report.repair_compose import compose_repair
from recovery.report.repair_document import RepairReport

EAST, WEST = "us-east-1", "us-west-2"
TABLE = orders("eden_task").name
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
Flow = Callable[..., Any]
Images = dict[Key, str]
LATER, OWN, FOREIGN = ("7",), ("90",), ("91",)


def differing(make_estate: Flow) -> FakeEstate:
    """Two orders that differ between the regions and are decided by rule, and one that a person decides about."""
    estate: FakeEstate = make_estate()
    for region in (EAST, WEST):
        estate.region(region).tables.put(TABLE, {(str(n),): f"({n},same)" for n in range(20)})
    put(estate, EAST, (LATER, "(7,earlier)"), at=NOON)
    put(estate, WEST, (LATER, "(7,later)"), at=NOON + timedelta(seconds=1))
    put(estate, EAST, (OWN, "(90,east's)"), at=NOON)
    put(estate, EAST, (FOREIGN, "(91,west's)"), at=NOON, foreign=True)
    return estate


def put(
    estate: FakeEstate, region: str, row: tuple[Key, str], *, at: datetime, foreign: bool = False
) -> None:
    tables, (key, image) = estate.region(region).tables, row
    tables.put(TABLE, {key: image})
    tables.written[TABLE, key] = Written(foreign=foreign, at=at)


def rows(estate: FakeEstate) -> tuple[Images, Images]:
    """What both regions have of the three orders."""
    east, west = (
        {
            key: image
            for key, image in estate.region(region).tables.rows[TABLE].items()
            if int(key[0]) in (7, 90, 91)
        }
        for region in (EAST, WEST)
    )
    return east, west


def report_of(estate: FakeEstate, operation: str = "repair-1") -> RepairReport:
    return compose_repair(read(estate.outside.journal, operation))


def alike(make_estate: Flow, **settings: object) -> FakeEstate:
    """Fifty orders, the same in both regions."""
    estate: FakeEstate = make_estate(**settings)
    for region in (EAST, WEST):
        estate.region(region).tables.put(TABLE, {(str(n),): f"({n},same)" for n in range(50)})
    return estate


def planted(estate: FakeEstate) -> None:
    """Have one order of each kind of drift."""
    estate.region(EAST).tables.put(TABLE, {("7",): "(7,secret east)", ("90",): "(90,east)"})
    estate.region(WEST).tables.put(TABLE, {("91",): "(91,west)"})
