"""Drills of a lab: `dr drill` in it; and single failovers, by alerts or by hand, with what they achieved."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT, SIGTERM, signal

from pydantic import BaseModel, ConfigDict

from lab.faults import Fault, break_it
from lab.parts.prefect import environment
from lab.place import EAST, ROOT, Lab
from lab.process import wait_until
from recovery.errors import Unavailable

FAILOVER_DEADLINE_S = 300
SHORT = ("link-partition", "region-loss")
"""What must not be acted upon, and what must."""
REPORTS = ROOT / "reports"


class Figure(BaseModel):
    """One achieved figure of a report, as far as the drill reads it."""

    model_config = ConfigDict(extra="ignore")

    achieved_s: float | None
    objective_s: float | None
    judgement: str


class Verdict(BaseModel):
    """A report's verdict, as far as the drill reads it."""

    model_config = ConfigDict(extra="ignore")

    overall: str
    headline: str
    reason: str | None
    rto: Figure
    rpo: Figure
    rows_lost: int | None
    rows_acknowledged: int | None


class Phase(BaseModel):
    """One stretch of the way from the fault to the clients' return."""

    model_config = ConfigDict(extra="ignore")

    what: str
    length_s: float


class Timeline(BaseModel):
    """A report's timeline, as far as the drill reads it."""

    model_config = ConfigDict(extra="ignore")

    phases: list[Phase]


class Ending(BaseModel):
    """How a report's operation ended, as far as the drill reads it."""

    model_config = ConfigDict(extra="ignore")

    closed: bool


class Told(BaseModel):
    """A report, as far as the drill reads it."""

    model_config = ConfigDict(extra="ignore")

    verdict: Verdict
    timeline: Timeline
    ending: Ending


@dataclass(frozen=True)
class Drilled:
    """How a drill ended."""

    verdict: Verdict
    phases: list[Phase]
    report: Path

    @property
    def met(self) -> bool:
        """Whether the objectives were met."""
        return self.verdict.overall == "met"


def rehearsed(lab: Lab, scenarios: Sequence[str]) -> int:
    """Run `dr drill` as a person would, its lines shown as they come; return its exit status: 0 if all passed."""
    chosen = [] if list(scenarios) == ["all"] else scenarios
    command = [str(Path(sys.executable).with_name("dr")), "drill", *chosen, "--estate", str(lab.estate_file)]
    env = {**os.environ, **environment(lab)}
    with subprocess.Popen(command, env=env, cwd=ROOT, stdin=subprocess.DEVNULL) as test:
        # Whoever ends this ends the test: it puts the estate back, and only then the lab is taken down.
        # A terminal's Ctrl-C has reached it already.
        before = signal(SIGTERM, lambda *_: test.terminate()), signal(SIGINT, lambda *_: None)
        try:
            return test.wait()
        finally:
            signal(SIGTERM, before[0])
            signal(SIGINT, before[1])


def lose_region_to_alerts(lab: Lab, region: str = EAST) -> Drilled:
    """SIGKILL everything in *region* of an automatic lab, and wait for what its alerts bring about."""
    before = set(REPORTS.glob("*"))
    break_it(lab, Fault.REGION, region)

    def ended() -> Drilled | None:
        for folder in set(REPORTS.glob(f"failover-*-{region}")) - before:
            if (drilled := _read(folder)) is not None:
                return drilled
        return None

    return wait_until(ended, what="the report of a failover", deadline_s=FAILOVER_DEADLINE_S)


def failed_over(lab: Lab, region: str, *options: str) -> Drilled:
    """Run `dr failover` as a person would; `Unavailable` says how it ended where it did not get through."""
    done = dr(lab, "failover", region, *options)
    if done.returncode:
        told = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise Unavailable(f"dr failover {region} ended with {done.returncode}: {told[0]}")
    folder = REPORTS / done.stdout.strip().splitlines()[-1].split(":")[0]
    if (drilled := _read(folder)) is None:
        raise Unavailable(f"{folder.name} has no report of an ended operation.")
    return drilled


def dr(lab: Lab, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of `dr` in the lab, and return how it ended and what it said."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("dr")), command, *arguments, "--estate", str(lab.estate_file)],
        env={**os.environ, **environment(lab)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=FAILOVER_DEADLINE_S,
        stdin=subprocess.DEVNULL,
    )


def _read(folder: Path) -> Drilled | None:
    """Return what the report in *folder* says, None while its operation goes on."""
    file = folder / "report.json"
    told = Told.model_validate_json(file.read_text()) if file.is_file() else None
    if told is None or not told.ending.closed:
        return None
    return Drilled(verdict=told.verdict, phases=told.timeline.phases, report=folder / "report.html")
