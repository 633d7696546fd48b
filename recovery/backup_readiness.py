"""Could this cluster be restored now, and in time? Each fact with its value, its limit, and what would mend it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from recovery.backups import Kept, Rates, predicted
from recovery.estate import EstateFile
from recovery.estate_file.backups import Backups
from recovery.findings import Finding
from recovery.restore_ports import Archiver

LATE = 3
"""Archiving may be so many times archive_seconds behind: one segment waits, one is under way."""


def backup_findings(  # noqa: PLR0913 - what is known of one cluster, by keyword
    file: EstateFile,
    kept: Kept,
    archiver: Archiver | None,
    *,
    holes: Mapping[str, Sequence[str]],
    rates: Rates | None,
    now: datetime,
) -> list[Finding]:
    """Return what makes a restore possible now; *archiver* is None where the live cluster does not answer.

    *holes* are the segments that each repository lacks, by its region; one that could not be asked is not in it.
    """
    if (block := file.settings.backups) is None:
        return []
    return [
        *newest_backups(kept, block, now),
        archived(archiver, block, now),
        *_whole(kept, holes),
        restored_in_time(kept, file.rto, rates=rates, now=now),
    ]


def newest_backups(kept: Kept, block: Backups, now: datetime) -> Iterator[Finding]:
    """Yield, for each repository, whether its newest sound backup is as young as the estate promises."""
    limit = timedelta(hours=block.newest_hours)
    for repository in kept.repositories:
        sound = kept.usable(repository.number)
        age = now - sound[-1].stopped_at if sound else None
        told = f"{sound[-1].label}, {_hours(age)} old, of {len(sound)}" if sound and age else "none"
        yield Finding(
            check=f"a sound backup is in {repository.place}",
            ok=age is not None and age <= limit,
            value=repository.fault or told,
            limit=f"{block.newest_hours} h",
            remedy="run the flow backup, and see why its schedule did not",
        )


def archived(archiver: Archiver | None, block: Backups, now: datetime) -> Finding:
    """Return whether WAL is archived as it is written."""
    check, limit_s = "WAL is archived", LATE * block.archive_seconds
    if archiver is None:
        return Finding(
            check=check, ok=False, value="the live cluster does not answer", remedy="mend it first"
        )
    age_s = (now - archiver.at).total_seconds() if archiver.at else None
    failed = f"; {archiver.failed} failed" if archiver.failed else ""
    told = f"{archiver.last} {age_s:.0f} s ago" if age_s is not None else "nothing yet"
    return Finding(
        check=check,
        ok=age_s is not None and age_s <= limit_s and not archiver.failed,
        value=f"{told}, {archiver.waiting} segments wait{failed}",
        limit=f"{limit_s} s",
        remedy="see the server's log: a repository that does not answer holds up the other one too",
    )


def _whole(kept: Kept, holes: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    for repository in kept.repositories:
        missing = holes.get(repository.place)
        told = f"{len(missing)} segments are missing, the first is {missing[0]}" if missing else "none"
        yield Finding(
            check=f"the WAL in {repository.place} has no hole",
            ok=missing is not None and not missing,
            value=told if missing is not None else "it could not be asked",
            remedy="take a full backup now: nothing is restored past the hole from an older one",
        )


def restored_in_time(kept: Kept, rto: timedelta, *, rates: Rates | None, now: datetime) -> Finding:
    """Return how long a restore would take from the worst of the repositories: after a loss there is no choice."""
    check, newest = (
        "a restore ends within the RTO",
        [b[-1] for r in kept.repositories if (b := kept.usable(r.number))],
    )
    limit = f"{rto.total_seconds():g} s"
    if rates is None or not newest:
        why = "no restore was measured yet" if newest else "there is no backup"
        remedy = "restore beside once: its report measures the rates"
        return Finding(check=check, ok=False, value=f"not known: {why}", limit=limit, remedy=remedy)
    longest = max(predicted(backup, now, rates) for backup in newest)
    return Finding(
        check=check,
        ok=longest <= rto,
        value=f"{longest.total_seconds():.0f} s by the slowest of the last restores",
        limit=limit,
        remedy="take backups more often, or give pgBackRest more processes",
    )


def _hours(age: timedelta) -> str:
    return f"{age.total_seconds() / 3600:.1f} h"
