"""Could each cluster be restored now? As `dr backups status` asks it, without listing the archives."""

from dataclasses import dataclass
from datetime import datetime

from recovery.backup_readiness import archived, newest_backups, restored_in_time
from recovery.backups import Kept, Rates
from recovery.estate import EstateFile
from recovery.findings import Finding
from recovery.readiness.amounts import size
from recovery.readiness.check import Check, Criterion, Group, Judged, State, checked, holds
from recovery.readiness.told import Silent, Told, both
from recovery.restore_ports import Archiver, Room

ROOM = 1.2
"""A restored cluster needs its own size, and WAL beside it."""


@dataclass(frozen=True)
class Copies:
    """What is known of one cluster's backups, and of the disk that a restore would fill."""

    region: str
    kept: Told[Kept]
    archiver: Told[Archiver]
    room: Told[Room]


def backup_checks(
    file: EstateFile, copies: Copies, rates: Told[Rates | None], *, now: datetime
) -> list[Check]:
    """Return whether they are fresh, whether WAL follows, and whether a restore has room, and ends in time."""
    if (block := file.settings.backups) is None:
        return []
    region, kept = copies.region, copies.kept
    fresh = (
        [_unknown("a sound backup is in each repository", kept.why, region)]
        if isinstance(kept, Silent)
        else [_of(finding, region) for finding in newest_backups(kept, block, now)]
    )
    following = (
        _unknown("WAL is archived", copies.archiver.why, region)
        if isinstance(copies.archiver, Silent)
        else _of(archived(copies.archiver, block, now), region)
    )
    in_time = Criterion[tuple[Kept, Rates | None]](
        "a restore ends within the RTO",
        lambda known: _in_time(*known, file, now),
        "restore beside once, and its report measures the rates; else take backups more often",
    )
    roomy = Criterion[tuple[Kept, Room]](
        "the disk has room for a second cluster",
        lambda known: _room(*known),
        "free some: a restore is refused",
    )
    return [
        *fresh,
        following,
        *checked(Group.BACKUPS, both(kept, rates), [in_time], region=region),
        *checked(Group.BACKUPS, both(kept, copies.room), [roomy], region=region),
    ]


def no_backups(file: EstateFile) -> list[Check]:
    """Return the warning of an estate that knows of no backups; nothing where it does."""
    if file.settings.backups:
        return []
    criterion = Criterion[None](
        "the clusters are backed up",
        lambda _: Judged(State.WARNING, "the estate file knows of no backups: every restore is refused"),
        "fill in recovery.backups (docs/real-estate.md, step 10)",
    )
    return checked(Group.BACKUPS, None, [criterion])


def _in_time(kept: Kept, rates: Rates | None, file: EstateFile, now: datetime) -> Judged:
    finding = restored_in_time(kept, file.rto, rates=rates, now=now)
    return holds(
        finding.value, finding.limit, ok=finding.ok, otherwise=State.FAILED if rates else State.WARNING
    )


def _room(kept: Kept, room: Room) -> Judged:
    needed = int(max((backup.cluster_bytes for backup in kept.backups), default=0) * ROOM)
    return holds(f"{size(room.free_bytes)} are free", size(needed), ok=room.free_bytes >= needed)


def _of(finding: Finding, region: str) -> Check:
    return Check(
        name=finding.check,
        group=Group.BACKUPS,
        region=region,
        state=State.OK if finding.ok else State.FAILED,
        value=finding.value,
        limit=finding.limit,
        remedy=finding.remedy or "",
    )


def _unknown(name: str, why: str, region: str) -> Check:
    remedy = "see that its host is reached, and pgBackRest's log there"
    return Check(name=name, group=Group.BACKUPS, region=region, state=State.UNKNOWN, value=why, remedy=remedy)
