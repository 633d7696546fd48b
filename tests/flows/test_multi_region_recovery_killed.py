"""A recovery of both regions that is killed at any point: it is gone on with, and ends the same."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from lost import EAST, WEST, journal_of, lose_both, rebuilt, third_place, with_stand_ins
from mortal import PARTS, Killed, Procedure, Process, killed_everywhere

from recovery.epoch import holder_of
from recovery.errors import NotReady
from recovery.fakes.estate import FakeEstate
from recovery.journal import Kind, find

pytestmark = pytest.mark.usefixtures("unorchestrated")
POINT = Kind.POINT_OF_NO_RETURN
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
def test_a_recovery_killed_anywhere_is_resumed_to_the_same_end(
    make_estate: Make, tmp_path: Path, recover: Callable[..., str], part: int
) -> None:
    recovery = Procedure(
        prepare=lambda process: lost(make_estate, tmp_path, process),
        run=recover,
        journal=journal_of,
        ended=ended,
    )

    for _ in killed_everywhere(recovery, part=part, least=40):
        pass


def test_killed_just_before_the_stand_ins_open_whoever_goes_on_looks_again(
    make_estate: Make, tmp_path: Path, recover: Callable[..., str]
) -> None:
    """It may go on hours later: a region that is back by then has newer data, and serves."""
    for lives_for in count(1):
        process = Process(lives_for=lives_for)
        estate = lost(make_estate, tmp_path, process)
        with pytest.raises(Killed):
            recover(estate)
        process.lives()
        if find(journal_of(estate), POINT):
            break
    estate.finds(EAST)

    with pytest.raises(NotReady, match=f"{EAST} has no cluster"):
        recover(estate)

    assert find(journal_of(estate), POINT)
    assert not any(third_place(estate).region(region).accepts_writes for region in (EAST, WEST))
