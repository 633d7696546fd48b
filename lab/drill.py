"""The drill: lose a region of a fresh lab under load, have the flow fail it over, and see what was achieved."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from lab.faults import Fault, break_it
from lab.parts.prefect import environment
from lab.place import EAST, ROOT, Lab
from recovery.errors import Unavailable

FAILOVER_DEADLINE_S = 300
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


@dataclass(frozen=True)
class Drilled:
    """How a drill ended."""

    verdict: Verdict
    report: Path

    @property
    def met(self) -> bool:
        """Whether the objectives were met."""
        return self.verdict.overall == "met"


def lose_region(lab: Lab, region: str = EAST) -> Drilled:
    """SIGKILL everything in *region*, fail it over with the flow, and return what its report says."""
    injected_at = break_it(lab, Fault.REGION, region)
    return failed_over(
        lab, region, "--injected-at", injected_at.isoformat(), "--reason", "drill: region lost"
    )


def failed_over(lab: Lab, region: str, *options: str) -> Drilled:
    """Run `dr failover` as a person would; `Unavailable` says how it ended where it did not get through."""
    command = [str(Path(sys.executable).with_name("dr")), "failover", region]
    done = subprocess.run(
        [*command, "--estate", str(lab.estate_file), *options],
        env={**os.environ, **environment(lab)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=FAILOVER_DEADLINE_S,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        told = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise Unavailable(f"dr failover {region} ended with {done.returncode}: {told[0]}")
    folder = REPORTS / done.stdout.strip().splitlines()[-1].split(":")[0]
    content = json.loads((folder / "report.json").read_text())
    return Drilled(verdict=Verdict.model_validate(content["verdict"]), report=folder / "report.html")
