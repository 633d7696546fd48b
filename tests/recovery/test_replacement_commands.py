"""The commands by which a restored cluster is put in the live one's place, on a host that is this machine."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from recovery.adapters.host import Host
from recovery.adapters.pgbackrest import LivePlace, PgReplacement
from recovery.errors import Superseded

OPERATION, PROOF = "restore-1", "a proof"
PG_CTL = """
case "$1" in
status) test -e "$3/postmaster.pid" ;;
stop) rm "$3/postmaster.pid" ;;
start) touch "$3/postmaster.pid" ;;
esac
"""
CONTROLDATA = "echo 'Database cluster state:               shut down'"
ACTS = ("pg_ctl stop", "pg_ctl start", "mv ")


class OnDisk:
    """A live cluster, a restored one in its operation's folder, and a log of what is run."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._log = folder, folder / "log"
        self.live, self.kept = folder / "live", folder / "scratch" / OPERATION / "before"
        for data in (self.live, folder / "scratch" / OPERATION / "data"):
            data.mkdir(parents=True)
            (data / "PG_VERSION").write_text("15\n")
        (self.live / "postmaster.pid").touch()
        (self.live / "the live one").touch()
        (self.kept.parent / "operation").write_text(OPERATION)
        (self.kept.parent / "detached").touch()
        for name, script in (("pg_ctl", PG_CTL), ("pg_controldata", CONTROLDATA), ("initdb", "true")):
            self._command(folder / "bin" / name, script)
        self._command(folder / "logged", f'echo "$@" >> {self._log}\nexec "$@"')

    def replacement(self) -> PgReplacement:
        place = LivePlace(
            operation=OPERATION,
            scratch_directory=self._folder / "scratch",
            data_directory=self.live,
            binaries=self._folder / "bin",
            node_groups=[],
            application_roles=[],
        )
        return PgReplacement(Host("here", as_account=[str(self._folder / "logged")]), place)

    def prove(self, *, times: int = 100) -> Callable[[], None]:
        """Return a proof that holds so many *times*."""

        def proved() -> None:
            if self.log().count(PROOF) >= times:
                raise Superseded("another process goes on")
            with self._log.open("a") as log:
                log.write(f"{PROOF}\n")

        return proved

    def log(self) -> list[str]:
        """What was run and proved, without what only looks."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        told = [line.removeprefix(f"{self._folder}/bin/") for line in lines]
        return [line for line in told if line.startswith((PROOF, *ACTS))]

    def _command(self, path: Path, script: str) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)


@pytest.fixture
def disk(tmp_path: Path) -> OnDisk:
    return OnDisk(tmp_path)


def unproved(log: Sequence[str]) -> list[str]:
    """What was done without a proof right before it."""
    return [line for before, line in zip(["", *log], log, strict=False) if PROOF not in (before, line)]


def test_whatever_stops_moves_or_starts_a_cluster_is_proved_right_before(disk: OnDisk) -> None:
    disk.replacement().put_in(disk.prove())
    there = disk.log()

    disk.replacement().put_back(disk.prove())

    assert [line.split(" -")[0] for line in there] == [
        line for act in ("pg_ctl stop", "mv", "mv", "pg_ctl start") for line in (PROOF, act)
    ]
    assert unproved(disk.log()) == []
    assert (disk.live / "the live one").exists()


@pytest.mark.parametrize("times", range(4))
def test_one_that_is_overtaken_leaves_the_clusters_where_they_are(disk: OnDisk, times: int) -> None:
    """It wakes up where another process has put the live cluster back, and would stop it again."""
    with pytest.raises(Superseded):
        disk.replacement().put_in(disk.prove(times=times))
    acts = len(disk.log()) - times

    disk.replacement().put_back(disk.prove())

    assert acts == times
    assert (disk.live / "the live one").exists()
    assert (disk.live / "postmaster.pid").exists()
