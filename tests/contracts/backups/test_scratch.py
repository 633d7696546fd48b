"""What every `Scratch` promises, in memory and restored from real backups."""

from collections.abc import Callable
from typing import Protocol

import pytest

from recovery.backups import Backup
from recovery.errors import Refused
from recovery.restore_point import Target, TargetKind
from recovery.restore_ports import Archiving, Backups, Mark, Replayed, Scratch
from recovery.waiting import wait_until

OWN = 1
"""The repository in the cluster's own region."""
Archived = Callable[[], Mark]


class Side(Protocol):
    """A live cluster, and what is true in its scratch cluster by queries of our own."""

    def write(self, number: int) -> int:
        """Commit a row in the live cluster, and return the number of its transaction."""

    def restored(self) -> list[int]:
        """Return the rows of the scratch cluster."""

    def takes_writes(self) -> bool:
        """Return whether the scratch cluster does; it may have a row more afterwards."""

    def is_there(self) -> bool:
        """Return whether anything is left of the scratch cluster."""


class Stands(Protocol):
    """Have the scratch cluster replay, from a fetched backup or from where it is."""

    def __call__(self, target: Target, *, fetched: bool = True) -> Replayed:
        """Return how it stands at *target*."""


@pytest.fixture
def backup(backups: Backups) -> Backup:
    return backups.kept().usable(OWN)[0]


@pytest.fixture
def stands(scratch: Scratch, backup: Backup) -> Stands:
    def replayed(target: Target, *, fetched: bool = True) -> Replayed:
        if fetched:
            scratch.fetch(backup, target)
        scratch.replay(target)

        def ended() -> tuple[Replayed | None, str]:
            seen = scratch.look()
            return (seen if seen.ended else None), f"replayed to {seen.lsn}"

        return wait_until(ended, what=f"the replay up to {target}", deadline_s=20)

    return replayed


def before(transaction: int) -> Target:
    return Target(kind=TargetKind.BEFORE_TRANSACTION, value=str(transaction))


def after(transaction: int) -> Target:
    return Target(kind=TargetKind.AFTER_TRANSACTION, value=str(transaction))


def test_what_is_committed_before_a_mark_is_replayed_and_what_is_committed_after_it_is_not(
    archiving: Archiving, side: Side, archived: Archived, stands: Stands
) -> None:
    """The copy stands there, read only, and tells the last commit that it has."""
    committed = archiving.committed_at(side.write(1))
    mark = archived()
    side.write(2)
    archived()

    seen = stands(Target.time(mark.at))

    assert side.restored() == [1]
    assert (seen.ended, seen.promoted, seen.last_commit_at) == (True, False, committed)
    assert not side.takes_writes()


def test_a_replay_goes_on_to_each_later_moment_however_that_is_named(
    archiving: Archiving, side: Side, archived: Archived, stands: Stands
) -> None:
    """What is committed at a position, or at a time, is kept."""
    _, second, _ = (side.write(number) for number in (1, 2, 3))
    archiving.name_point("third")
    side.write(4)
    position = archiving.name_point("fourth")
    fifth = archiving.committed_at(side.write(5))
    side.write(6)
    archived()
    stands(before(second))
    assert side.restored() == [1]

    for target, rows in [
        (after(second), [1, 2]),
        (Target(kind=TargetKind.NAME, value="third"), [1, 2, 3]),
        (Target(kind=TargetKind.LSN, value=position), [1, 2, 3, 4]),
        (Target.time(fifth), [1, 2, 3, 4, 5]),
    ]:
        stands(target, fetched=False)
        assert side.restored() == rows, target


def test_a_fetch_and_a_replay_can_be_repeated(
    scratch: Scratch, backup: Backup, side: Side, archived: Archived, stands: Stands
) -> None:
    """A process that was killed in either of them begins it again."""
    target = after(side.write(1))
    side.write(2)
    archived()
    scratch.fetch(backup, target)
    first = stands(target)

    again = stands(target, fetched=False)

    assert again == first
    assert side.restored() == [1]


def test_a_moment_before_what_was_replayed_is_refused(side: Side, archived: Archived, stands: Stands) -> None:
    first, second = side.write(1), side.write(2)
    archived()
    stands(after(second))

    with pytest.raises(Refused, match="stop point is before consistent recovery point"):
        stands(before(first), fetched=False)


@pytest.mark.parametrize("kind_of_moment", [TargetKind.TIME, TargetKind.NAME])
def test_a_moment_that_never_comes_is_refused_and_the_backup_is_as_good_as_before(
    scratch: Scratch,
    side: Side,
    archived: Archived,
    stands: Stands,
    kind_of_moment: TargetKind,
) -> None:
    """It is refused in PostgreSQL's words, once all that is archived was replayed."""
    target = after(side.write(1))
    archived()
    values = {TargetKind.TIME: "2099-01-01 00:00:00+00:00", TargetKind.NAME: "never made"}

    with pytest.raises(Refused, match="recovery ended before configured recovery target was reached"):
        stands(Target(kind=kind_of_moment, value=values[kind_of_moment]))

    scratch.remove()
    stands(target)
    assert side.restored() == [1]


def test_a_promotion_is_done_once_and_what_it_makes_is_sound(
    scratch: Scratch, side: Side, archived: Archived, stands: Stands
) -> None:
    """It has what it stood at, takes writes, and answers after its pages were looked at."""
    target = after(side.write(1))
    side.write(2)
    archived()
    stands(target)
    scratch.promote()

    scratch.promote()

    assert scratch.bad_pages() == []
    assert scratch.bad_structures() == []
    seen = scratch.look()
    assert (seen.ended, seen.promoted) == (True, True)
    assert side.restored() == [1]
    assert side.takes_writes()


def test_a_scratch_cluster_is_removed_however_far_it_came_and_however_often(
    scratch: Scratch, backup: Backup, side: Side, archived: Archived, stands: Stands
) -> None:
    """What was not begun, what is fetched, and what runs."""
    target = after(side.write(1))
    archived()
    came_so_far = [lambda: None, lambda: scratch.fetch(backup, target), lambda: stands(target)]

    for came in came_so_far:
        came()
        scratch.remove()
        scratch.remove()
        assert not side.is_there()


def test_what_is_fetched_is_there_until_it_is_removed(scratch: Scratch, backup: Backup, side: Side) -> None:
    assert not side.is_there()

    scratch.fetch(backup, after(side.write(1)))

    assert side.is_there()
    scratch.remove()
    assert not side.is_there()
