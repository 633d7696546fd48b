"""What PostgreSQL runs for a WAL segment in a restore: only an archive that has none ends the WAL."""

import subprocess
from pathlib import Path

import pytest

from recovery.adapters.pgbackrest.configuration import fetching

SEGMENT = "0000000300000000000000CB"
TIMED_OUT = 82
"""pgBackRest's status where a segment that was to be fetched ahead did not come."""
STOPS_RECOVERY = 125
"""PostgreSQL ends by itself for a status beyond this one, and takes every other for a segment that is not kept."""


@pytest.mark.parametrize(
    ("ahead", "alone", "ended"), [(0, 9, 0), (1, 9, 1), (TIMED_OUT, 0, 0), (TIMED_OUT, 1, 1)]
)
def test_a_segment_not_fetched_ahead_is_fetched_alone(
    tmp_path: Path, ahead: int, alone: int, ended: int
) -> None:
    """A fault of the one says nothing about the archive; an answer of either stands."""
    assert _ran(tmp_path, ahead, alone) == ended


def test_a_fault_is_never_the_end_of_the_archive(tmp_path: Path) -> None:
    """PostgreSQL would go on with the older timeline's segment, past the place where that one was left."""
    assert _ran(tmp_path, TIMED_OUT, 49) > STOPS_RECOVERY


def test_both_are_asked_for_the_same_segment(tmp_path: Path) -> None:
    _ran(tmp_path, TIMED_OUT, 0)

    first, second = (tmp_path / "asked").read_text().splitlines()
    assert first == f"archive-get --repo=2 --archive-timeout=10 {SEGMENT} pg_wal/RECOVERYXLOG"
    assert second == f"archive-get --repo=2 --no-archive-async {SEGMENT} pg_wal/RECOVERYXLOG"


def _ran(folder: Path, ahead: int, alone: int) -> int:
    """Run it as PostgreSQL does, with a pgBackRest that ends as told; return the status."""
    program = folder / "pgbackrest"
    program.write_text(
        f'#!/bin/sh\necho "$@" >>{folder}/asked\ncase "$*" in *no-archive-async*) exit {alone};; esac\nexit {ahead}\n'
    )
    program.chmod(0o755)
    command = fetching(lambda verb, *options: [str(program), verb, *options], "--repo=2")
    told = command.replace("%f", SEGMENT).replace("%p", "pg_wal/RECOVERYXLOG")
    return subprocess.run(["/bin/sh", "-c", told], check=False).returncode
