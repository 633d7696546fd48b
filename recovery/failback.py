"""What the return of a region is asked for with, and what its steps find and do."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from recovery.findings import SequenceMoved
from recovery.measurement import Frozen, Row
from recovery.operation import DEFAULT_ESTATE, DryRun, EstatePath, Reason, RegionName, RequestedBy, ResumedId
from recovery.reconcile.findings import Change

Percent = Annotated[int, Field(ge=1, le=99)]


class Failback(BaseModel):
    """Bring a region back into service that a failover has left."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    region: RegionName = Field(
        title="Region to bring back", description="The region that was left, and is there again."
    )
    share_percent: Percent | None = Field(
        default=None,
        title="Its share of traffic, percent",
        description="Leave empty for the share that it had before it was left.",
    )
    reason: Reason = ""
    dry_run: DryRun = False
    requested_by: RequestedBy = None
    estate: EstatePath = DEFAULT_ESTATE
    id: ResumedId = None


class LostSet(Frozen):
    """The transactions that had not left the region when it was left: what was lost, until they are brought home."""

    where: str = Field(description="Where in the journal's stores the list of all rows is kept")
    transactions: int
    rows: int
    span_s: float = Field(description="From the first of them to the last one, seconds")
    oldest: AwareDatetime | None
    newest: AwareDatetime | None
    tables: dict[str, int] = Field(description="Rows of each table")
    untold: dict[str, int] = Field(description="Changes of a table of which no key tells the row")
    unread: list[str] = Field(description="Node groups whose list is not complete: the server threw WAL away")
    estimated_rows: int | None = Field(
        description="Rows of the prober that the failover's report had as lost; null: it did not know"
    )

    def __str__(self) -> str:
        """What had not left, in a sentence."""
        if not self.rows and not self.untold and not self.unread:
            return "everything that was committed there had left"
        missing = f"; not known of {', '.join(self.unread)}" if self.unread else ""
        return f"{self.transactions} transactions with {self.rows} rows had not left{missing}"


class CaughtUp(Frozen):
    """The returned region has what the other one committed meanwhile, as far as that was kept."""

    how: dict[str, str] = Field(description="How each node group got it, or gets it, and why so")
    length_s: float

    def __str__(self) -> str:
        """How, in a sentence; where there are several ways, with the node groups of each."""
        ways: dict[str, list[str]] = {}
        for group, way in self.how.items():
            ways.setdefault(way, []).append(group)
        told = [
            f"{', '.join(groups) if len(ways) > 1 else f'{len(groups)} node groups'} by {way}"
            for way, groups in sorted(ways.items(), key=lambda item: -len(item[1]))
        ]
        return f"{'; '.join(told)}; in {self.length_s:.1f} s"


class BroughtHome(Frozen):
    """What became of the rows that had not left."""

    fates: dict[str, int] = Field(description="How many rows became what")
    changes: list[Change] = Field(description="What was written, by region and table")
    plans: list[str] = Field(
        description="The plans of these rows, by their names; more than one where rows were written meanwhile"
    )
    queued: int = Field(description="Rows that a person decides about, by `dr conflicts`")
    left: int = Field(description="Rows that somebody wrote meanwhile: they stay as they are")
    undo: list[str] = Field(
        description="Where in the journal's stores what takes it back is kept, each named after its region and plan"
    )
    superseded: list[str] = Field(
        description="Rows of tables that a person or a rule decides about, and that replication decided before"
    )

    def __str__(self) -> str:
        """What was done, in a sentence."""
        told = ", ".join(f"{count} {fate}" for fate, count in self.fates.items() if count)
        return told or "there was nothing to bring home"


class Reprotected(Frozen):
    """Replication runs both ways again: a loss of either region has a target."""

    redundant_at: AwareDatetime = Field(description="T7: a mark of each region has arrived in the other one")
    error_s: float = Field(description="How long before that it may have been so, seconds")
    lag_s: dict[str, float] = Field(description="How long each region's mark took, seconds")
    limit_s: float
    sequences: dict[str, list[SequenceMoved]] = Field(description="By region")
    anew: list[str] = Field(
        default=[],
        description="Node groups of which the returned region had not kept what never left it: they have a gap",
    )

    def __str__(self) -> str:
        """How late replication is, and which sequences moved."""
        moved = sum(move.after != move.before for moves in self.sequences.values() for move in moves)
        lags = ", ".join(f"of {region} in {lag:.2f} s" for region, lag in self.lag_s.items())
        gaps = f"; with a gap in what never left: {', '.join(self.anew)}" if self.anew else ""
        return f"a mark {lags}; {moved} sequences moved{gaps}"


class CacheFollows(Frozen):
    """The returned region's Redis follows the other one's."""

    before: str = Field(description="What it was: its role, and how many bytes of its stream it had")
    master: str
    offset: int = Field(description="Bytes of the master's stream that it has")
    length_s: float

    def __str__(self) -> str:
        """Whom it follows."""
        return f"follows {self.master}, at offset {self.offset}, after {self.length_s:.1f} s; it was {self.before}"


class Alike(Frozen):
    """The regions were compared, and nothing differs."""

    comparison: str = Field(description="The comparison's name: its report is published under it")
    tables: int
    rows: int
    drifted: int
    unreplicated: int = Field(
        default=0, description="Tables that are in no replication set: nothing is proved of them"
    )
    repaired: int = Field(description="Rows that differed at first, and were repaired by the estate's rules")
    copied: dict[str, str] = Field(
        default={},
        description="Tables of which so much was missing that they were copied whole, and why each was",
    )
    redis_keys: str = Field(default="", description="What comparing the keys of Redis came to")
    length_s: float

    def __str__(self) -> str:
        """What was found, in a sentence."""
        repaired = f" after {self.repaired} were repaired" if self.repaired else ""
        copied = f"; copied whole: {', '.join(self.copied)}" if self.copied else ""
        keys = f"; {self.redis_keys}" if self.redis_keys else ""
        alone = f"; {self.unreplicated} tables are not replicated" if self.unreplicated else ""
        return f"{self.drifted} of {self.rows} rows of {self.tables} tables differ{repaired}{copied}{alone}{keys}"


class Opened(Frozen):
    """The returned region may be sent customers again: it has none yet."""

    means: list[str]

    def __str__(self) -> str:
        """What was opened."""
        return f"open: {', '.join(self.means)}; no customer is sent there yet"


class Returned(Frozen):
    """The region's traffic, step by step."""

    original: dict[str, int]
    steps: list[int] = Field(description="Shares sent to the region, percent")

    def __str__(self) -> str:
        """The steps taken."""
        return f"traffic returned in steps of {', '.join(map(str, self.steps)) or 'none'} %"


class CacheReturned(Frozen):
    """Which region's Redis takes writes in the end."""

    master: str
    moved: bool

    def __str__(self) -> str:
        """Who it is."""
        return f"{self.master}'s Redis takes writes{', as before the failover' if self.moved else ''}"


class Served(Frozen):
    """Customers are served by both regions, and nothing of what they were promised is missing."""

    services: dict[str, str]
    failed_requests: int | None = Field(
        default=None,
        description="Of the requests of the prober's clients during the operation; null: not seen",
    )
    requests: int | None = None
    acknowledged: int | None = Field(
        default=None, description="Rows that the prober was promised since before the loss"
    )
    lost_then: int | None = Field(description="Rows of the prober that the failover's report had as lost")
    lost_now: int | None = Field(
        default=None, description="Promised rows that neither region has: the final loss; null: not seen"
    )
    gone: list[Row] = Field(default=[], description="Those rows, all of them, by key")
    reason: str | None = Field(default=None, description="Why something was not seen")

    def __str__(self) -> str:
        """What holds."""
        lost = "not known" if self.lost_now is None else f"{self.lost_now} rows"
        failed = "not seen" if self.failed_requests is None else f"{self.failed_requests} of {self.requests}"
        return f"{len(self.services)} services answer; failed requests: {failed}; final loss: {lost}"
