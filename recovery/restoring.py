"""What the steps of a restore find and do, as values: the journal keeps them, the report shows them."""

from pydantic import AwareDatetime, Field

from recovery.backups import Backup, Reachable
from recovery.findings import Finding, Findings, Means
from recovery.measurement import Frozen


class Chosen(Frozen):
    """From what the moment is restored, and what was found before."""

    moment: str = Field(description="The moment, in words")
    backup: Backup
    place: str = Field(description="The region of the repository")
    reachable: Reachable = Field(description="What can be reached from that repository")
    predicted_s: float | None = Field(description="By the rates of earlier restores; null: there is none yet")
    fault_at: AwareDatetime | None = Field(description="When the damage was done, as far as it is known")
    moment_at: AwareDatetime | None = Field(
        default=None, description="The moment as a time; null: only the replay can tell"
    )
    wal_last: str | None = Field(default=None, description="The newest WAL segment of that repository, then")
    findings: list[Finding]

    def __str__(self) -> str:
        """Which backup, from where."""
        held = sum(finding.ok for finding in self.findings)
        return f"{self.backup.label} from {self.place} ({held} of {len(self.findings)} checks hold)"


class Fetched(Frozen):
    """A backup's files, beside the live cluster."""

    folder: str
    backup: str
    cluster_bytes: int
    length_s: float

    def __str__(self) -> str:
        """How much, how fast."""
        rate = self.cluster_bytes / 1e6 / self.length_s if self.length_s else 0
        return f"{self.cluster_bytes / 1e6:.0f} MB in {self.length_s:.1f} s ({rate:.0f} MB/s)"


class ReplayedTo(Frozen):
    """WAL, replayed up to the moment."""

    lsn: str
    last_commit_at: AwareDatetime | None = Field(description="When the newest commit that it has was made")
    segment: str | None = Field(
        default=None, description="The WAL segment in which it ended; null: it has not ended"
    )
    length_s: float

    def __str__(self) -> str:
        """Up to where."""
        last = f", last commit {self.last_commit_at:%Y-%m-%d %H:%M:%S.%f} UTC" if self.last_commit_at else ""
        return f"replayed to {self.lsn} in {self.length_s:.1f} s{last}"


class Rung(Frozen):
    """One rung of the validation ladder."""

    name: str
    held: bool | None = Field(description="null: it does not apply here, or could not be tried")
    shown: str = Field(description="What it showed, or why there is nothing to show")
    length_s: float


class Proved(Frozen):
    """The validation ladder, from the repository's files to the rows."""

    rungs: list[Rung]
    promote_s: float = Field(description="What the promotion took")

    @property
    def failed(self) -> list[Rung]:
        """The rungs that do not hold."""
        return [rung for rung in self.rungs if rung.held is False]

    def __str__(self) -> str:
        """How many hold."""
        tried = [rung for rung in self.rungs if rung.held is not None]
        return f"{len(tried) - len(self.failed)} of {len(tried)} proofs hold"


class TableDamage(Frozen):
    """What was done to one table, and what is to be done about it."""

    table: str
    updates: int
    inserts: int = Field(description="Rows that the damage deleted, to be inserted again")
    deletes: int = Field(description="Rows that the damage inserted, to be deleted")
    kept: int = Field(description="Damaged rows that a later write changed again: left to a person")

    @property
    def changes(self) -> int:
        """How many rows would be changed."""
        return self.updates + self.inserts + self.deletes


class Damage(Frozen):
    """The plan of a surgical restore."""

    tables: list[TableDamage]
    plan: str = Field(description="Where the plan is, in the journal's stores")
    digest: str = Field(description="SHA-256 of the plan, in hex")
    length_s: float

    @property
    def changes(self) -> int:
        """How many rows would be changed."""
        return sum(table.changes for table in self.tables)

    def __str__(self) -> str:
        """How many rows, in how many tables."""
        kept = sum(table.kept for table in self.tables)
        touched = sum(bool(table.changes) for table in self.tables)
        left = f"; {kept} changed again since are left to a person" if kept else ""
        return f"{self.changes} rows in {touched} tables to be brought back{left}"


class Repaired(Frozen):
    """The plan, carried out."""

    rows: int
    undo: str = Field(description="Where the undo file is, in the journal's stores")
    verified: int = Field(description="Rows that were read back and are as planned")
    length_s: float

    def __str__(self) -> str:
        """How many rows."""
        return f"{self.rows} rows brought back, {self.verified} read back as planned"


class Settled(Frozen):
    """What was under way between the regions at the moment, decided row by row: both restored clusters agree."""

    compared: int = Field(description="Rows that were compared, as the first region has them")
    tables: int = Field(description="Replicated tables that were compared")
    rules: dict[str, int] = Field(description="By which rule how many rows were decided")
    rows: str = Field(description="Where each row is told with all its images, in the journal's stores")
    digest: str = Field(description="SHA-256 of that document, in hex")
    left_alone: list[str] = Field(description="Tables that no region sends to the other: each keeps its own")
    length_s: float

    def __str__(self) -> str:
        """How many rows differed."""
        told = ", ".join(f"{count} {rule}" for rule, count in self.rules.items()) or "none differed"
        return f"{self.compared} rows of {self.tables} tables: {told}"


class LastValue(Frozen):
    """Where a sequence of one region's cluster stood."""

    region: str
    node_group: str
    sequence: str
    value: int


class Closed(Frozen):
    """The regions whose clusters are replaced, closed to customers."""

    means: list[Means]
    sequences: list[LastValue] = Field(description="As far as the clusters answered")

    def __str__(self) -> str:
        """By what."""
        worked = [means.means for means in self.means if means.worked]
        silent = [means.means for means in self.means if not means.worked]
        return ", ".join(worked) + (f"; no answer: {', '.join(silent)}" if silent else "")


class Rejoined(Frozen):
    """Replication both ways, seen."""

    crossed_s: float | None = Field(
        description="Until a mark of each region was in the other; null: there is one region"
    )
    sequences_moved: int

    def __str__(self) -> str:
        """What was seen."""
        crossed = (
            f"a mark crossed both ways after {self.crossed_s:.1f} s"
            if self.crossed_s is not None
            else "one region"
        )
        return f"{crossed}; {self.sequences_moved} sequences moved on"


class Opened(Frozen):
    """The regions, open to customers again."""

    regions: list[str]
    closed_s: float = Field(description="From the first thing that was closed to here")

    def __str__(self) -> str:
        """Which, and for how long they were not."""
        return f"{' and '.join(self.regions)} open again after {self.closed_s:.1f} s"


class Lost(Findings):
    """Both regions, seen to be lost."""

    fault_at: AwareDatetime | None = Field(
        description="The prober's last good probe of any region; null: it has none"
    )

    def __str__(self) -> str:
        """Since when."""
        since = f" since {self.fault_at:%Y-%m-%d %H:%M:%S} UTC" if self.fault_at else ""
        return f"nothing serves{since}, and no cluster answers"


class Redirected(Frozen):
    """The traffic, sent to the stand-ins."""

    changed: list[str] = Field(description="Records and health checks that named a lost gateway")
    answered_at: AwareDatetime = Field(description="T5: when the authoritative answer was seen changed")
    error_s: float = Field(description="How long before that the answer may have changed, seconds")
    left: list[str] = Field(description="What could not be put right, and does not keep customers away")

    def __str__(self) -> str:
        """How many."""
        return (
            f"the global name leads to the stand-ins: {len(self.changed)} records and health checks changed"
        )


class Achieved(Frozen):
    """What the restore achieved, against the objectives."""

    rto_s: float | None = Field(description="From the operation's opening to the last proof, or the repair")
    rpo_s: float | None = Field(description="From the newest replayed commit to the fault")
    rpo_reason: str | None = Field(default=None, description="Why it was not measured")
    rows_after: int | None = Field(
        description="Rows acknowledged to the prober after the moment and by the fault"
    )
    rows_given_up: int | None = Field(
        default=None,
        description="Rows acknowledged to the prober after the moment and up to the closing: in the old clusters only",
    )
    outage_s: float | None = Field(
        default=None,
        description="The longest time without an acknowledged write while clusters were replaced",
    )
    phases: dict[str, float] = Field(
        description="decide, fetch, replay, compare, promote, validate, settle, replace, move, repair: seconds"
    )

    def __str__(self) -> str:
        """Both figures."""
        rpo = f"RPO {self.rpo_s:.2f} s" if self.rpo_s is not None else f"RPO not measured: {self.rpo_reason}"
        return f"RTO {self.rto_s:.1f} s, {rpo}" if self.rto_s is not None else rpo
