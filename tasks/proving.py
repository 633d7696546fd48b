"""The validation ladder: from the repository's files up to the rows, each rung with what it showed."""

from collections.abc import Callable, Sequence
from time import monotonic

from recovery.errors import NotReady, RecoveryError
from recovery.restore_point import TargetKind
from recovery.restoring import Proved, Rung
from tasks import ledgers
from tasks.restore_run import RestoreRun
from tasks.scratch import chosen_of, fetch, replay
from tasks.step import step

Shown = tuple[bool | None, str]
"""Whether it held, None where it does not apply; and what it showed."""
MOST_TOLD = 3
POSITION = 16
"""Of a WAL segment's name, without the timeline before it: a promoted cluster is on another one."""


def _proved(run: RestoreRun) -> list[str]:
    clients = run.clients
    return [clients.backups.endpoint, run.scratch.endpoint, clients.beside.endpoint, clients.live.endpoint]


@step(
    title="Prove what was restored",
    side="region",
    touches=_proved,
    timeout_s=None,
)
def prove(run: RestoreRun) -> Proved:
    """Climb the ladder: files, moment, rows against their ledger, pages, heaps and indexes, the applications' tables.

    The scratch cluster is promoted on the way: from there it is a cluster of its own, which archives nowhere. Where
    something is to be changed by it, a rung that does not hold is refused. Safe to repeat.
    """
    rungs = [
        _climbed("The files are as they were written", lambda: _files(run)),
        _climbed("It stands at the moment", lambda: _moment(run)),
        _climbed("The rows are those of the ledger", lambda: ledgers.compared(run)),
    ]
    began = monotonic()
    run.scratch.promote()
    promote_s = monotonic() - began
    rungs += [
        _climbed("Every page's checksum is right", lambda: _told(run.scratch.bad_pages())),
        _climbed("Heaps and indexes are sound", lambda: _told(run.scratch.bad_structures())),
        _climbed("Every node group's tables are there", lambda: _tables(run)),
    ]
    proved = Proved(rungs=rungs, promote_s=promote_s)
    if proved.failed and run.operation.changes_live:
        told = "; ".join(f"{rung.name}: {rung.shown}" for rung in proved.failed)
        raise NotReady(
            f"What was restored is not proved, and is not used: {told}",
            evidence=proved.model_dump(mode="json"),
        )
    return proved


def _climbed(name: str, look: Callable[[], Shown]) -> Rung:
    """Return the rung; one that could not be tried does not hold, and says why."""
    began = monotonic()
    try:
        held, shown = look()
    except RecoveryError as error:
        held, shown = False, str(error)
    return Rung(name=name, held=held, shown=shown, length_s=monotonic() - began)


def _told(wrong: Sequence[str]) -> Shown:
    if not wrong:
        return True, "nothing is wrong"
    more = f" and {len(wrong) - MOST_TOLD} lines more" if len(wrong) > MOST_TOLD else ""
    return False, "; ".join(wrong[:MOST_TOLD]) + more


def _files(run: RestoreRun) -> Shown:
    """A fetched file whose checksum is not the backup's makes pgBackRest fail; the rest is read if asked for."""
    chosen, fetched = chosen_of(run), fetch.result(run)
    told = f"every file of {fetched.backup} had its checksum" if fetched else "nothing was fetched"
    if not run.operation.verify_repository:
        return fetched is not None, f"{told}; the rest of the repository was not read"
    held, shown = _told(run.clients.backups.verify(repository=chosen.backup.repository))
    return held and fetched is not None, f"{told}; all of {chosen.place}'s repository: {shown}"


def _moment(run: RestoreRun) -> Shown:
    """The newest replayed commit is not after the moment; for a name or a position PostgreSQL's stop is the proof."""
    target = run.target
    stands, moment = replay.result(run), target.moment if target else None
    if stands is None or stands.last_commit_at is None:
        return None, "no commit was replayed after the backup"
    told = f"{stands.lsn}, last commit {stands.last_commit_at.isoformat()}"
    if target and target.kind is TargetKind.LATEST:
        return _to_the_end(run, told)
    return (stands.last_commit_at <= moment if moment else True), told


def _to_the_end(run: RestoreRun, told: str) -> Shown:
    """Without a target PostgreSQL ends at the first segment that is missing, and does not say what comes after it."""
    backup = chosen_of(run).backup
    missing = [
        name for name in run.clients.backups.holes(repository=backup.repository) if name > backup.wal_stop
    ]
    if missing:
        return False, f"{told}; WAL segment {missing[0]} is missing: what came after it is not here"
    stands, last = replay.result(run), chosen_of(run).wal_last
    if stands and stands.segment and last and stands.segment[-POSITION:] < last[-POSITION:]:
        return False, f"{told}, in WAL segment {stands.segment}; the archive goes up to {last}: begin again"
    return True, f"{told}, as far as the archive goes"


def _tables(run: RestoreRun) -> Shown:
    """Each database has tables, and none that the live cluster has is missing; a newer one is told."""
    found = run.clients.beside.tables()
    empty = set(run.file.node_groups) - {table.database for table in found}
    told = f"{len(found)} tables in {len(run.file.node_groups)} databases"
    if empty:
        return False, f"{told}; no table in {', '.join(sorted(empty))}"
    try:
        newer = sorted(set(run.clients.live.tables()) - set(found))
    except RecoveryError as error:
        return True, f"{told}; not compared with the live cluster: {error}"
    return (
        True,
        f"{told}; made since: {', '.join(map(str, newer))}" if newer else f"{told}, as in the live cluster",
    )
