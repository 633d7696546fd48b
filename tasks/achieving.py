"""What a restore achieved: its RTO by phases, and its RPO against the instant of the fault."""

from datetime import datetime, timedelta
from itertools import pairwise

from recovery.errors import RecoveryError
from recovery.journal import Kind
from recovery.measurement import Outcome
from recovery.restoring import Achieved
from tasks.damage import compare
from tasks.proving import prove
from tasks.repairing import repair
from tasks.replacing import close_regions, open_regions
from tasks.restore_run import RestoreRun
from tasks.run import now
from tasks.scratch import chosen_of, fetch, replay
from tasks.settling import settle
from tasks.step import step

AROUND = timedelta(seconds=5)


@step(title="Measure what was achieved", side="region", touches=lambda run: [run.outside.prober.endpoint])
def measure_restore(run: RestoreRun) -> Achieved:
    """Add up the journal's times, and ask the prober what it was promised after the moment. Safe to repeat."""
    fault_at, stands = chosen_of(run).fault_at, replay.result(run)
    last = stands.last_commit_at if stands else None
    rpo_s, reason = None, None
    if fault_at is None:
        reason = "nobody said when the fault was"
    elif last is None:
        reason = "no commit was replayed"
    else:
        rpo_s = (fault_at - last).total_seconds()
        if run.operation.before_transaction is not None and run.operation.fault_at is None:
            # Commits are stamped before they are written: a neighbour that came before may have the later time.
            rpo_s = max(0.0, rpo_s)
    closed_at = _closed_at(run)
    return Achieved(
        rto_s=_proved_after_s(run),
        rpo_s=rpo_s,
        rpo_reason=reason,
        rows_after=_rows_after(run, last, fault_at),
        rows_given_up=rows_since(run, last, closed_at) if closed_at else None,
        outage_s=_outage_s(run, closed_at) if closed_at else None,
        phases=phases(run),
    )


def _proved_after_s(run: RestoreRun) -> float:
    """Return the seconds from the opening to the last proof, or the repair: waits and resumptions included."""
    opened = run.journal.events[0].time
    ends = {prove.name, repair.name, open_regions.name}
    done = [e.time for e in run.journal.events if e.kind is Kind.DONE and e.step in ends]
    return (max(done, default=now()) - opened).total_seconds()


def _rows_after(run: RestoreRun, last: datetime | None, fault_at: datetime | None) -> int | None:
    if last is None or fault_at is None:
        return None
    return _promised(run, {run.region}, last, fault_at)


def rows_since(run: RestoreRun, last: datetime | None, until: datetime) -> int | None:
    """Return how many rows the prober was promised after *last* and by *until*, in all regions that go back."""
    return _promised(run, {part.region for part in run.parts}, last, until) if last else None


def _promised(run: RestoreRun, regions: set[str], after: datetime, until: datetime) -> int | None:
    try:
        writes = run.outside.prober.requests(after, kind="write")
    except RecoveryError:
        return None
    return sum(
        write.outcome is Outcome.ACKNOWLEDGED
        and write.region in regions
        and write.committed_at is not None
        and after < write.committed_at <= until
        for write in writes
    )


def _closed_at(run: RestoreRun) -> datetime | None:
    """Return when the regions were closed; None where no cluster was replaced."""
    return next(
        (e.time for e in run.journal.events if (e.kind, e.step) == (Kind.DONE, close_regions.name)), None
    )


def _outage_s(run: RestoreRun, closed_at: datetime) -> float | None:
    """Return the longest time in which no client of the prober was acknowledged a write, around the exchange."""
    try:
        writes = run.outside.prober.requests(closed_at - AROUND, kind="write")
    except RecoveryError:
        return None
    good = sorted(write.ended_at for write in writes if write.outcome is Outcome.ACKNOWLEDGED)
    return max(((later - earlier).total_seconds() for earlier, later in pairwise(good)), default=None)


def phases(run: RestoreRun) -> dict[str, float]:
    """Return what each part took, in the order in which they came; only those that there were."""
    fetched, replayed, proved = fetch.result(run), replay.result(run), prove.result(run)
    damage, repaired = compare.result(run), repair.result(run)
    settled, opened = settle.result(run), open_regions.result(run)
    validated_s = sum(rung.length_s for rung in proved.rungs) if proved else None
    found = {
        "fetch": fetched.length_s if fetched else None,
        "replay": replayed.length_s if replayed else None,
        "compare": damage.length_s if damage else None,
        "promote": proved.promote_s if proved else None,
        "validate": validated_s,
        "settle": settled.length_s if settled else None,
        "replace": opened.closed_s if opened else None,
        "repair": repaired.length_s if repaired else None,
    }
    return {name: length for name, length in found.items() if length is not None}
