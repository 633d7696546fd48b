"""A restore that is killed at any write of its journal: it is gone on with, and ends the same."""

from collections.abc import Callable, Sequence
from itertools import count

import pytest
from mortal import Killed, Process, done_twice

from recovery import operation_journal
from recovery.backups import BackupKind
from recovery.epoch import holder_of
from recovery.errors import OperationClosed
from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate
from recovery.journal import Event, Kind, find

EAST, WEST = "us-east-1", "us-west-2"
TABLE = orders("eden_task").name
PARTS = 4
Restore = Callable[..., str]
Make = Callable[..., FakeEstate]
IN_PLACE = {"scope": "in place"}
SURGICAL = {"scope": "surgical", "tables": ["eden_task.public.orders"], "apply": True}


def damaged(make: Make, process: Process) -> tuple[FakeEstate, int]:
    """Orders, a backup of them, a bad transaction, and a good write after it."""
    estate = make(process.stores)
    copies = estate.copies[EAST]
    for each in estate.copies.values():
        each.history.commit({(TABLE, (str(n),)): f"({n},good)" for n in range(5)})
        each.backups.back_up(BackupKind.FULL, repository=1)
    bad = copies.history.commit({(TABLE, ("1",)): None, (TABLE, ("2",)): "(2,bad)"})
    copies.history.commit({(TABLE, ("7",)): "(7,later)"})
    return estate, bad.transaction


def journal_of(estate: FakeEstate) -> Sequence[Event]:
    return operation_journal.read(estate.outside.journal, "restore-1")


def ended(estate: FakeEstate) -> list[object]:
    """What a restore leaves behind."""
    both = estate.copies.values()
    return [
        [copies.live.rows for copies in both],
        [copies.scratch.exists for copies in both],
        [copies.scratch.before for copies in both],
        [copies.beside.rows if copies.scratch.exists else None for copies in both],
        [estate.region(name).accepts_writes for name in (EAST, WEST)],
        journal_of(estate)[-1].data.get("outcome"),
        holder_of(estate.outside.journal, estate.name),
        (estate.outside.reports / "restore-1" / "report.json").exists(),
    ]


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(
    "asked", [SURGICAL, {"keep": True}, IN_PLACE], ids=["surgical", "beside", "in place"]
)
def test_a_restore_killed_at_any_write_is_resumed_to_the_same_end(
    make_estate: Make, restore: Restore, asked: dict[str, object], part: int
) -> None:
    """Also between the two looks of a comparison: the scratch cluster can not go back to the first."""
    undisturbed, bad = damaged(make_estate, Process())
    restore(undisturbed, before_transaction=bad, **asked)

    for written in count(part, PARTS):
        process = Process(lives_for=written)
        estate, bad = damaged(make_estate, process)
        try:
            restore(estate, before_transaction=bad, **asked)
        except Killed:
            process.lives()
        else:
            break
        try:
            restore(estate, before_transaction=bad, **asked)
        except OperationClosed:
            assert find(journal_of(estate), Kind.CLOSED)

        assert ended(estate) == ended(undisturbed), f"killed after {written} writes"
        assert done_twice(journal_of(estate)) == [], f"killed after {written} writes"

    assert written >= 15
