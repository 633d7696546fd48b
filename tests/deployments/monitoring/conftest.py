"""The generated files, at a real estate's pace."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deployments.monitoring.writing import write
from recovery.estate import EstateFile

TOOL_DEADLINE_S = 60


@pytest.fixture
def estate_file(estate_values: dict[str, Any]) -> EstateFile:
    """The lab's estate: 3 failures, 5 % errors, 500 ms, a lag of 60 s; seen over 60 s, as a real one is."""
    estate_values["automated_failover"]["detection"]["detection_window_seconds"] = 60
    return EstateFile.from_values(estate_values, name="estate.yaml")


@pytest.fixture
def files(estate_file: EstateFile, tmp_path: Path) -> Path:
    """The folder of everything that is generated."""
    folder = tmp_path / "monitoring"
    write(estate_file, folder)
    return folder


@pytest.fixture
def tool() -> Callable[..., str]:
    """Run one of Prometheus' own tools, and return what it said; what it refuses fails the test, in its words."""

    def run(*command: object) -> str:
        done = subprocess.run(
            list(map(str, command)), capture_output=True, text=True, check=False, timeout=TOOL_DEADLINE_S
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
