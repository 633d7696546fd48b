"""A cluster restored from a backup into a folder of its own, beside the live one: it archives nowhere."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import psycopg

from recovery.adapters.host import Host, Ran
from recovery.adapters.pgbackrest.configuration import (
    KEEPS_WAL,
    fetching,
    only_what_fetches,
    recovery_settings,
    scratch_settings,
    target_options,
)
from recovery.adapters.pgbackrest.last_words import last_words
from recovery.adapters.pgbackrest.tool import LOCK_ERROR, PgBackRest
from recovery.adapters.postgres.sessions import Access, Sessions
from recovery.backups import Backup
from recovery.errors import Refused, Unavailable
from recovery.restore_point import Target
from recovery.restore_ports import Replayed, Room

PATH_NOT_EMPTY = 40
BEFORE = "before"
"""Below the operation's folder, what a restore in place replaced."""
ABSENT = 1
"""What test(1) ends with for what is not there; above it, it could not look."""
ALTERED = "postgresql.auto.conf"
"""Goes before every other file; pgBackRest writes what it restores with into it."""
STILL_FETCHING = 75
PROMOTE_S = STOP_S = 120


@dataclass(frozen=True)
class ScratchPlace:
    """Where one operation's scratch cluster is."""

    operation: str
    directory: Path
    binaries: Path
    access: Access
    """How it is asked once it answers: the operator's role, as it was at the moment that was restored."""
    maintenance_database: str = "postgres"


class PgScratch:
    """The `Scratch` port on pgBackRest and PostgreSQL's own commands."""

    def __init__(self, host: Host, backups: PgBackRest, place: ScratchPlace) -> None:
        """Run nothing yet."""
        self._host, self._backups, self._place = host, backups, place
        self._sessions = Sessions(place.access)
        self._folder = PurePosixPath(place.directory) / place.operation
        self._data = self._folder / "data"

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return f"scratch {self._place.access.host}:{self._place.access.port}"

    @property
    def folder(self) -> str:
        """The folder, on its host."""
        return str(self._folder)

    def room(self) -> Room:
        """Ask the disk, and the server's binary."""
        told = self._ok("the disk's free space", "df", "-B1", "--output=avail", self._place.directory)
        version = self._ok("PostgreSQL's version", self._place.binaries / "postgres", "--version")
        return Room(free_bytes=int(told.output.split()[-1]), version=version.output.split()[2])

    def fetch(self, backup: Backup, target: Target) -> None:
        """Restore with pgBackRest, which compares what is there already."""
        self._claim()
        ran = self._fetched(backup, target)
        if ran.status == PATH_NOT_EMPTY:  # killed before it had brought anything to compare with
            self._ok("clearing what was begun", "rm", "-rf", "--", self._data)
            ran = self._fetched(backup, target)
        told = f"{self._backups.endpoint} did not fetch {backup.label}: {ran.why}"
        if ran.status in {LOCK_ERROR, STILL_FETCHING}:
            raise Unavailable(f"{told}; a fetch that was begun before is still under way: repeat.")
        if ran.status:
            raise Refused(f"{told}. The live cluster was not touched; name the other region's repository.")

    def replay(self, target: Target, *, to_serve: bool = False) -> None:
        """Start it, stopped or not, with *target* as where recovery pauses."""
        self._stop()
        controlled = self._ok(
            "the cluster's state", "env", "LC_ALL=C", self._place.binaries / "pg_controldata", self._data
        ).output
        settings = scratch_settings(controlled, self._place.access, self._folder) | recovery_settings(target)
        settings |= KEEPS_WAL if to_serve else {}
        self._write(
            self._folder / "postgresql.scratch.conf",
            "".join(f"{name} = '{value}'\n" for name, value in settings.items()),
        )
        self._write(self._folder / "pg_hba.scratch.conf", _who_may_enter(self._place.access))
        altered = self._ok("the cluster's own settings", "cat", self._data / ALTERED).output
        self._write(self._data / ALTERED, only_what_fetches(altered))
        self._start()

    def look(self) -> Replayed:
        """Ask it how far it is."""
        try:
            (row,) = self._sessions.query(self._place.maintenance_database, "replayed")
        except Unavailable:
            self._refuse_ended()
            raise
        recovering, paused, lsn, last, segment = row
        if paused:
            self._refuse_other_pause()
        return Replayed(
            ended=not recovering or paused,
            promoted=not recovering,
            lsn=lsn,
            last_commit_at=last,
            segment=segment,
        )

    def promote(self) -> None:
        """Promote it, and wait until it has left recovery."""
        if self.look().promoted:
            return
        ran = self._control("promote", "-w", "-t", PROMOTE_S)
        if ran.status or not self.look().promoted:
            raise Unavailable(f"{self.endpoint} was not promoted within {PROMOTE_S} s: {ran.why}; repeat.")

    def bad_pages(self) -> list[str]:
        """Run pg_checksums on the stopped cluster, and start it again."""
        self._stop()
        ran = self._host.run(
            [self._place.binaries / "pg_checksums", "--check", "-D", self._data],
            deadline_s=self._backups.stanza.longest_s,
        )
        self._start()
        if "checksums are not enabled" in ran.error:
            raise Refused("The cluster was made without checksums: `initdb -k`, or pg_checksums --enable.")
        return [line for line in ran.error.splitlines() if line.strip()] if ran.status else []

    def bad_structures(self) -> list[str]:
        """Run pg_amcheck over all databases; its extension is made in the scratch cluster alone."""
        ran = self._host.run(
            [
                self._place.binaries / "pg_amcheck", "-h", self._socket, "-p", self._place.access.port,
                "-U", "postgres", "--all", "--install-missing", "--heapallindexed", "--parent-check",
                f"--jobs={self._backups.stanza.processes}",
            ],
            deadline_s=self._backups.stanza.longest_s,
        )  # fmt: skip
        return [line for line in (ran.output + ran.error).splitlines() if line.strip()] if ran.status else []

    def remove(self, *, replaced: bool = False) -> None:
        """Stop it, and remove the folder that `fetch` made."""
        if self._host.run(["test", "-e", self._folder]).status == ABSENT:
            return
        self._refuse_foreign()
        if not replaced and self._host.run(["test", "-e", self._folder / BEFORE]).status != ABSENT:
            raise Refused(
                f"{self._folder} on {self._host.name} holds the cluster that was replaced; it stays."
            )
        self._stop()
        # What says whose it is goes last: where something still writes, the rest is not removed, and this is repeated.
        within = ("-mindepth", "1", "-maxdepth", "1", "!", "-name", "operation", "!", "-name", "fetching")
        rest = (*within, "-exec", "rm", "-rf", "--", "{}", "+")
        for words in (("find", self._folder, *rest), ("rm", "-rf", "--", self._folder)):
            ran = self._host.run(self._alone(*words, wait_s=STOP_S), deadline_s=2 * STOP_S)
            if ran.status:
                why = "a fetch into it is still under way" if ran.status == STILL_FETCHING else ran.why
                raise Unavailable(f"{self._folder} on {self._host.name} was not removed: {why}; repeat.")

    @property
    def _socket(self) -> PurePosixPath:
        """Beside all folders: the path of a socket has 107 characters at most, and one cluster has the port."""
        return PurePosixPath(self._place.directory)

    def _claim(self) -> None:
        """Make the folder, with a file that says whose it is."""
        if self._host.run(["test", "-e", self._folder]).status == 0:
            self._refuse_foreign()
        else:
            making = self._folder.with_suffix(".making")
            self._ok("making the folder", "mkdir", "-p", "-m", "700", making)
            self._write(making / "operation", self._place.operation)
            self._ok("making the folder", "mv", "-T", making, self._folder)
        self._ok("making the folder", "mkdir", "-p", "-m", "700", self._data, self._folder / "spool")

    def _refuse_foreign(self) -> None:
        ran = self._host.run(["cat", self._folder / "operation"])
        if ran.output.strip() != self._place.operation:
            raise Refused(
                f"{self._folder} on {self._host.name} was not made by {self._place.operation}; it stays as it is. "
                "Look at it, and move it away."
            )

    def _alone(self, *command: object, wait_s: float) -> list[object]:
        """Return *command* so that it waits for a fetch that outlived its flow, and for all that this has started.

        pgBackRest takes no lock for a restore, and goes on where the process that began it was killed.
        """
        return ["flock", "-w", round(wait_s), "-E", STILL_FETCHING, self._folder / "fetching", *command]

    def _fetched(self, backup: Backup, target: Target) -> Ran:
        restore = self._backups.command(
            "restore",
            f"--repo={backup.repository}",
            f"--set={backup.label}",
            f"--pg1-path={self._data}",
            f"--lock-path={self._folder / 'spool'}",
            f"--spool-path={self._folder / 'spool'}",  # it empties the spool: never the live archiver's
            f"--process-max={self._backups.stanza.processes}",
            f"--tablespace-map-all={self._folder / 'tablespaces'}",
            "--delta",
            "--archive-mode=off",
            f"--recovery-option=restore_command={self._restore_command(backup.repository)}",
            *target_options(target),
        )
        longest_s = self._backups.stanza.longest_s
        return self._host.run(self._alone(*restore, wait_s=longest_s), deadline_s=2 * longest_s)

    def _restore_command(self, repository: int) -> str:
        """Return what PostgreSQL runs for a WAL segment: with a spool of its own, for several may restore at once."""
        spool = self._folder / "spool"
        options = (f"--repo={repository}", f"--pg1-path={self._data}")
        return fetching(self._backups.command, *options, f"--spool-path={spool}", f"--lock-path={spool}")

    def _start(self) -> None:
        options = f"-c config_file='{self._folder / 'postgresql.scratch.conf'}'"
        self._write(self._folder / "log", "")
        longest_s = round(
            self._backups.stanza.longest_s
        )  # it answers once it is consistent: after much of the WAL
        words = ["start", "-w", "-t", longest_s, "-l", self._folder / "log", "-o", options]
        ran = self._control(*words, deadline_s=longest_s + STOP_S)
        if ran.status:
            self._refuse_ended()
            raise Unavailable(f"{self.endpoint} did not start within {longest_s} s: {ran.why}; repeat.")

    def _stop(self) -> None:
        if self._control("status").status == 0:
            self._control("stop", "-m", "fast", "-w", "-t", STOP_S)
        if self._control("status").status == 0:
            raise Unavailable(f"{self.endpoint} did not stop within {STOP_S} s; repeat.")

    def _control(self, *words: object, deadline_s: float = PROMOTE_S + STOP_S) -> Ran:
        verb, *options = words
        command = [self._place.binaries / "pg_ctl", verb, "-D", self._data, *options]
        return self._host.run(command, deadline_s=deadline_s)

    def _refuse_ended(self) -> None:
        """Raise `Refused` with the server's own last words where it does not run."""
        if self._control("status").status == 0:
            return
        log = self._log()
        came = [
            line.split("LOG:")[1].strip()
            for line in log
            if "redo done at" in line or "last completed" in line
        ]
        if why := last_words(log):
            how_far = "; ".join(line.split(" system usage")[0] for line in came)
            raise Refused(
                f"{self.endpoint} ended by itself: {why}{f' ({how_far})' if how_far else ''}. The live cluster "
                "was not touched; the other region's repository may have what is missing here."
            )

    def _refuse_other_pause(self) -> None:
        """Raise `Refused` where it pauses for another reason than having reached its target."""
        log = self._log()
        if any("pausing at the end of recovery" in line for line in log):
            return
        why = [line.split("WARNING:")[1].strip() for line in log if "WARNING:" in line]
        raise Refused(
            f"{self.endpoint} paused before its target: {why[-1] if why else 'somebody paused it'}."
        )

    def _log(self) -> list[str]:
        return self._host.run(["tail", "-n", "50", self._folder / "log"]).output.splitlines()

    def _write(self, path: PurePosixPath, text: str) -> None:
        ran = self._host.run(["tee", path], text=text)
        if ran.status:
            raise Unavailable(f"{path} on {self._host.name} was not written: {ran.why}")

    def _ok(self, what: str, *command: object) -> Ran:
        ran = self._host.run(command)
        if ran.status:
            raise Unavailable(f"{what} on {self._host.name} failed: {ran.why}")
        return ran


def _who_may_enter(access: Access) -> str:
    """Return pg_hba lines: the account's own socket, and the operator by password from the outside."""
    user = psycopg.sql.Identifier(access.user).as_string(None)
    return f"local all postgres trust\nhost all {user} 0.0.0.0/0 scram-sha-256\nhost all {user} ::/0 scram-sha-256\n"
