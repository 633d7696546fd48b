"""`python -m deployments.monitoring --estate FILE --folder FOLDER`: `dr monitoring write`, with a pace of one's own."""

import argparse
from pathlib import Path

from deployments.monitoring.alertmanager import Intake
from deployments.monitoring.pace import Pace
from deployments.monitoring.writing import write
from recovery.estate import EstateFile


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description="The files of monitoring, from an estate file")
    parser.add_argument("--estate", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--pace", type=Pace.model_validate_json, default="{}", help="JSON, in seconds")
    parser.add_argument("--intake", type=Intake.model_validate_json, help="JSON: url, credentials_file")
    options = parser.parse_args()
    write(EstateFile.read(options.estate), options.folder, pace=options.pace, intake=options.intake)


if __name__ == "__main__":
    main()
