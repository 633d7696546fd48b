"""The scratch cluster of a restore: fetched, replayed up to the moment, and removed again."""

from time import monotonic

from recovery.errors import DeadlinePassed, Refused
from recovery.restore_point import Target
from recovery.restore_ports import Replayed
from recovery.restoring import Chosen, Fetched, ReplayedTo
from recovery.waiting import wait_until
from tasks.reaching import can_be_reached
from tasks.restore_run import RestoreRun
from tasks.step import step

POLL_S = 0.1


def chosen_of(run: RestoreRun) -> Chosen:
    """Return what was chosen before; it is in the journal."""
    if (chosen := can_be_reached.result(run)) is None:
        raise Refused(f"{run.id} has no backup chosen: its check has not ended.")
    return chosen


@step(
    title="Fetch the backup",
    side="region",
    touches=lambda run: [run.clients.backups.endpoint, run.scratch.endpoint],
    timeout_s=None,
)
def fetch(run: RestoreRun) -> Fetched:
    """Bring the backup's files into a folder of this operation's own, beside the live cluster.

    Safe to repeat: what is there and equal stays. The live cluster, its archive and its port are not touched.
    """
    backup, began = chosen_of(run).backup, monotonic()
    run.scratch.fetch(
        backup, run.target or Target.time(backup.stopped_at)
    )  # what is replayed up to is told again
    return Fetched(
        folder=run.scratch.folder,
        backup=backup.label,
        cluster_bytes=backup.cluster_bytes,
        length_s=monotonic() - began,
    )


@step(
    title="Replay up to the moment",
    side="region",
    touches=lambda run: [run.clients.backups.endpoint, run.scratch.endpoint],
    timeout_s=None,
)
def replay(run: RestoreRun) -> ReplayedTo:
    """Start the scratch cluster, and have it replay WAL until it stands at the moment, read only.

    Safe to repeat: it goes on from where it was. Refused where the WAL ends, or has a gap, before the moment.
    """
    if (target := run.target) is None:
        raise Refused(f"The moment of {run.region} is not known: the other region's cluster has no commit.")
    return replayed_to(run, target)


def replayed_to(run: RestoreRun, target: Target) -> ReplayedTo:
    """Have the scratch cluster replay up to *target*, and return where it stands."""
    began = monotonic()
    run.scratch.replay(target, to_serve=run.operation.replaces)
    stands = _standing(run, target)
    return ReplayedTo(
        lsn=stands.lsn or "",
        last_commit_at=stands.last_commit_at,
        segment=stands.segment,
        length_s=monotonic() - began,
    )


def _standing(run: RestoreRun, target: Target) -> Replayed:
    longest_s = 60 * float(run.file.settings.backups.restore_minutes) if run.file.settings.backups else 0.0

    def ended() -> tuple[Replayed | None, str]:
        seen = run.scratch.look()
        return (seen if seen.ended else None), f"replayed to {seen.lsn}, last commit {seen.last_commit_at}"

    try:
        return wait_until(ended, what=f"the replay up to {target}", deadline_s=longest_s, poll_s=POLL_S)
    except DeadlinePassed as error:
        raise Refused(f"{error}. The live cluster was not touched.") from error


@step(
    title="Remove the scratch cluster",
    side="region",
    touches=lambda run: [run.scratch.endpoint],
    undoes=True,
    timeout_s=None,
)
def tear_down(run: RestoreRun) -> None:
    """Stop the scratch clusters, and remove the folders that this operation made. Safe to repeat."""
    for part in run.parts:
        part.scratch.remove()


@step(
    title="Give up the scratch cluster, or keep it",
    side="region",
    touches=lambda run: [run.scratch.endpoint],
    timeout_s=None,
)
def drop_scratch(run: RestoreRun) -> str:
    """Remove the scratch cluster, unless it is wanted for looking, or holds what was replaced. Safe to repeat.

    On a stand-in nothing was replaced but an empty place: that no cluster was there is checked before.
    """
    if run.elsewhere:
        run.scratch.remove(replaced=True)
        return "removed"
    if run.operation.replaces:
        return f"what was replaced is kept in {run.scratch.folder}"
    if run.keeps_scratch:
        return f"kept at {run.scratch.endpoint.removeprefix('scratch ')}, in {run.scratch.folder}"
    run.scratch.remove()
    return "removed"
