"""How fast an estate has restored before, by the journals of its own restores."""

from collections.abc import Sequence

from recovery import operation_journal
from recovery.backups import Rates
from recovery.journal import Event, Kind, find
from recovery.procedures import ProcedureName
from recovery.quorum import Quorum
from recovery.restoring import Achieved, Chosen, Fetched, ReplayedTo

EARLIER = 5
SHORTEST_S = 0.001
PARTS = {"fetch", "replay"}
"""The phases that have a rate of their own; an approval or an interruption is in none."""


def rates(quorum: Quorum, *, but: str = "") -> Rates | None:
    """Return the slowest rates of the newest few restores, *but* one; None where none was measured."""
    names = {*operation_journal.operations(quorum, "restore")} - {but}
    newest = sorted(names, reverse=True)[:EARLIER]
    found = [one for name in newest if (one := _measured(operation_journal.read(quorum, name)))]
    if not found:
        return None
    return Rates(
        fetch_bytes_s=min(one.fetch_bytes_s for one in found),
        replay_s_s=min(one.replay_s_s for one in found),
        overhead_s=max(one.overhead_s for one in found),
    )


def _measured(events: Sequence[Event]) -> Rates | None:
    opened = find(events, Kind.OPENED)
    if opened is None or opened.data.get("procedure") != ProcedureName.PITR_RESTORE:
        return None
    results = {event.step: event.data.get("result") for event in events if event.kind is Kind.DONE}
    if not {"can_be_reached", "fetch", "replay", "measure_restore"} <= set(results):
        return None
    chosen = Chosen.model_validate(results["can_be_reached"])
    fetched = Fetched.model_validate(results["fetch"])
    replayed = ReplayedTo.model_validate(results["replay"])
    achieved = Achieved.model_validate(results["measure_restore"])
    last = replayed.last_commit_at or chosen.backup.stopped_at
    commits_s = max(1.0, (last - chosen.backup.stopped_at).total_seconds())
    return Rates(
        fetch_bytes_s=fetched.cluster_bytes / max(fetched.length_s, SHORTEST_S),
        replay_s_s=commits_s / max(replayed.length_s, SHORTEST_S),
        overhead_s=sum(length for phase, length in achieved.phases.items() if phase not in PARTS),
    )
