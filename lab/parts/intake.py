"""The alert intake: every Alertmanager posts to it, and what it decides is started in its own, warm process."""

import sys
from dataclasses import dataclass

import yaml

from lab import process
from lab.asking import answer
from lab.parts.prefect import environment
from lab.place import PORTS, REGIONS, Lab

UP_DEADLINE_S = 60.0


@dataclass(frozen=True)
class Intake:
    """The intake, in the third place."""

    name: str = "intake"
    region: None = None
    needs: tuple[str, ...] = ("monitoring", "prefect", "prober")
    """Not the deployments: it takes seconds to start, and asks for none before it starts something."""

    def start(self, lab: Lab) -> None:
        """Start it as the caller: the flows that it runs write reports into the caller's folder."""
        folder = lab.folder / "data" / self.name
        folder.mkdir(parents=True, exist_ok=True)
        config = {
            "listen": f"{lab.third_place}:{PORTS.intake}",
            "spool": str(folder / "spool.sqlite"),
            "estate": str(lab.estate_file),
            "token_files": [str(lab.folder / "secrets" / "intake-token")],
        }
        (folder / "intake.yaml").write_text(yaml.safe_dump(config))
        command = [sys.executable, "-m", "deployments.intake", "--config", folder / "intake.yaml"]
        process.start(lab, self.name, command, env=environment(lab), as_caller=True)

    def prove(self, lab: Lab) -> str:
        """It has heard the monitoring of both regions."""

        def hears() -> str | None:
            said = answer(f"http://{lab.third_place}:{PORTS.intake}/metrics").decode()
            heard = [r for r in REGIONS if f'dr_watchdog_age_seconds{{region="{r}"}}' in said]
            return f"hears {', '.join(heard)}" if len(heard) == len(REGIONS) else None

        return process.wait_until(hears, what="the watchdogs of both regions", deadline_s=UP_DEADLINE_S)
