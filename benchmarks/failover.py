"""Failovers, one after the other, each in a fresh lab under the prober's load and an independent client's.

    python benchmarks/failover.py --runs 10                 # loss of us-east-1 by SIGKILL
    python benchmarks/failover.py --runs 3 --mode planned   # a planned move of the same region

Prints, per run and as percentiles: the phases of the report, the achieved RTO beside what the
independent client saw, and the fate of every promised row by a query of its own.
"""

import argparse
import json
import sqlite3
import statistics
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from independent import Clients

from lab import drill
from lab.faults import Fault, break_it
from lab.parts.postgres import connected
from lab.place import EAST, WEST, Lab
from lab.running import down, up
from lab.service.settings import DATABASES
from recovery.errors import RecoveryError

SETTLE_S = 5.0
"""So long the load runs before the fault."""
POINTS = ("T0", "T2", "T3", "T4", "T5", "T6")


@dataclass(frozen=True)
class Result:
    """One run."""

    restored: bool
    phases: dict[str, float]
    rto_s: float
    orchestrated_s: float
    client_rto_s: float
    longest_failure_s: float
    lost: int
    listed: int
    unexplained: int


def one(name: str, mode: str) -> Result:
    """Run one failover in a fresh lab."""
    lab = up(name, lambda _proof: None)
    clients = Clients(lab)
    try:
        clients.start()
        threading.Event().wait(SETTLE_S)
        began = datetime.now(UTC)
        if mode == "unplanned":
            began = break_it(lab, Fault.REGION, EAST)
            ended = drill.failed_over(lab, EAST, "--injected-at", began.isoformat(), "--reason", "benchmark")
        else:
            ended = drill.failed_over(lab, EAST, "--mode", "planned", "--reason", "benchmark")
        clients.stop()
        return measured(lab, ended.report.with_suffix(".json"), clients, began)
    finally:
        down(lab)


def measured(lab: Lab, report: Path, clients: Clients, began: datetime) -> Result:
    """Read the report, and hold it against the independent client and the target's own rows."""
    content = json.loads(report.read_text())
    points = {point["name"]: point["at"] for point in content["timeline"]["points"]}
    at = {name: datetime.fromisoformat(points[name]) for name in POINTS if points[name]}
    known = sorted(at.items(), key=lambda item: item[1])
    phases = {
        f"{sooner}-{later}": (end - start).total_seconds()
        for (sooner, start), (later, end) in pairwise(known)
    }
    missing = promised_rows(lab, clients) - present_rows(lab)
    lost = {(row["client"], row["seq"]) for row in content["rows"]["lost"]}
    listed = len(missing & lost)
    own = {(client, seq) for client, seq in missing if client.startswith(clients.name)}
    return Result(
        restored=content["ending"]["outcome"] in {"restored", "moved"},
        phases=phases,
        rto_s=content["verdict"]["rto"]["achieved_s"],
        orchestrated_s=content["timeline"]["orchestrated"]["length_s"],
        client_rto_s=clients.restored_after_s(began),
        longest_failure_s=clients.longest_failure_s(),
        lost=len(missing),
        listed=listed,
        unexplained=len(missing - lost - own),
    )


def promised_rows(lab: Lab, clients: Clients) -> set[tuple[str, int]]:
    """Every acknowledged row: the prober's, read from its ledger's file, and the independent client's."""
    query = "SELECT client, seq FROM requests WHERE kind = 'write' AND outcome = 'acknowledged'"
    with closing(sqlite3.connect(lab.folder / "data" / "prober" / "ledger.sqlite")) as ledger:
        return set(ledger.execute(query)) | clients.promised()


def present_rows(lab: Lab) -> set[tuple[str, int]]:
    """Every row in the target, by a query of our own."""
    found: set[tuple[str, int]] = set()
    for database in DATABASES.values():
        with connected(lab, WEST, database) as connection:
            found |= {(client, seq) for client, seq in connection.execute("SELECT client, seq FROM dr_probe")}
    return found


def main() -> int:
    """Run, and print; 0 only if every run was restored and every missing row was listed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--mode", choices=("unplanned", "planned"), default="unplanned")
    options = parser.parse_args()
    results: list[Result] = []
    for number in range(1, options.runs + 1):
        try:
            result = one("bench", options.mode)
        except RecoveryError as error:
            print(f"run {number}: {error}", flush=True)
            continue
        results.append(result)
        print(line(number, result), flush=True)
    summary(results, options.runs)
    return 0 if len(results) == options.runs and all(r.restored and not r.unexplained for r in results) else 1


def line(number: int, result: Result) -> str:
    """One run in a line."""
    return (
        f"run {number}: RTO {result.rto_s:.2f} s, client saw {result.client_rto_s:.2f} s, "
        f"T6-T3 {result.orchestrated_s:.2f} s, longest failure {result.longest_failure_s:.2f} s, "
        f"lost {result.lost}, of them listed {result.listed}, unexplained {result.unexplained}"
    )


def summary(results: Sequence[Result], runs: int) -> None:
    """The percentiles of all runs."""
    print(f"\n{sum(r.restored for r in results)} of {runs} ended restored")
    rows = {"T6-T3": [r.orchestrated_s for r in results], "RTO": [r.rto_s for r in results]}
    rows["RTO, client"] = [r.client_rto_s for r in results]
    rows["|RTO - client|"] = [abs(r.rto_s - r.client_rto_s) for r in results]
    rows["longest failure"] = [r.longest_failure_s for r in results]
    for name in sorted({name for r in results for name in r.phases}):
        rows[name] = [r.phases[name] for r in results if name in r.phases]
    for name, values in rows.items():
        if values:
            worst, median = max(values), statistics.median(values)
            print(f"{name:16} median {median:6.2f} s   worst {worst:6.2f} s   best {min(values):6.2f} s")
    orchestrated = rows["T6-T3"]
    if orchestrated:
        print(f"ratio T6-T3 median / 3 s asked for: {statistics.median(orchestrated) / 3:.2f}")
        print(f"ratio T6-T3 worst  / 6 s asked for: {max(orchestrated) / 6:.2f}")


if __name__ == "__main__":
    sys.exit(main())
