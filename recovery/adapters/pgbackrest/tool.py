"""pgBackRest on the host of one cluster: its backups in all repositories."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue, TypeAdapter

from recovery.adapters.host import Host, Ran
from recovery.adapters.pgbackrest.told import repository_and_backups
from recovery.backups import Backup, BackupKind, Kept, Repository
from recovery.errors import Refused, Unavailable
from recovery.wal_segments import holes

LOCK_ERROR = 50
"""Another pgBackRest works on the stanza: it ends, or does not."""
ANSWER_S = 20
"""How long a repository may take to answer; pgBackRest itself would try for a minute."""

LATE_S = 5
"""How much longer a repository may take than the first one that answers."""
LIST_S = 600
Answer = tuple[Repository, tuple[Backup, ...]]
_PATHS = TypeAdapter(dict[str, JsonValue])


@dataclass(frozen=True)
class Stanza:
    """One cluster's name in pgBackRest, and where its repositories are."""

    name: str
    configuration: Path
    places: Mapping[int, str]
    """The region of each repository, by its number."""
    processes: int = 2
    longest_s: float = 4 * 3600
    """How long a backup, or a restore, may take."""


class PgBackRest:
    """The `Backups` port on pgBackRest 2.45 or later."""

    def __init__(self, host: Host, stanza: Stanza) -> None:
        """Run nothing yet."""
        self.host, self.stanza = host, stanza

    @property
    def endpoint(self) -> str:
        """Where it runs."""
        return f"pgbackrest {self.stanza.name} on {self.host.name}"

    def kept(self, *, patient: bool = False) -> Kept:
        """Ask each repository by itself, at once: one that is lost keeps the others neither from being told, nor long.

        pgBackRest tries for as long as it may where nothing answers: once one was told, the others have `LATE_S` more.
        """
        pool = ThreadPoolExecutor(max(1, len(self.stanza.places)), thread_name_prefix="pgbackrest")
        asked = {pool.submit(self._told, number): number for number in self.stanza.places}
        pool.shutdown(wait=False)
        for one in as_completed(asked):
            if one.result()[0].fault is None:
                break
        wait(asked, timeout=None if patient else LATE_S)
        told = [one.result() if one.done() else self._late(number) for one, number in asked.items()]
        return Kept(
            stanza=self.stanza.name,
            repositories=tuple(repository for repository, _ in told),
            backups=tuple(backup for _, backups in told for backup in backups),
        )

    def back_up(self, kind: BackupKind, *, repository: int) -> None:
        """Take a backup into one repository; expired ones are removed by pgBackRest afterwards."""
        command = self.command("backup", f"--type={kind}", f"--repo={repository}")
        self._done(self.host.run(command, deadline_s=self.stanza.longest_s), f"the {kind} backup")

    def holes(self, *, repository: int) -> list[str]:
        """List the archive, and look for numbers that are left out; `verify` does not tell of them (2.45)."""
        where = f"archive/{self.stanza.name}"
        command = self.command("repo-ls", f"--repo={repository}", "--recurse", "--output=json")
        ran = self._done(self.host.run([*command, where], deadline_s=LIST_S), "the archive's list")
        return holes(path.rpartition("/")[2].partition("-")[0] for path in _PATHS.validate_json(ran.output))

    def verify(self, *, repository: int) -> list[str]:
        """Read every file of a repository again, and return what is wrong, a sentence each."""
        quiet = ("--log-level-console=off", "--log-level-file=off")  # with a log file it prints nothing
        command = self.command("verify", f"--repo={repository}", "--output=text", "--verbose", *quiet)
        ran = self._done(self.host.run(command, deadline_s=self.stanza.longest_s), "the repository's check")
        lines = [line.strip() for line in ran.output.splitlines()]
        if "status: ok" in lines:
            return []
        return [line for line in lines if line and not line.startswith(("stanza:", "status: error"))] or [
            "pgBackRest does not say what is wrong"
        ]

    def command(self, verb: str, *options: str) -> list[str]:
        """Return the words that run *verb* on this stanza."""
        stanza = self.stanza
        return [
            "pgbackrest",
            f"--config-path={stanza.configuration.parent}",
            f"--stanza={stanza.name}",
            *options,
            verb,
        ]

    def _told(self, number: int) -> Answer:
        place = self.stanza.places[number]
        options = (f"--repo={number}", "--output=json", f"--io-timeout={ANSWER_S // 2}")
        try:
            ran = self.host.run(self.command("info", *options), deadline_s=ANSWER_S)
            if ran.status == 0:
                return repository_and_backups(ran.output, number, place)
            fault = ran.why
        except Unavailable as error:
            fault = str(error)
        return Repository(number=number, place=place, fault=fault), ()

    def _late(self, number: int) -> Answer:
        fault = f"it did not answer within {LATE_S} s after another one did"
        return Repository(number=number, place=self.stanza.places[number], fault=fault), ()

    def _done(self, ran: Ran, what: str) -> Ran:
        """Return how it ended; raises `Unavailable` where another one holds the lock, else `Refused`."""
        if ran.status == 0:
            return ran
        told = f"{self.endpoint}: {what} failed: {ran.why}"
        if ran.status == LOCK_ERROR:
            raise Unavailable(f"{told}; it may end by itself, repeat then.")
        raise Refused(told)
