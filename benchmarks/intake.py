"""The alert intake under a flood, under one large body, and at a steady rate; each time as a process of its own.

    python benchmarks/intake.py --runs 3            # about two minutes a run
    python benchmarks/intake.py --only latency      # or flood, or large

Its Prometheus servers and its prober answer, and find a region bad; there is nothing to fail over to, so that
nothing may be begun. Prints figures, and their ratios to what was asked for: below 1 is within it.
"""

import argparse
import asyncio
import json
import random
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from intake_alone import Intake, Tellers
from posting import Sender, paced
from storm import Delivery, Episode, Telling, deliveries, episodes, one_body

ALERTS, FLOOD_S, KILLS = 10_000, 60.0, 3
LARGE = 5_000
PER_SECOND, STEADY_S, GROUP, GROUPS = 200, 30, 4, 1_000
ANSWER_MS, MEMORY_MB = 100.0, 512.0
"""Asked for: the 99th percentile of the answer; and our own limit of what is resident."""

Figures = dict[str, float]


def flood(intake: Intake, told: Sequence[Episode], chance: random.Random) -> Figures:
    """Send everything within a minute, kill the intake three times meanwhile, and look what it has."""
    sent = deliveries(told, chance)
    sender = Sender(intake.port)
    took_s = asyncio.run(_flooded(intake, sender, sent))
    intake.kill()
    missing, wrong = compared(intake.spool, told, {telling for one in sent for telling in one.tells})
    return {
        "flood: bodies": len(sent),
        "flood: alerts in them": sum(len(one.tells) for one in sent),
        "flood: attempts that failed": sender.refused,
        "flood: all taken after s": took_s,
        "flood: accepted and lost": missing,
        "flood: states that are wrong": wrong,
        "flood: failovers begun": begun(intake),
        "flood: memory MB": intake.peak_bytes / 1e6,
    }


async def _flooded(intake: Intake, sender: Sender, sent: Sequence[Delivery]) -> float:
    began = time.monotonic()

    async def one(number: int, delivery: Delivery) -> None:
        await asyncio.sleep(number * FLOOD_S / len(sent))
        await sender.deliver(delivery.body)

    async def killed() -> None:
        for number in range(1, KILLS + 1):
            await asyncio.sleep(began + number * FLOOD_S / (KILLS + 1) - time.monotonic())
            await asyncio.to_thread(intake.kill)
            intake.start()

    await asyncio.gather(killed(), *(one(number, delivery) for number, delivery in enumerate(sent)))
    await sender.close()
    return time.monotonic() - began


def compared(spool: Path, told: Sequence[Episode], accepted: set[Telling]) -> tuple[int, int]:
    """Return how many accepted tellings the spool's own file lacks, and of how many alerts the state is wrong."""
    query = "SELECT fingerprint, starts_at, times_firing, times_resolved, ended_at IS NOT NULL FROM alerts"
    with closing(sqlite3.connect(spool)) as file:
        rows = file.execute(query).fetchall()
    kept = {(name, start, "firing") for name, start, times, _, _ in rows if times}
    kept |= {(name, start, "resolved") for name, start, _, times, _ in rows if times}
    ended = {name: bool(over) for name, _, _, _, over in rows}
    return len(accepted - kept), sum(ended.get(episode.fingerprint) is not episode.ends for episode in told)


def begun(intake: Intake) -> int:
    """Return how many failovers were decided or are in the journal."""
    lines = intake.evaluations.read_text().splitlines() if intake.evaluations.exists() else []
    decided = [json.loads(line) for line in lines]
    starts = {e["verdict"]["since"] for e in decided if e["decision"]["course"] == "fail over"}
    return max(len(starts), len(intake.operations))


def large(intake: Intake, told: Sequence[Episode], _chance: random.Random) -> Figures:
    """Send one body of 5,000 alerts among small ones, and see what these wait."""
    storm, small = one_body(told[:LARGE]), _groups(told[LARGE:], PER_SECOND * 4)

    async def run() -> tuple[float, list[float]]:
        sender = Sender(intake.port)

        async def late() -> float:
            await asyncio.sleep(2)
            began = time.perf_counter()
            await sender.deliver(storm.body)
            return time.perf_counter() - began

        took, waited = await asyncio.gather(late(), paced(sender, small, PER_SECOND))
        await sender.close()
        return took, waited

    took, waited = asyncio.run(run())
    return {
        "large: MB": len(storm.body) / 1e6,
        "large: answer ms": took * 1000,
        **_percentiles("large: other answer", waited),
    }


def latency(intake: Intake, told: Sequence[Episode], _chance: random.Random) -> Figures:
    """Send a steady rate of groups of four, most of them repeats, as they are in a night that goes on."""
    bodies = _groups(told, PER_SECOND * STEADY_S)
    sender = Sender(intake.port)

    async def run() -> list[float]:
        waited = await paced(sender, bodies, PER_SECOND)
        await sender.close()
        return waited

    return _percentiles("latency: answer", asyncio.run(run()))


def _groups(told: Sequence[Episode], count: int) -> list[bytes]:
    groups = [one_body(told[at : at + GROUP]).body for at in range(0, min(len(told), GROUPS * GROUP), GROUP)]
    return [groups[number % len(groups)] for number in range(count)]


def _percentiles(name: str, seconds: Sequence[float]) -> Figures:
    found = sorted(seconds)
    at = {"p50": len(found) // 2, "p99": int(len(found) * 0.99), "worst": -1}
    refused = {f"{name}s that were none": float(found.count(float("inf")))}
    return refused | {f"{name} {which} ms": found[index] * 1000 for which, index in at.items()}


Measurement = Callable[[Intake, Sequence[Episode], random.Random], Figures]
MEASUREMENTS: dict[str, Measurement] = {"flood": flood, "large": large, "latency": latency}


def one(measurement: Measurement, seed: int) -> Figures:
    """Run one measurement on a fresh intake."""
    told = episodes(ALERTS)
    with TemporaryDirectory() as folder, Tellers([e for e in told if not e.ends]) as tellers:
        Thread(target=tellers.serve_forever, daemon=True).start()
        intake = Intake(Path(folder), tellers)
        try:
            intake.start()
            intake.wait()
            return measurement(intake, told, random.Random(seed))  # noqa: S311 - a repeatable flood, no secret
        finally:
            intake.kill()
            tellers.shutdown()


LIMITS = {
    "flood: memory MB": MEMORY_MB,
    "large: other answer p99 ms": ANSWER_MS,
    "latency: answer p99 ms": ANSWER_MS,
}
MUST_BE_NONE = ("flood: accepted and lost", "flood: states that are wrong", "flood: failovers begun")


def main() -> int:
    """Run, and print; 0 only if nothing was lost or begun, and the medians are within what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=tuple(MEASUREMENTS))
    options = parser.parse_args()
    found: dict[str, list[float]] = {}
    for number in range(1, options.runs + 1):
        for name in [options.only] if options.only else MEASUREMENTS:
            figures = one(MEASUREMENTS[name], seed=number)
            print(
                f"run {number}: " + ", ".join(f"{k} {v:g}" for k, v in _rounded(figures).items()), flush=True
            )
            for key, value in figures.items():
                found.setdefault(key, []).append(value)
    return summary(found)


def _rounded(figures: Figures) -> Figures:
    return {name: round(value, 1) for name, value in figures.items()}


def summary(found: dict[str, list[float]]) -> int:
    """Print each figure of all runs, and its ratio to its limit; return the exit status."""
    print()
    for name, values in found.items():
        limit = LIMITS.get(name)
        ratio = f"   median / {limit:g} asked for: {statistics.median(values) / limit:.2f}" if limit else ""
        low, median, high = min(values), statistics.median(values), max(values)
        print(f"{name:36} min {low:9.1f}   median {median:9.1f}   max {high:9.1f}{ratio}")
    harmed = any(value for name in MUST_BE_NONE for value in found.get(name, ()))
    slow = any(statistics.median(found[name]) > limit for name, limit in LIMITS.items() if name in found)
    return 1 if harmed or slow else 0


if __name__ == "__main__":
    sys.exit(main())
