"""Failovers whose Prefect server is killed at a random moment, beside failovers in which nobody kills it.

    python benchmarks/prefect_gone.py --runs 20 --without 5

Each in a fresh lab under the prober's load: us-east-1 is lost by SIGKILL, and `dr failover` is started at once. The
server is killed by SIGKILL, at an instant drawn from a second before the operation usually opens to a second after the
command usually ends. Where `dr` refuses because the server is gone already, it is started again with --break-glass, as
it says. Then the server is started again on what it knew, and told. Prints for each run whether it was restored, the
orchestrated time (T6 - T3), the time from T3 to the operation's end, how long the command ran, and how the server shows
the run; and by how much longer that was than without. On a machine so busy that health checks have moved the clients
before `dr` was imported there is no T6 - T3.
"""

import argparse
import json
import math
import os
import random
import statistics
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from lab import drill
from lab.faults import Fault, break_it
from lab.parts.prefect import PrefectServer
from lab.place import EAST, Lab
from lab.running import down, start_all, up
from recovery.errors import RecoveryError, Unavailable
from recovery.waiting import wait_until

SETTLE_S = 5.0
"""So long the load runs before the region is lost."""
AROUND_S = 1.0
TOLD_DEADLINE_S = 120.0
LONGER_S = 5.0
"""So much longer a failover may take whose server is killed."""


@dataclass(frozen=True)
class Result:
    """One run."""

    restored: bool
    orchestrated_s: float | None
    """None where the clients were back before the first mutating step."""
    to_end_s: float
    opened_s: float
    """From the command's start to the operation's opening."""
    command_s: float
    break_glass: bool
    shown: str


def one(name: str, killed_after_s: float | None) -> Result:
    """Run one failover in a fresh lab; the server is killed so long after its start, or never."""
    lab = up(f"{name}-{os.getpid()}", lambda _proof: None, watched=False)
    try:
        threading.Event().wait(SETTLE_S)
        began = break_it(lab, Fault.REGION, EAST)
        if killed_after_s is None:
            return measured(lab, began, "not asked")
        if killed_after_s < 0:
            break_it(lab, Fault.PREFECT, EAST)
        killer = threading.Timer(max(killed_after_s, 0.0), break_it, args=[lab, Fault.PREFECT, EAST])
        killer.start()
        result = measured(lab, began, "")
        killer.join()
        start_all(lab, [PrefectServer()], lambda _proof: None)
        shown = wait_until(lambda: as_shown(lab), what="a server that knows all", deadline_s=TOLD_DEADLINE_S)
        return Result(**{**vars(result), "shown": shown})
    finally:
        down(lab)


def measured(lab: Lab, began: datetime, shown: str) -> Result:
    """Fail over as a person would, with the advice that a refusal gives; read what the report achieved."""
    options, break_glass = ["--injected-at", began.isoformat(), "--reason", "benchmark"], False
    started_at = datetime.now(UTC)
    try:
        ended = drill.failed_over(lab, EAST, *options)
    except Unavailable as refusal:
        if "--break-glass" not in str(refusal):
            raise
        break_glass, started_at = True, datetime.now(UTC)
        ended = drill.failed_over(lab, EAST, *options, "--break-glass")
    ended_at = datetime.now(UTC)
    content = json.loads(Path(ended.report).with_suffix(".json").read_text())
    told = {point["name"]: point["at"] for point in content["timeline"]["points"]}
    opened_at, changed_at = (datetime.fromisoformat(told[name]) for name in ("T2", "T3"))
    closed_at = datetime.fromisoformat(content["ending"]["closed_at"])
    return Result(
        restored=content["ending"]["outcome"] == "restored",
        orchestrated_s=content["timeline"]["orchestrated"]["length_s"],
        to_end_s=(closed_at - changed_at).total_seconds(),
        opened_s=(opened_at - started_at).total_seconds(),
        command_s=(ended_at - started_at).total_seconds(),
        break_glass=break_glass,
        shown=shown,
    )


def as_shown(lab: Lab) -> tuple[str | None, str]:
    """Return the states of the server's runs once it was told all."""
    ended = drill.dr(lab, "tell-prefect")
    told = ended.stdout + ended.stderr
    if "knows what the journal does" not in told:
        return None, told
    failovers = {"deployments": {"name": {"any_": ["region-failover"]}}}
    runs = httpx.post(f"{lab.prefect_url}/flow_runs/filter", json=failovers, timeout=20).json()
    return "+".join(sorted(run["state_type"] for run in runs)), told


def main() -> int:
    """Run, and print; 0 only if every run was restored, shown so, and the worst was not longer by more than 5 s."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--without", type=int, default=5, help="failovers in which nobody kills the server")
    parser.add_argument("--seed", type=int, default=int(datetime.now(UTC).timestamp()))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    drawn = random.Random(options.seed)  # noqa: S311 - moments, no secrets
    without = several("without", [None] * options.without)
    if not without:
        return 1
    opened_s = statistics.median(result.opened_s for result in without)
    ended_s = statistics.median(result.command_s for result in without)
    moments = [drawn.uniform(opened_s - AROUND_S, ended_s + AROUND_S) for _ in range(options.runs)]
    return summary(without, several("killed", moments), options.runs)


def several(what: str, moments: Sequence[float | None]) -> list[Result]:
    """Run one failover for each moment, and print each in a line."""
    results = []
    for number, moment in enumerate(moments, start=1):
        at = "" if moment is None else f" {moment:+.2f} s after the start"
        try:
            result = one("gone", moment)
        except RecoveryError as error:
            print(f"{what}{at}, run {number}: {error}", flush=True)
            continue
        results.append(result)
        way = ", by --break-glass" if result.break_glass else ""
        orchestrated = "none" if result.orchestrated_s is None else f"{result.orchestrated_s:.2f} s"
        print(
            f"{what}{at}, run {number}: {'restored' if result.restored else 'NOT RESTORED'}{way}, "
            f"T6-T3 {orchestrated}, T3 to the end {result.to_end_s:.2f} s, opened after {result.opened_s:.2f} s, "
            f"command {result.command_s:.2f} s, shown: {result.shown}",
            flush=True,
        )
    return results


def summary(without: Sequence[Result], killed: Sequence[Result], runs: int) -> int:
    """Print both kinds side by side."""
    restored = sum(result.restored for result in killed)
    shown = sum(result.shown == "COMPLETED" for result in killed)
    print(f"\n{restored} of {runs} restored, {shown} of {runs} shown as completed by the server afterwards")
    longer = [
        compared("T6-T3", [r.orchestrated_s for r in without], [r.orchestrated_s for r in killed]),
        compared("T3 to the end", [r.to_end_s for r in without], [r.to_end_s for r in killed]),
    ]
    compared("command", [r.command_s for r in without], [r.command_s for r in killed])
    return 0 if restored == shown == runs and max(longer) <= LONGER_S else 1


def compared(what: str, without: Sequence[float | None], killed: Sequence[float | None]) -> float:
    """Print both, and return by how much the worst with a kill is longer than the median without."""
    before, after = ([value for value in values if value is not None] for values in (without, killed))
    if not before or not after:
        print(f"{what}: not measured")
        return math.inf
    usual = statistics.median(before)
    print(
        f"{what}: without median {usual:.2f} s, worst {max(before):.2f} s; killed median "
        f"{statistics.median(after):.2f} s, worst {max(after):.2f} s; ratio of the medians "
        f"{statistics.median(after) / usual:.2f}; at worst {max(after) - usual:+.2f} s, allowed {LONGER_S:g} s"
    )
    return max(after) - usual


if __name__ == "__main__":
    sys.exit(main())
