"""The files of monitoring, written from an estate file."""

from pathlib import Path

import yaml
from pydantic import JsonValue

from deployments.monitoring.alertmanager import Intake, alertmanager
from deployments.monitoring.pace import Pace
from deployments.monitoring.places import places
from deployments.monitoring.prometheus import prometheus
from deployments.monitoring.queries import queries
from deployments.monitoring.rules import rules
from recovery.estate import EstateFile

REAL = Pace()
NEVER_WRAPPED = 10_000


def write(estate: EstateFile, folder: Path, *, pace: Pace = REAL, intake: Intake | None = None) -> list[Path]:
    """Write each place's three files below *folder*, and the exporter's queries; return their paths.

    What is there already is written anew.
    """
    intake = intake or Intake.of(estate)
    written = [_write(folder / "postgres-exporter.yml", queries(estate))]
    for place in places(estate):
        here = folder / place
        written += [
            _write(here / "prometheus.yml", prometheus(estate, place, pace)),
            _write(here / "rules.yml", rules(estate, place, pace)),
            _write(here / "alertmanager.yml", alertmanager(pace, intake)),
        ]
    return written


def _write(path: Path, content: dict[str, JsonValue]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False, width=NEVER_WRAPPED))
    return path
