"""What is kept of a cluster, what a restore can reach with it, and whether it would end in time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recovery.backup_readiness import backup_findings
from recovery.backups import Backup, BackupKind, Kept, Rates, Repository, newest_before, predicted, reachable
from recovery.fakes.estate import FakeEstate
from recovery.restore_ports import Archiver

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
QUICK = Rates(fetch_bytes_s=1e6, replay_s_s=60, overhead_s=5)
ARCHIVING = Archiver(last="000000010000000000000042", at=NOW - timedelta(seconds=60), failed=None, waiting=1)


def a_backup(*, hours_ago: float, repository: int = 1, **more: Any) -> Backup:
    at = NOW - timedelta(hours=hours_ago)
    fields: dict[str, Any] = {
        "label": f"{at:%Y%m%d-%H%M%S}F",
        "kind": BackupKind.FULL,
        "repository": repository,
        "started_at": at - timedelta(minutes=1),
        "stopped_at": at,
        "stop_lsn": "0/1",
        "wal_stop": "000000010000000000000001",
        "cluster_bytes": 100_000_000,
        "stored_bytes": 10_000_000,
    }
    return Backup(**fields | more)


def kept(*backups: Backup, faults: dict[int, str] | None = None) -> Kept:
    places = {1: "us-east-1", 2: "us-west-2"}
    repositories = [
        Repository(number=number, place=place, fault=(faults or {}).get(number))
        for number, place in places.items()
    ]
    return Kept(stanza="tested", repositories=tuple(repositories), backups=backups)


def test_a_restore_reaches_from_the_oldest_sound_backup_to_the_newest_archived_commit() -> None:
    both = kept(a_backup(hours_ago=30, damaged=True), a_backup(hours_ago=20), a_backup(hours_ago=2))

    found = reachable(both, 1, archived_until=NOW)

    assert found is not None
    assert (found.first, found.last) == (NOW - timedelta(hours=20), NOW)
    assert NOW - timedelta(hours=21) not in found
    assert NOW + timedelta(microseconds=1) not in found


def test_nothing_is_reached_from_a_repository_at_fault() -> None:
    assert reachable(kept(a_backup(hours_ago=1), faults={1: "gone"}), 1, archived_until=NOW) is None


def test_a_restore_begins_with_the_newest_backup_that_stopped_by_then() -> None:
    """One that was under way at the moment can not reach it."""
    early, late = a_backup(hours_ago=3), a_backup(hours_ago=1)

    assert newest_before([early, late], NOW - timedelta(hours=1, microseconds=1)) == early
    assert newest_before([early, late], NOW - timedelta(hours=1)) == late
    assert newest_before([early], NOW - timedelta(hours=4)) is None


def test_a_prediction_adds_up_bytes_and_commits_over_their_rates() -> None:
    """100 MB at 1 MB/s, an hour of commits at 60 s a second, and 5 s beside it."""
    assert predicted(a_backup(hours_ago=1), NOW, QUICK) == timedelta(seconds=100 + 60 + 5)


SOUND = [a_backup(hours_ago=1), a_backup(hours_ago=1, repository=2)]


@pytest.mark.parametrize(
    ("what", "archiver", "rates", "failing"),
    [
        (kept(*SOUND), ARCHIVING, QUICK, []),
        (kept(SOUND[0]), ARCHIVING, QUICK, ["a sound backup is in us-west-2"]),
        (kept(*SOUND, faults={1: "gone"}), ARCHIVING, QUICK, ["a sound backup is in us-east-1"]),
        (
            kept(SOUND[0], a_backup(hours_ago=27, repository=2)),
            ARCHIVING,
            QUICK,
            ["a sound backup is in us-west-2", "a restore ends within the RTO"],
        ),
        (kept(*SOUND), None, QUICK, ["WAL is archived"]),
        (
            kept(*SOUND),
            ARCHIVING.model_copy(update={"at": NOW - timedelta(minutes=4)}),
            QUICK,
            ["WAL is archived"],
        ),
        (kept(*SOUND), ARCHIVING.model_copy(update={"failed": "00000001"}), QUICK, ["WAL is archived"]),
        (kept(*SOUND), ARCHIVING, None, ["a restore ends within the RTO"]),
        (
            kept(*SOUND),
            ARCHIVING,
            QUICK.model_copy(update={"overhead_s": 900}),
            ["a restore ends within the RTO"],
        ),
    ],
)
def test_what_would_keep_a_restore_from_being_possible_in_time_is_told(
    make_estate: Callable[..., FakeEstate],
    what: Kept,
    archiver: Archiver | None,
    rates: Rates | None,
    failing: list[str],
) -> None:
    """An RTO of 15 minutes, a backup a day, WAL within 3 minutes: as the estate file says."""
    file = make_estate().file

    whole = {repository.place: list[str]() for repository in what.repositories}

    found = backup_findings(file, what, archiver, holes=whole, rates=rates, now=NOW)

    assert [finding.check for finding in found if not finding.ok] == failing


def test_a_hole_in_the_archive_is_told_with_its_first_segment(make_estate: Callable[..., FakeEstate]) -> None:
    """A restore from before it ends there; an archive that could not be asked is not called whole."""
    holes = {"us-east-1": ["000000010000000000000017", "000000010000000000000018"]}

    found = backup_findings(make_estate().file, kept(*SOUND), ARCHIVING, holes=holes, rates=QUICK, now=NOW)

    told = [str(finding) for finding in found if not finding.ok]
    assert [line.partition(";")[0] for line in told] == [
        "the WAL in us-east-1 has no hole: 2 segments are missing, the first is 000000010000000000000017",
        "the WAL in us-west-2 has no hole: it could not be asked",
    ]
