"""A planned move needs a sound source: only what has arrived in the target is safe to leave behind."""

from recovery.errors import RecoveryError
from recovery.findings import Finding, oldest
from recovery.waiting import wait_until
from tasks.run import FailoverRun

ARRIVAL_S = 5.0
ROUNDS = 3
"""A service that fails so many times in a row does not answer; one that fails now and then does."""


def of_source(run: FailoverRun) -> list[Finding]:
    """Return whether the source serves, and whether what it commits arrives in the target."""
    return [_serves(run), _arrives(run)]


def looked_at(run: FailoverRun) -> list[Finding]:
    """Return what can be seen without writing the mark: for a plan that changes nothing."""
    return [_serves(run)]


def _serves(run: FailoverRun) -> Finding:
    """Ask a few times: a region that serves badly may be left so, and that is what it is left for."""
    failed = run.source.gateway.answers(run.file.services_in(run.source.name))
    for _ in range(ROUNDS - 1):
        failed = run.source.gateway.answers(failed) if failed else failed
    return Finding(
        check=f"{run.source.name}'s services answer",
        ok=not failed,
        value=", ".join(f"{service}: {how}" for service, how in failed.items()) or "all of them",
        limit=f"each at one of {ROUNDS} times",
        witness="orchestrator",
        remedy="mend them, or use the mode `unplanned` if the region is lost",
    )


def _arrives(run: FailoverRun) -> Finding:
    """Write a mark at the source, and see it in every node group of the target."""
    check = f"a mark written in {run.source.name} arrives in {run.target.name}"
    remedy = "mend the replication first: a planned move may lose nothing"
    try:
        mark = run.source.database.beat(run.source.name)

        def arrived() -> tuple[bool | None, str]:
            seen = oldest(list(run.target.database.heartbeats(run.source.name).values()))
            return (True if seen and seen >= mark else None), f"newest mark {seen}, awaited {mark}"

        deadline_s = min(ARRIVAL_S, float(run.file.settings.deadlines.drain_seconds))
        wait_until(arrived, what="the mark", deadline_s=deadline_s)
    except RecoveryError as error:
        return Finding(check=check, ok=False, value=str(error), witness="target", remedy=remedy)
    return Finding(
        check=check, ok=True, value="in every node group", limit=f"{ARRIVAL_S:g} s", witness="target"
    )
