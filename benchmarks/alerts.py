"""Losses of us-east-1 that nobody answers but the alerts, in fresh labs: from `activeAt` to the flow's first step.

    python benchmarks/alerts.py --runs 5

Prints, per run and as percentiles: how long each part took, what of it the estate's own waits were (a rule's `for`,
a scrape, `group_wait`, the hold), and the whole RTO by phases.
"""

import argparse
import sqlite3
import statistics
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from blocks.journal_stores import journal_of
from lab import drill
from lab.parts.monitoring import PACE
from lab.place import Lab
from lab.running import down, up
from recovery import operation_journal
from recovery.errors import RecoveryError
from recovery.evaluation import parsed
from recovery.journal import Event, Kind, find
from recovery.operation import Failover
from recovery.policy import policy_of

SETTLE_S = 5.0
"""So long the load runs before the fault."""
ASKED = {
    "activeAt to first step, beyond the waits": 1.5,
    "decision to the flow's first line": 0.5,
    "RTO": 20.0,
}
"""Greatest median, seconds."""


@dataclass(frozen=True)
class Result:
    """One run: spans in seconds, by name."""

    spans: dict[str, float]
    phases: dict[str, float]


def one(name: str) -> Result:
    """Lose the region in a fresh lab, and wait for what its alerts bring about."""
    lab = up(name, lambda _proof: None, automatic=True)
    try:
        threading.Event().wait(SETTLE_S)
        ended = drill.lose_region_to_alerts(lab)
        spans = started(lab, ended.report.parent.name) | {"RTO": ended.verdict.rto.achieved_s or float("nan")}
        return Result(spans, {phase.what: phase.length_s for phase in ended.phases})
    finally:
        down(lab)


def started(lab: Lab, operation: str) -> dict[str, float]:
    """Return how long the start of *operation* took, by its journal and the intake's evaluations."""
    file, quorum = journal_of(str(lab.estate_file))
    events = operation_journal.read(quorum, operation)
    opened, first = find(events, Kind.OPENED), first_step(events)
    asked = Failover.model_validate(opened.data["parameters"] if opened else {})
    if asked.incident is None or opened is None:
        raise RecoveryError(f"{operation} was begun by no alert.")
    kept = lab.folder / "data" / "intake" / "evaluations.jsonl"
    decided = [e for e in parsed(kept.name, kept.read_text().splitlines()) if e.around.standing_since][-1]
    stood_since = decided.around.standing_since or asked.incident.decided_at
    waits = timedelta(seconds=PACE["hold"] + PACE["scrape"] + PACE["group_wait"]) + policy_of(file).hold
    active_at, decided_at = asked.incident.active_at, asked.incident.decided_at
    return {
        "activeAt to first step": seconds(first - active_at),
        "activeAt to first step, beyond the waits": seconds(first - active_at - waits),
        "activeAt to verdict": seconds(stood_since - active_at),
        "verdict to decision": seconds(decided_at - stood_since),
        "decision to the flow's first line": seconds(running_since(lab, asked) - decided_at),
        "decision to operation open": seconds(opened.time - decided_at),
        "decision to first step": seconds(first - decided_at),
    }


def running_since(lab: Lab, operation: Failover) -> datetime:
    """Return when the operation's run began to run, as its Prefect server has it."""
    query = "SELECT start_time FROM flow_run WHERE idempotency_key = ?"
    key = operation.incident.id if operation.incident else ""
    with closing(sqlite3.connect(lab.folder / "data" / "prefect" / "prefect.db")) as database:
        (began,) = database.execute(query, (key,)).fetchone()
    return datetime.fromisoformat(began).replace(tzinfo=UTC)


def first_step(events: Sequence[Event]) -> datetime:
    """Return when the flow's first step began."""
    return next(event.time for event in events if event.kind is Kind.STARTED)


def seconds(span: timedelta) -> float:
    """Return *span* in seconds."""
    return span.total_seconds()


def main() -> int:
    """Run, and print; 0 only if every region that was lost was failed over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs: int = parser.parse_args().runs
    results: list[Result] = []
    for number in range(1, runs + 1):
        try:
            results.append(one("bench-alerts"))
        except RecoveryError as error:
            print(f"run {number}: {error}", flush=True)
            continue
        print(
            f"run {number}: " + ", ".join(f"{k} {v:.2f} s" for k, v in results[-1].spans.items()), flush=True
        )
    print(f"\n{len(results)} of {runs} were failed over by their alerts")
    summary([r.spans for r in results])
    summary([r.phases for r in results])
    return 0 if len(results) == runs else 1


def summary(runs: Sequence[dict[str, float]]) -> None:
    """The percentiles of all runs, and how they stand to what is asked for."""
    for name in runs[0] if runs else ():
        values = [run[name] for run in runs if name in run]
        median = statistics.median(values)
        ratio = (
            f"   median / {ASKED[name]:g} s asked for: {median / ASKED[name]:.2f}" if name in ASKED else ""
        )
        print(
            f"{name:42} median {median:6.2f} s   worst {max(values):6.2f} s   best {min(values):6.2f} s{ratio}"
        )


if __name__ == "__main__":
    sys.exit(main())
