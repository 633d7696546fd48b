"""Two regions that a release has damaged, for the tests of restores that replace clusters."""

from collections.abc import Sequence
from typing import Any

from recovery import operation_journal
from recovery.backups import BackupKind
from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate
from recovery.journal import Event, Kind
from recovery.reconcile.shapes import Key

EAST, WEST = "us-east-1", "us-west-2"
TABLE = orders("eden_task").name
GOOD = {(str(n),): f"({n},good)" for n in range(5)}
Rows = dict[Key, str]


def both(estate: FakeEstate, rows: Rows) -> None:
    """Commit rows in both regions: they have crossed."""
    for copies in estate.copies.values():
        copies.history.commit({(TABLE, key): image for key, image in rows.items()})


def live(estate: FakeEstate, region: str) -> Rows:
    return dict(estate.copies[region].live.rows[TABLE])


def journal_of(estate: FakeEstate) -> Sequence[Event]:
    return operation_journal.read(estate.outside.journal, "restore-1")


def result_of(estate: FakeEstate, step: str) -> Any:
    return next(e.data["result"] for e in journal_of(estate) if (e.kind, e.step) == (Kind.DONE, step))


def a_release(estate: FakeEstate) -> int:
    """Have the same orders in both regions, backups of them; then a bad transaction that crosses, and a good one.

    Returns the bad one's number in the first region.
    """
    both(estate, GOOD)
    for copies in estate.copies.values():
        copies.backups.back_up(BackupKind.FULL, repository=1)
    both(estate, {("5",): "(5,good)"})
    bad = estate.copies[EAST].history.commit({(TABLE, ("1",)): None, (TABLE, ("2",)): "(2,bad)"})
    both(estate, {("1",): None, ("2",): "(2,bad)", ("6",): "(6,later)"})
    return bad.transaction


def untouched(estate: FakeEstate) -> bool:
    return all(estate.region(name).accepts_writes for name in (EAST, WEST)) and not any(
        copies.scratch.exists for copies in estate.copies.values()
    )
