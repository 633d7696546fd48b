"""What a killed PostgreSQL leaves in the kernel: one small System V segment."""

import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

ENDED_S = 5.0
SEGMENT_LINE = 6
"""`postmaster.pid`'s seventh line: key and id of the segment."""


def end(clusters: Iterable[Path]) -> None:
    """SIGKILL the servers of clusters that flows restored in this lab, which the lab itself did not start."""
    for data in clusters:
        with suppress(psutil.NoSuchProcess):
            if server := server_of(data):
                victims = [server, *server.children(recursive=True)]
                for victim in victims:
                    victim.kill()
                psutil.wait_procs(victims, timeout=ENDED_S)


def server_of(data: Path) -> psutil.Process | None:
    """Return the server that runs in a data folder, None where none does: its number may be another one's by now."""
    path = data / "postmaster.pid"
    pid = int(path.read_text().split("\n")[0]) if path.exists() else 0
    with suppress(psutil.NoSuchProcess):
        server = psutil.Process(pid)
        if pid and str(data) in server.cmdline():
            return server
    return None


def clear(data: Path) -> None:
    """Remove the segment and the pid file of a cluster that no longer runs; one that left none stays as it is."""
    path = data / "postmaster.pid"
    if not path.exists():
        return
    lines = path.read_text().splitlines()
    if len(lines) > SEGMENT_LINE and (fields := lines[SEGMENT_LINE].split()):
        subprocess.run(["/usr/bin/ipcrm", "-m", fields[-1]], check=False, capture_output=True)
    path.unlink()
