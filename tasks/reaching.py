"""Can the moment be reached? Everything that would make a restore fail half-way, looked at before it begins."""

from datetime import datetime

from recovery import restore_history
from recovery.backups import Backup, Kept, Reachable, Repository, newest_of, predicted, reachable
from recovery.errors import DeadlinePassed, NotReady, RecoveryError
from recovery.findings import Finding, Findings
from recovery.restore_point import TargetKind
from recovery.restore_ports import Mark
from recovery.restoring import Chosen
from recovery.waiting import wait_until
from tasks.exchangeable import exchangeable
from tasks.restore_run import RestoreRun
from tasks.step import step

ROOM = 1.2
"""A restored cluster needs its own size, and WAL beside it."""
ARCHIVED_S = 60.0


@step(
    title="Check that the moment can be reached",
    side="region",
    touches=lambda run: [run.clients.backups.endpoint, run.clients.archiving.endpoint, run.scratch.endpoint],
)
def can_be_reached(run: RestoreRun) -> Chosen:
    """Choose a backup whose WAL reaches the moment, and see that there is room for it.

    A moment outside is refused with the interval that can be reached. The live cluster is asked to archive what it
    has up to now, which changes none of its data. Safe to repeat.
    """
    mark = _marked(run)
    kept = _archived(run, mark)
    moment = _moment(run)
    found, chosen = _choice(run, kept, moment, mark, silent=mark is None)
    findings = [*_repositories(kept), found]
    if chosen is None:
        raise _refusal(run, findings)
    backup, interval = chosen
    findings = _told_apart(run, [*findings, *_room(run, kept, backup), *exchangeable(run)])
    if any(not finding.ok for finding in findings if not finding.check.endswith(_ANSWERS)):
        raise _refusal(run, findings)
    known = restore_history.rates(run.outside.journal, but=run.id)
    return Chosen(
        moment=str(run.target or run.operation.target),
        moment_at=moment,
        backup=backup,
        place=kept.place_of(backup.repository),
        reachable=interval,
        predicted_s=predicted(backup, moment or interval.last, known).total_seconds() if known else None,
        fault_at=run.fault_at or (moment if run.operation.before_transaction else None),
        wal_last=next(one.wal_last for one in kept.repositories if one.number == backup.repository),
        findings=findings,
    )


_ANSWERS = "a repository answers"
_NOT_AWAITED = {TargetKind.NAME, TargetKind.LATEST}
"""What more WAL in the archive makes no more reachable than it is: a name is told by nothing but a replay."""


def looked_at(run: RestoreRun) -> list[Finding]:
    """Return what can be seen without asking the live cluster to archive: for a plan that changes nothing."""
    kept = run.clients.backups.kept()
    found, chosen = _choice(run, kept, _moment(run), None, silent=False)
    if found.ok or run.operation.target.kind in _NOT_AWAITED:
        room = _room(run, kept, chosen[0]) if chosen else []
        return _told_apart(run, [*_repositories(kept), found, *room, *exchangeable(run)])
    later = found.model_copy(
        update={"ok": True, "value": f"not known before the live cluster has archived: {found.value}"}
    )
    return _told_apart(run, [*_repositories(kept), later])


def _told_apart(run: RestoreRun, findings: list[Finding]) -> list[Finding]:
    """Return the findings with the region that each is about, where there are two."""
    if len(run.parts) == 1:
        return findings
    return [one.model_copy(update={"check": f"{run.region}: {one.check}"}) for one in findings]


def _refusal(run: RestoreRun, findings: list[Finding]) -> NotReady:
    failed = "; ".join(str(finding) for finding in findings if not finding.ok)
    told = f"{run.region} can not be restored to {run.target or run.operation.target}: {failed}"
    return NotReady(told, evidence=Findings(findings=findings).model_dump(mode="json"))


def _marked(run: RestoreRun) -> Mark | None:
    """Return a mark in the live WAL; None where the live cluster does not answer, or there is none: it is lost."""
    if run.elsewhere:
        return None
    try:
        return run.clients.archiving.mark()
    except RecoveryError as error:
        run.note(f"The live cluster was not asked to archive what it has: {error}")
        return None


def _archived(run: RestoreRun, mark: Mark | None) -> Kept:
    """Return what is kept, once a repository that is to be used has the mark's segment."""
    if mark is None:
        return run.clients.backups.kept(patient=run.operation.repository is None)

    def has_it() -> tuple[Kept | None, str]:
        kept = run.clients.backups.kept()
        usable = [one for one in _usable(run, kept) if kept.usable(one.number)]
        having = [one for one in usable if (one.wal_last or "") >= mark.segment]
        told = ", ".join(f"{one.place} up to {one.wal_last}" for one in usable)
        return (kept if having or not usable else None), told

    what = f"WAL segment {mark.segment} in a repository"
    try:
        return wait_until(has_it, what=what, deadline_s=ARCHIVED_S, poll_s=0.5)
    except DeadlinePassed as error:
        raise NotReady(
            f"{error}. The archiver is behind, or fails: see the live server's log, and `dr backups status`."
        ) from error


def _moment(run: RestoreRun) -> datetime | None:
    """Return the moment as a time; None for one that only replaying can find."""
    asked, target = run.operation, run.target
    if target is None or target.kind is TargetKind.TIME:
        return target.moment if target else None
    if asked.before_transaction is None:
        return None
    try:
        return run.clients.archiving.committed_at(asked.before_transaction)
    except RecoveryError:
        return None


def _usable(run: RestoreRun, kept: Kept) -> list[Repository]:
    """Return the repositories that may be used: one that was asked for, or the nearest first."""
    wanted = run.operation.repository
    sound = [one for one in kept.repositories if one.fault is None and wanted in {None, one.place}]
    nearest = sorted(sound, key=lambda one: one.place != run.region)
    if run.operation.latest:  # the one that goes furthest
        return sorted(nearest, key=lambda one: one.wal_last or "", reverse=True)
    return nearest


def _choice(
    run: RestoreRun, kept: Kept, moment: datetime | None, mark: Mark | None, *, silent: bool
) -> tuple[Finding, tuple[Backup, Reachable] | None]:
    """Return the newest backup before the moment, and what can be reached from its repository.

    *silent*: the live cluster was asked to archive what it has, and did not answer.
    """
    told: list[str] = []
    for repository in _usable(run, kept):
        backups = kept.usable(repository.number)
        if not backups:
            told.append(f"{repository.place} has no sound backup")
            continue
        archived = mark is not None and (repository.wal_last or "") >= mark.segment
        until = mark.at if mark and archived else backups[-1].stopped_at
        interval = reachable(kept, repository.number, archived_until=until)
        backup = newest_of(backups, run.target, moment)
        # Of a live cluster that is silent, only the replay tells how far its archive goes.
        reaches = moment is None or silent or (interval is not None and moment in interval)
        if interval and backup and reaches:
            return _reached(f"{backup.label} in {repository.place}", ok=True, limit=str(interval)), (
                backup,
                interval,
            )
        told.append(f"{repository.place}: {interval}" if interval else f"{repository.place}: nothing")
    value = "; ".join(told) or "no repository that may be used"
    return _reached(f"it is outside of what can be reached: {value}", ok=False), None


def _reached(value: str, *, ok: bool, limit: str = "") -> Finding:
    remedy = "give a moment inside, or name another repository"
    return Finding(check="the moment can be reached", ok=ok, value=value, limit=limit, remedy=remedy)


def _repositories(kept: Kept) -> list[Finding]:
    return [
        Finding(
            check=_ANSWERS,
            ok=one.fault is None,
            value=f"{one.place}: {one.fault or f'WAL {one.wal_first} to {one.wal_last}'}",
            remedy="another one is used; mend it",
        )
        for one in kept.repositories
    ]


def _room(run: RestoreRun, kept: Kept, backup: Backup) -> list[Finding]:
    room, needed = run.scratch.room(), int(backup.cluster_bytes * ROOM)
    findings = [
        Finding(
            check="the disk has room for a second cluster",
            ok=room.free_bytes >= needed,
            value=f"{room.free_bytes / 1e9:.1f} GB are free",
            limit=f"{needed / 1e9:.1f} GB",
            remedy="free some, or give scratch_directory a larger disk",
        )
    ]
    if wanted := _version(run, kept, backup):
        findings.append(
            Finding(
                check="the same major version of PostgreSQL is installed",
                ok=room.version.split(".")[0] == wanted.split(".")[0],
                value=room.version,
                limit=wanted,
                remedy="set recovery.backups.hosts.*.binaries to that version's",
            )
        )
    return findings


def _version(run: RestoreRun, kept: Kept, backup: Backup) -> str | None:
    """Return the version of the live cluster; where none answers, of the one that is kept."""
    try:
        return run.clients.archiving.version()
    except RecoveryError:
        return next((one.version for one in kept.repositories if one.number == backup.repository), None)
