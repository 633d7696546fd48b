"""What a killed PostgreSQL leaves in the kernel: one small System V segment."""

import subprocess
from pathlib import Path

SEGMENT_LINE = 6
"""`postmaster.pid`'s seventh line: key and id of the segment."""


def clear(data: Path) -> None:
    """Remove the segment and the pid file of a cluster that no longer runs; one that left none stays as it is."""
    path = data / "postmaster.pid"
    if not path.exists():
        return
    lines = path.read_text().splitlines()
    if len(lines) > SEGMENT_LINE and (fields := lines[SEGMENT_LINE].split()):
        subprocess.run(["/usr/bin/ipcrm", "-m", fields[-1]], check=False, capture_output=True)
    path.unlink()
