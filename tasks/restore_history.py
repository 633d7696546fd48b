"""How fast this estate has restored before, by the journals of its own restores."""

from collections.abc import Sequence
from datetime import datetime

from recovery import operation_journal
from recovery.backups import Backup, Rates, predicted
from recovery.journal import Event, Kind, find
from recovery.procedures import ProcedureName
from recovery.restoring import Achieved, Chosen, Fetched, ReplayedTo
from tasks.run import RestoreRun

EARLIER = 5


def rates(run: RestoreRun) -> Rates | None:
    """Return the slowest rates of the last few restores; None where none was measured."""
    quorum, found = run.outside.journal, list[Rates]()
    names = [name for name in operation_journal.operations(quorum) if name.startswith("restore-")]
    for name in sorted(set(names) - {run.id}, reverse=True)[:EARLIER]:
        if measured := _measured(operation_journal.read(quorum, name)):
            found.append(measured)
    if not found:
        return None
    return Rates(
        fetch_bytes_s=min(one.fetch_bytes_s for one in found),
        replay_s_s=min(one.replay_s_s for one in found),
        overhead_s=max(one.overhead_s for one in found),
    )


def predicted_s(rates: Rates | None, backup: Backup, moment: datetime) -> float | None:
    """Return how long the restore would take, in seconds; None without a rate."""
    return predicted(backup, moment, rates).total_seconds() if rates else None


def _measured(events: Sequence[Event]) -> Rates | None:
    opened = find(events, Kind.OPENED)
    if opened is None or opened.data.get("procedure") != ProcedureName.PITR_RESTORE:
        return None
    results = {event.step: event.data.get("result") for event in events if event.kind is Kind.DONE}
    if not {"can_be_reached", "fetch", "replay", "measure_restore"} <= set(results):
        return None
    chosen, fetched = (
        Chosen.model_validate(results["can_be_reached"]),
        Fetched.model_validate(results["fetch"]),
    )
    replayed = ReplayedTo.model_validate(results["replay"])
    achieved = Achieved.model_validate(results["measure_restore"])
    replayed_s = 1.0
    if replayed.last_commit_at:
        replayed_s = max(1.0, (replayed.last_commit_at - chosen.backup.stopped_at).total_seconds())
    beside_s = (achieved.rto_s or 0.0) - fetched.length_s - replayed.length_s
    return Rates(
        fetch_bytes_s=fetched.cluster_bytes / max(fetched.length_s, 0.001),
        replay_s_s=replayed_s / max(replayed.length_s, 0.001),
        overhead_s=max(0.0, beside_s),
    )
