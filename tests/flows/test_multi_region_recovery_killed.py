"""A recovery of both regions that is killed at any write of its journal: it is gone on with, and ends the same."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from lost import EAST, WEST, journal_of, lose_both, rebuilt, third_place, with_stand_ins
from mortal import Killed, Process, done_twice

from recovery.epoch import holder_of
from recovery.errors import OperationClosed
from recovery.fakes.estate import FakeEstate
from recovery.journal import Kind, find

PARTS = 4
Make = Callable[..., FakeEstate]


def lost(make: Make, folder: Path, process: Process) -> FakeEstate:
    estate = with_stand_ins(make, folder, stores=process.stores)
    lose_both(estate)
    return estate


def ended(estate: FakeEstate) -> list[object]:
    """What a recovery leaves behind."""
    both = third_place(estate).copies.values()
    return [
        [rebuilt(estate, region) for region in (EAST, WEST)],
        [copies.scratch.exists for copies in both],
        [third_place(estate).region(name).accepts_writes for name in (EAST, WEST)],
        [record.address for record in estate.route53.records],
        journal_of(estate)[-1].data.get("outcome"),
        holder_of(estate.outside.journal, estate.name),
        (estate.outside.reports / "recovery-1" / "report.json").exists(),
    ]


@pytest.mark.parametrize("part", range(PARTS))
def test_a_recovery_killed_at_any_write_is_resumed_to_the_same_end(
    make_estate: Make, tmp_path: Path, recover: Callable[..., str], part: int
) -> None:
    undisturbed = lost(make_estate, tmp_path, Process())
    recover(undisturbed)

    for written in count(part, PARTS):
        process = Process(lives_for=written)
        estate = lost(make_estate, tmp_path, process)
        try:
            recover(estate)
        except Killed:
            process.lives()
        else:
            break
        try:
            recover(estate)
        except OperationClosed:
            assert find(journal_of(estate), Kind.CLOSED)

        assert ended(estate) == ended(undisturbed), f"killed after {written} writes"
        again = set(done_twice(journal_of(estate))) - {"still_lost"}  # whoever goes on looks for himself
        assert not again, f"killed after {written} writes"

    assert written >= 30
