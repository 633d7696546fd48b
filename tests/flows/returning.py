"""An estate in memory whose us-east-1 was left and is there again, and orders that never left it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from recovery import operation_journal
from recovery.epoch import holder_of
from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate
from recovery.fakes.tables import Written
from recovery.fakes.world import wall_clock
from recovery.journal import Event, Kind
from recovery.operation_journal import left_by
from recovery.reconcile.shapes import Key
from recovery.report.failback_compose import compose_failback
from recovery.report.failback_document import FailbackReport
from recovery.salvage.ports import Did, UnsentChange

EAST, WEST = "us-east-1", "us-west-2"
GROUP = "eden_task"
TABLE = orders(GROUP).name
LONG_AGO = timedelta(hours=1)
MISSED, DELETED = ("20",), ("21",)
NEW, CHANGED, GONE, CONTESTED = ("1",), ("2",), ("3",), ("4",)
Flow = Callable[..., str]
Rows = dict[Key, str]
Row = tuple[Key, str | None]
"""An order's key, and its text; None where it is deleted."""


def came_back(estate: FakeEstate, leave: Flow) -> FakeEstate:
    """Return the estate after us-east-1 was lost and left, and is there again, open as it was."""
    estate.loses(EAST)
    leave(estate)
    estate.finds(EAST)
    return estate


def with_unsent(estate: FakeEstate, leave: Flow) -> FakeEstate:
    """The same, with four orders that never left: a new one, a changed one, one deleted, and one both wrote."""
    long_ago = wall_clock() - LONG_AGO
    for key in (CHANGED, GONE, CONTESTED):
        writes(estate, EAST, (key, "old"), at=long_ago)
        writes(estate, WEST, (key, "old"), at=long_ago, foreign=True)
    lost = wall_clock()
    never_leaves(estate, (NEW, "east's"), did=Did.INSERT, at=lost)
    never_leaves(estate, (CHANGED, "east's"), did=Did.UPDATE, at=lost)
    never_leaves(estate, (GONE, None), did=Did.DELETE, at=lost)
    never_leaves(estate, (CONTESTED, "east's"), did=Did.UPDATE, at=lost)
    came_back(estate, leave)
    writes(estate, WEST, (CONTESTED, "west's"), at=wall_clock())
    return estate


def with_a_gap(estate: FakeEstate, leave: Flow) -> FakeEstate:
    """The same, and the serving region has not kept what it wrote meanwhile, of their node group."""
    long_ago = wall_clock() - LONG_AGO
    writes(estate, EAST, (DELETED, "old"), at=long_ago)
    writes(estate, WEST, (DELETED, "old"), at=long_ago, foreign=True)
    with_unsent(estate, leave)
    writes(estate, WEST, (MISSED, "west's"), at=wall_clock())
    writes(estate, WEST, (DELETED, None), at=wall_clock())
    estate.region(WEST).sending.loses(GROUP)
    return estate


def writes(estate: FakeEstate, region: str, row: Row, *, at: datetime, foreign: bool = False) -> None:
    """Have an application write an order in a region; the text None deletes it."""
    tables, (key, text) = estate.region(region).tables, row
    tables.put(TABLE, {key: None if text is None else f"({key[0]},{text})"})
    tables.written[TABLE, key] = Written(foreign=foreign, at=at)


def never_leaves(estate: FakeEstate, row: Row, *, did: Did, at: datetime) -> None:
    """Have us-east-1 commit an order that the other region does not get."""
    writes(estate, EAST, row, at=at)
    kept = estate.region(EAST).sending.kept
    kept.append(UnsentChange(TABLE, row[0], did, len(kept) + 1, at))


def rows(estate: FakeEstate) -> tuple[Rows, Rows]:
    """What both regions have of the orders."""
    east, west = (dict(estate.region(region).tables.rows[TABLE]) for region in (EAST, WEST))
    return east, west


def journal_of(estate: FakeEstate, operation: str = "failback-2") -> Sequence[Event]:
    return operation_journal.read(estate.outside.journal, operation)


def steps(estate: FakeEstate, kind: Kind, operation: str = "failback-2") -> list[str]:
    return [event.step for event in journal_of(estate, operation) if event.kind is kind and event.step]


def report_of(estate: FakeEstate, operation: str = "failback-2") -> FailbackReport:
    return compose_failback(journal_of(estate, operation))


def is_free(estate: FakeEstate) -> bool:
    return holder_of(estate.outside.journal, estate.name) is None


def is_left(estate: FakeEstate) -> bool:
    return left_by(estate.outside.journal, EAST, but="") is not None


def is_fenced(estate: FakeEstate) -> bool:
    """Whether us-east-1 takes no write of a customer, and is sent none."""
    place = estate.world.places[EAST]
    closed = place.fenced and place.shut_out and place.cache_fenced
    return closed and estate.shares == {WEST: 1.0} and estate.stops[EAST].is_there
