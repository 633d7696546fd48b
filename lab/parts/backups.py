"""One cluster's backups: WAL archived and a full backup kept in both regions, by pgBackRest."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from lab import pgbackrest, process
from lab.parts.postgres import Postgres
from lab.pgbackrest import REPOSITORIES
from lab.place import REGIONS, Lab
from recovery.errors import Unavailable

STANZA_DEADLINE_S = 90.0
"""An archiver that found the other region's S3 dead holds the lock until it gives up."""
UP_DEADLINE_S = 60.0


class Told(BaseModel):
    """What `pgbackrest info` tells, as far as the lab reads it."""

    model_config = ConfigDict(extra="ignore")


class Database(Told):
    """Which repository something is in."""

    repository: int = Field(alias="repo-key")


class Archive(Told):
    """One repository's WAL."""

    database: Database
    max: str | None


class Backup(Told):
    """One backup."""

    database: Database
    type: str


class Status(Told):
    """How something is."""

    code: int
    message: str


class Repository(Told):
    """One repository."""

    key: int
    status: Status


class Stanza(Told):
    """One cluster in all repositories."""

    status: Status
    repo: tuple[Repository, ...] = ()
    archive: tuple[Archive, ...] = ()
    backup: tuple[Backup, ...] = ()

    def fulls(self, repository: int) -> int:
        """Return how many full backups that repository keeps."""
        return sum(b.type == "full" and b.database.repository == repository for b in self.backup)


@dataclass(frozen=True)
class Backups:
    """What keeps one region's cluster in both regions' S3."""

    region: str

    @property
    def name(self) -> str:
        """One cluster a region."""
        return f"backups-{self.region}"

    @property
    def needs(self) -> tuple[str, ...]:
        """Its cluster, both endpoints, and replication: the first backup is to contain its nodes."""
        endpoints = [f"aws-tls-{region}" for region in REGIONS]
        return (f"postgres-{self.region}", *endpoints, "link", "replication")

    def start(self, lab: Lab) -> None:
        """Have WAL archived, and a full backup in each repository; what is there stays as it is."""
        pgbackrest.configure(lab, self.region)
        try:
            if self._with_stanza(lab) != set(REPOSITORIES):
                self._make_stanzas(lab)
        finally:
            Postgres(self.region).archive_by(lab, pgbackrest.archive_command(lab, self.region))
        told = self._told(lab)
        for repository in REPOSITORIES:
            if not told.fulls(repository):
                pgbackrest.run(lab, self.region, "--type=full", f"--repo={repository}", "backup")

    def prove(self, lab: Lab) -> str:
        """A segment arrives in both repositories, and each has a full backup that nothing is wrong with."""
        process.wait_until(
            lambda: pgbackrest.run(lab, self.region, "check") is not None,
            what=f"a segment of {self.region} in both repositories",
            deadline_s=UP_DEADLINE_S,
        )
        told = self._told(lab)
        kept = [told.fulls(repository) for repository in REPOSITORIES]
        if told.status.code or not all(kept):
            raise Unavailable(f"{self.name}: pgBackRest says {told.status.message!r}, full backups: {kept}.")
        last = min(archive.max or "" for archive in told.archive)
        return f"full backups: {kept[0]} in its region, {kept[1]} in the other; WAL up to {last}"

    def are_there(self, lab: Lab) -> bool:
        """Whether each repository has a full backup of its cluster."""
        told = self._told(lab)
        return all(told.fulls(repository) for repository in REPOSITORIES)

    def _make_stanzas(self, lab: Lab) -> None:
        """Make the stanza where there is none. An archiver holds the lock for it: without a command, it rests.

        A region's S3 has forgotten all when it comes back. One that was archiving just then puts its segment into
        what is no stanza any more, and pgBackRest makes none over it ("archive directory not empty"; seen once).
        """
        Postgres(self.region).archive_by(lab, "")
        strays = f"archive/{pgbackrest.stanza(lab, self.region)}"

        def made() -> bool:
            for repository in set(REPOSITORIES) - self._with_stanza(lab):
                pgbackrest.run(lab, self.region, f"--repo={repository}", "--recurse", "repo-rm", strays)
            return pgbackrest.run(lab, self.region, "--no-online", "stanza-create") is not None

        process.wait_until(
            made,
            what=f"{self.name}'s stanza in both repositories",
            deadline_s=STANZA_DEADLINE_S,
        )

    def _told(self, lab: Lab) -> Stanza:
        answer = pgbackrest.run(lab, self.region, "info", "--output=json")
        return TypeAdapter(list[Stanza]).validate_json(answer)[0]

    def _with_stanza(self, lab: Lab) -> set[int]:
        """Return the repositories in which the cluster has a stanza: 0 is well, 2 is without a backup yet."""
        return {r.key for r in self._told(lab).repo if r.status.code in {0, 2}}
