"""Can the live cluster be replaced? What would make an exchange of folders fail half-way, or leave something behind."""

from recovery.findings import Finding
from recovery.restore_operation import Scope
from recovery.restore_ports import Swap
from tasks.restore_run import RestoreRun


def exchangeable(run: RestoreRun) -> list[Finding]:
    """Return what has to be so before a cluster is replaced; nothing where none is."""
    if not run.operation.replaces:
        return []
    swap = run.replacement.look()
    return [
        Finding(
            check="the restored cluster can be renamed into the live one's place",
            ok=swap.same_disk and swap.may_rename,
            value=f"{'one disk' if swap.same_disk else 'two disks'}, "
            f"{'its account may' if swap.may_rename else 'its account may not'}",
            limit="one disk, and the account's right to rename",
            remedy="put scratch_directory on the live cluster's disk, and let its account write to the folder above",
        ),
        Finding(
            check="all of the cluster is in its own folder",
            ok=not swap.tablespaces,
            value=f"{swap.tablespaces} tablespaces elsewhere",
            limit="none",
            remedy="restore beside, and put it in place by hand: runbooks/pitr_restore.md",
        ),
        Finding(
            check="it is known how the cluster is started and stopped",
            ok=swap.can_start,
            value="known"
            if swap.can_start
            else "its configuration is elsewhere, or one of the two is not told",
            remedy="give both start and stop in recovery.backups.hosts",
        ),
        *_both_in_service(run),
        *_fresh(run, swap),
    ]


def _fresh(run: RestoreRun, swap: Swap) -> list[Finding]:
    if not run.elsewhere:
        return []
    return [
        Finding(
            check="no cluster is where the rebuilt one goes",
            ok=not swap.occupied,
            value=f"{run.replacement.endpoint} holds {'one' if swap.occupied else 'none'}",
            remedy="look at whose it is, and move it away: a stand-in has PostgreSQL's configuration, and no data",
        )
    ]


def _both_in_service(run: RestoreRun) -> list[Finding]:
    if run.operation.scope is not Scope.TWO_REGION or len(run.parts) != 1:
        return []
    other = run.file.other(run.region)
    return [
        Finding(
            check="both regions are in service",
            ok=False,
            value=f"{other} was left by a failover",
            remedy="restore in place: what the lost region alone had can not be merged in",
        )
    ]
