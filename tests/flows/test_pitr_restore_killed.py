"""A restore that is killed at any point: it is gone on with, and ends the same."""

from collections.abc import Callable, Sequence

import pytest
from mortal import PARTS, Procedure, Process, killed_everywhere

from recovery import operation_journal
from recovery.backups import BackupKind
from recovery.epoch import holder_of
from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate
from recovery.journal import Event

pytestmark = pytest.mark.usefixtures("unorchestrated")
EAST, WEST = "us-east-1", "us-west-2"
TABLE = orders("eden_task").name
Restore = Callable[..., str]
Make = Callable[..., FakeEstate]
IN_PLACE, TWO_REGION = {"scope": "in place"}, {"scope": "two region"}
SURGICAL = {"scope": "surgical", "tables": ["eden_task.public.orders"], "apply": True}


def damaged(make: Make, process: Process) -> FakeEstate:
    """Orders, a backup of them, a bad transaction, and a good write after it."""
    estate = make(process.stores)
    copies = estate.copies[EAST]
    for each in estate.copies.values():
        each.history.commit({(TABLE, (str(n),)): f"({n},good)" for n in range(5)})
        each.backups.back_up(BackupKind.FULL, repository=1)
    copies.history.commit({(TABLE, ("1",)): None, (TABLE, ("2",)): "(2,bad)"})
    copies.history.commit({(TABLE, ("7",)): "(7,later)"})
    return estate


def bad_one(estate: FakeEstate) -> int:
    """Return the number of the second transaction, which is the bad one."""
    return estate.copies[EAST].history.commits[1].transaction


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
    "asked",
    [SURGICAL, {"keep": True}, IN_PLACE, TWO_REGION],
    ids=["surgical", "beside", "in place", "two region"],
)
def test_a_restore_killed_anywhere_is_resumed_to_the_same_end(
    make_estate: Make, restore: Restore, asked: dict[str, object], part: int
) -> None:
    """Also between the two looks of a comparison: the scratch cluster can not go back to the first."""
    restored = Procedure(
        prepare=lambda process: damaged(make_estate, process),
        run=lambda estate: restore(estate, before_transaction=bad_one(estate), **asked),
        journal=journal_of,
        ended=ended,
    )

    for _ in killed_everywhere(restored, part=part, least=20):
        pass
