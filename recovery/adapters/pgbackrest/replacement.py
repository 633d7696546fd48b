"""The live cluster's place: a restored cluster is put into it by renaming folders, and what was there is kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from recovery.adapters.host import Host, Ran
from recovery.adapters.pgbackrest.last_words import last_words
from recovery.adapters.pgbackrest.scratch import BEFORE
from recovery.adapters.postgres.on_host import ServerOnHost
from recovery.errors import Refused, Unavailable
from recovery.restore_ports import Swap

CONFIGURATION = ("postgresql.conf", "postgresql.auto.conf", "pg_hba.conf", "pg_ident.conf")
"""What a cluster is told, as far as that is in its folder: the one that serves goes on with what is in force now."""
ALTERED = "postgresql.auto.conf"
"""It goes before every other file."""
QUIET = "archive_command = ''"
"""Nothing is archived, and nothing removed."""
STATE = "Database cluster state"
"""The line of pg_controldata."""
STOP_S, START_S, SYNC_S = 120, 300, 3600
Prove = Callable[[], None]
"""Raises where another process does this now. Asked right before a cluster is stopped, moved or started."""


@dataclass(frozen=True)
class LivePlace:
    """Where the live cluster is, and how it is started and stopped."""

    operation: str
    scratch_directory: Path
    data_directory: Path
    binaries: Path
    node_groups: Sequence[str]
    application_roles: Sequence[str]
    maintenance_database: str = "postgres"
    start: Sequence[str] | None = None
    stop: Sequence[str] | None = None
    """Without them, pg_ctl does."""


class PgReplacement:
    """The `Replacement` port on PostgreSQL's own commands."""

    def __init__(self, host: Host, place: LivePlace) -> None:
        """Run nothing yet."""
        self._host, self._place = host, place
        self._live = PurePosixPath(place.data_directory)
        self._folder = PurePosixPath(place.scratch_directory) / place.operation
        self._new, self._before = self._folder / "data", self._folder / BEFORE
        self._detached = self._folder / "detached"

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return f"data {self._host.name}:{self._live}"

    def look(self) -> Swap:
        """Ask the file system for the devices, and the account's rights."""
        scratch, above = self._place.scratch_directory, self._live.parent
        there = [self._live] if self._is_there(self._live) else []
        devices = self._ok("the folders' disks", "stat", "-c", "%d", scratch, above, *there).output.split()
        links = self._live / "pg_tblspc"
        elsewhere = "" if not self._is_there(links) else self._ok("the tablespaces", "ls", links).output
        return Swap(
            same_disk=len(set(devices)) == 1,
            tablespaces=len(elsewhere.split()),
            may_rename=self._host.run(["test", "-w", above]).status == 0,
            can_start=self._can_start(),
            occupied=self._is_there(self._live / "PG_VERSION"),
        )

    def detach(self) -> None:
        """Reset its subscriptions by their rows: without pglogical's library its functions do not run."""
        if self._is_there(self._detached):
            return
        self._refuse_foreign()
        server = ServerOnHost(self._host, self._new)
        server.run(
            self._place.maintenance_database, "shut_out", roles=",".join(self._place.application_roles)
        )
        for group in self._place.node_groups:
            server.run(group, "detach")
        self._ok("noting that it is detached", "touch", self._detached)

    def archive(self) -> None:
        """Take the setting out that kept it quiet, and have it read its configuration again."""
        self._ok("having it archive", "sed", "-i", f"/^{QUIET}$/d", self._live / ALTERED)
        if self._control("reload", "-D", self._live).status:
            raise Unavailable(f"{self.endpoint} did not read its configuration again; repeat.")

    def put_in(self, prove: Prove, *, quiet: bool = False) -> None:
        """Exchange the folders, then start."""
        if self._is_there(self._new):
            self._refuse_foreign()
            self._refuse_unfit(prove)
            self._stop_live(prove)
            self._hand_over_configuration()
            if quiet:
                self._ok("keeping it quiet", "tee", "-a", self._new / ALTERED, text=f"{QUIET}\n")
            self._ok(
                "writing all to disk",
                self._place.binaries / "initdb",
                "--sync-only",
                "-D",
                self._new,
                s=SYNC_S,
            )
            if self._is_there(self._live):
                self._rename(self._live, self._before, prove)
            elif not self._is_there(self._before):  # what is put back is then an empty place
                self._ok("making what is kept", "mkdir", "-m", "700", self._before)
            self._rename(self._new, self._live, prove)
        self._start_live(prove)

    def put_back(self, prove: Prove) -> None:
        """Exchange them back, then start."""
        if self._is_there(self._before):
            self._refuse_foreign()
            self._stop_live(prove)
            if self._is_there(self._live):
                self._rename(self._live, self._new, prove)
            self._rename(self._before, self._live, prove)
        self._start_live(prove)

    def _can_start(self) -> bool:
        """Whether both commands are known; pg_ctl needs the configuration in the cluster's own folder."""
        if self._place.start and self._place.stop:
            return True
        return not self._place.start and self._is_there(self._live / "postgresql.conf")

    def _refuse_unfit(self, prove: Prove) -> None:
        """Stop it, and raise `Refused` for one that would take customers in, or has not written all that it had."""
        if not self._is_there(self._detached):
            raise Refused(
                f"The cluster in {self._new} on {self._host.name} was not detached; it is put nowhere."
            )
        self._stop(self._new, prove)
        command = ("env", "LC_ALL=C", self._place.binaries / "pg_controldata", self._new)
        told = self._ok("the cluster's state", *command).output
        states = [line.split(":", 1)[1].strip() for line in told.splitlines() if line.startswith(STATE)]
        if states != ["shut down"]:
            raise Refused(
                f"The cluster in {self._new} on {self._host.name} was not shut down whole, and it does without fsync: "
                "it may have lost something. Begin the restore again."
            )

    def _hand_over_configuration(self) -> None:
        """Copy the files in force; where the folder was renamed already, from there."""
        source = self._live if self._is_there(self._live) else self._before
        for name in CONFIGURATION:
            if self._is_there(source / name):
                self._ok("the configuration in force", "cp", "-p", source / name, self._new / name)

    def _stop_live(self, prove: Prove) -> None:
        if self._place.stop and self._runs(self._live):
            prove()
            self._ok("stopping the live cluster", *self._place.stop, s=STOP_S)
        self._stop(self._live, prove)

    def _stop(self, data: PurePosixPath, prove: Prove) -> None:
        """Stop it; one that waits for a subscriber which is gone is ended at once: it recovers when it starts."""
        for mode in ("fast", "immediate"):
            if self._runs(data):
                prove()
                self._control("stop", "-D", data, "-m", mode, "-w", "-t", STOP_S // 4, s=STOP_S)
        if self._runs(data):
            raise Unavailable(f"The cluster in {data} on {self._host.name} did not stop; repeat.")

    def _start_live(self, prove: Prove) -> None:
        if self._runs(self._live) or not self._is_there(self._live / "PG_VERSION"):
            return
        prove()
        if self._place.start:
            ran = self._host.run(self._place.start, deadline_s=START_S)
        else:
            log = self._live / "startup.log"
            ran = self._control("start", "-D", self._live, "-w", "-t", START_S, "-l", log, s=START_S + STOP_S)
        if ran.status or not self._runs(self._live):
            why = self._last_words() or f"{ran.why}; see its log"
            raise Unavailable(f"{self.endpoint} did not start: {why}; mend that, and repeat.")

    def _last_words(self) -> str | None:
        """Return why it ended, as far as a log in its folder tells: where it is put back, that log is gone."""
        named = self._host.run(["cat", self._live / "current_logfiles"]).output.splitlines()
        logs = [line.removeprefix("stderr ") for line in named if line.startswith("stderr ")]
        told = self._host.run(
            ["tail", "-q", "-n", "50", *(self._live / log for log in ["startup.log", *logs])]
        )
        return last_words(told.output.splitlines())

    def _runs(self, data: PurePosixPath) -> bool:
        return self._is_there(data / "postmaster.pid") and self._control("status", "-D", data).status == 0

    def _control(self, *words: object, s: float = STOP_S) -> Ran:
        return self._host.run([self._place.binaries / "pg_ctl", *words], deadline_s=s)

    def _rename(self, source: PurePosixPath, target: PurePosixPath, prove: Prove) -> None:
        """Rename a folder: at once, or not at all; nothing that is there is overwritten."""
        if self._is_there(target):
            raise Refused(
                f"{target} on {self._host.name} is there already, and stays; look at it, and move it away."
            )
        prove()
        self._ok(f"renaming {source}", "mv", "-T", "-n", source, target)

    def _is_there(self, path: PurePosixPath) -> bool:
        return self._host.run(["test", "-e", path]).status == 0

    def _refuse_foreign(self) -> None:
        ran = self._host.run(["cat", self._folder / "operation"])
        if ran.output.strip() != self._place.operation:
            raise Refused(f"{self._folder} on {self._host.name} was not made by {self._place.operation}.")

    def _ok(self, what: str, *command: object, s: float = 30.0, text: str | None = None) -> Ran:
        ran = self._host.run(command, deadline_s=s, text=text)
        if ran.status:
            raise Unavailable(f"{what} on {self._host.name} failed: {ran.why}")
        return ran
