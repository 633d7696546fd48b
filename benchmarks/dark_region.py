"""The loss of a region whose connections are refused, and of one whose packets are lost: the orchestrated time of both.

    python benchmarks/dark_region.py --runs 3

Each failover is in a fresh lab under the prober's load. Prints T6 - T3, each step's time, and the ratio of the
medians: 1.5 is asked for.
"""

import argparse
import json
import statistics
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from lab import drill
from lab.faults import Fault, break_it
from lab.place import EAST
from lab.running import down, up

SETTLE_S = 5.0
"""So long the load runs before the fault."""
ASKED = 1.5


@dataclass(frozen=True)
class Result:
    """One run."""

    orchestrated_s: float
    rto_s: float
    steps: dict[str, float]


def one(fault: Fault) -> Result | None:
    """Run one failover in a fresh lab; None where it was not measured."""
    lab = up("dark-bench", lambda _proof: None, watched=False, backed_up=False)
    try:
        threading.Event().wait(SETTLE_S)
        began = break_it(lab, fault, EAST)
        ended = drill.failed_over(lab, EAST, "--injected-at", began.isoformat(), "--reason", "benchmark")
        return measured(ended.report.with_suffix(".json"))
    finally:
        down(lab)


def measured(report: Path) -> Result | None:
    """Read the report; None where the prober did not see customers restored."""
    content = json.loads(report.read_text())
    steps = {step["step"]: step["length_s"] for step in content["steps"] if step["length_s"] is not None}
    orchestrated_s = content["timeline"]["orchestrated"]["length_s"]
    rto_s = content["verdict"]["rto"]["achieved_s"]
    if orchestrated_s is None or rto_s is None:
        return None
    return Result(orchestrated_s=orchestrated_s, rto_s=rto_s, steps=steps)


def main() -> int:
    """Run both, in turn, and print; 0 only if the ratio is as asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    found: dict[Fault, list[Result]] = {Fault.REGION: [], Fault.DARK: []}
    for number in range(1, options.runs + 1):
        for fault, results in found.items():
            if (done := one(fault)) is None:
                print(f"run {number}, {fault}: not measured", flush=True)
                continue
            results.append(done)
            print(
                f"run {number}, {fault}: T6-T3 {done.orchestrated_s:.2f} s, RTO {done.rto_s:.2f} s",
                flush=True,
            )
    refused, dark = (found[fault] for fault in (Fault.REGION, Fault.DARK))
    if not (refused and dark):
        print("no ratio: one of the two was never measured")
        return 1
    print(f"\n{'step':20} refused     dark")
    for name in refused[0].steps:
        columns = [statistics.median(r.steps[name] for r in results) for results in (refused, dark)]
        print(f"{name:20} {columns[0]:6.2f} s {columns[1]:6.2f} s")
    medians = [statistics.median(r.orchestrated_s for r in results) for results in (refused, dark)]
    ratio = medians[1] / medians[0]
    print(f"{'T6-T3':20} {medians[0]:6.2f} s {medians[1]:6.2f} s   ratio {ratio:.2f}, {ASKED} asked for")
    return 0 if ratio <= ASKED else 1


if __name__ == "__main__":
    sys.exit(main())
