"""What every `Backups` and every `Archiving` promises, in memory and on a real cluster."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

from lab.place import EAST, WEST
from recovery.backups import Backup, BackupKind
from recovery.restore_ports import Archiving, Backups, Mark, Scratch

OWN, OTHER = 1, 2
"""The repository in the cluster's own region, and the one in the other region."""
A_SECOND = timedelta(seconds=1)
"""Backups tell their times in whole seconds."""
Arrives = Callable[[Callable[[], object], str], None]


def test_a_backup_is_kept_in_its_repository_alone(backups: Backups) -> None:
    """It tells when it ended: that is the first moment that it can be restored to."""
    before, began = backups.kept(), datetime.now(UTC)

    backups.back_up(BackupKind.INCREMENTAL, repository=OTHER)

    kept = backups.kept()
    *others, made = kept.usable(OTHER)
    assert (tuple(others), kept.usable(OWN)) == (before.usable(OTHER), before.usable(OWN))
    assert (made.kind, made.repository, made.damaged) == (BackupKind.INCREMENTAL, OTHER, False)
    assert began - A_SECOND < made.stopped_at <= datetime.now(UTC)
    assert made.cluster_bytes > made.stored_bytes > 0


def test_each_repository_is_told_with_its_region(backups: Backups) -> None:
    kept = backups.kept()

    assert [(one.number, one.place, one.fault) for one in kept.repositories] == [
        (OWN, EAST, None),
        (OTHER, WEST, None),
    ]
    assert [kept.usable(number)[0].kind for number in (OWN, OTHER)] == [BackupKind.FULL, BackupKind.FULL]


def test_a_lost_repository_is_told_beside_the_one_that_is_left(
    backups: Backups, at_fault: Callable[[int], AbstractContextManager[Backups]]
) -> None:
    """A restore goes on with that: nothing fails, and no backup of the lost one is offered."""
    before = backups.kept()

    with at_fault(OTHER) as partly_lost:
        kept = partly_lost.kept()

    own, other = kept.repositories
    assert own == before.repositories[0]
    assert (other.number, other.place, bool(other.fault)) == (OTHER, WEST, True)
    assert (kept.usable(OWN), kept.usable(OTHER)) == (before.usable(OWN), ())


def test_a_file_that_is_not_as_it_was_written_is_found_and_nothing_once_it_is(
    backups: Backups, damaged: Callable[[Backup], AbstractContextManager[None]]
) -> None:
    backup = backups.kept().usable(OWN)[0]

    with damaged(backup):
        found = backups.verify(repository=OWN)

    assert any(backup.label in line for line in found)
    assert any("checksum invalid: 1" in line for line in found)
    assert backups.verify(repository=OWN) == []


def test_a_mark_ends_its_segment_which_is_archived(
    archiving: Archiving, archived: Callable[[], Mark], arrives: Arrives
) -> None:
    """The archiver tells it as the last one that arrived, with nothing behind it that waits or has failed."""
    first, second = archiving.mark(), archived()

    arrives(lambda: (archiving.archiver().last or "") >= second.segment, "the archiver's news of the segment")

    told, now = archiving.archiver(), datetime.now(UTC)
    assert first.segment < second.segment
    assert first.at <= second.at <= now
    assert (told.failed, told.waiting) == (None, 0)
    assert told.at is not None
    assert told.at <= now


def test_when_a_transaction_committed_is_told_and_nothing_of_one_that_has_not_begun(
    archiving: Archiving, write: Callable[[int], int]
) -> None:
    before = datetime.now(UTC)

    number = write(1)

    at = archiving.committed_at(number)
    assert at is not None
    assert before <= at <= datetime.now(UTC)
    assert archiving.committed_at(number + 100_000) is None


def test_a_scratch_cluster_would_be_of_the_live_one_s_version(
    archiving: Archiving, backups: Backups, scratch: Scratch
) -> None:
    """And there is room for it: otherwise nothing is begun."""
    room = scratch.room()

    assert room.version == archiving.version()
    assert room.free_bytes >= backups.kept().usable(OWN)[0].cluster_bytes
