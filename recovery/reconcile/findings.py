"""What a comparison of the two regions found, table by table: for the report, and for whoever decides about it."""

import json
from collections.abc import Mapping
from typing import Literal, Self, assert_never

from pydantic import AwareDatetime, Field

from recovery.measurement import Frozen
from recovery.objectives import Judgement
from recovery.reconcile.cache_findings import CacheFindings
from recovery.reconcile.plan import RepairPlan
from recovery.reconcile.shapes import Key

REDIS = "Redis"
"""What `unfinished` calls it."""


class Copy(Frozen):
    """One side's copy of a row."""

    image: str | None = Field(description="The row as text; null: it was not to be shown")
    written_by: str = Field(description="The region that wrote it last, as this side's server tells it")
    written_at: AwareDatetime | None = Field(description="When; null: the server has forgotten")


class Sample(Frozen):
    """One row that has drifted, side by side; a side that does not have it is null."""

    key: Key
    left: Copy | None
    right: Copy | None


class TableFindings(Frozen):
    """One table, compared."""

    table: str = Field(description="As database.schema.table")
    rows_left: int = Field(description="Rows that were compared, as the first region has them")
    rows_right: int
    blocks: int
    differing_blocks: int
    by_cells: bool = Field(
        default=False, description="The blocks are cells: it was compared over a thin link"
    )
    different: int = Field(description="Rows that have drifted: both sides have them, and they differ")
    left_only: int = Field(description="Rows that have drifted: the first region alone has them")
    right_only: int
    in_flight: int = Field(description="Rows that differed at first, and were under way")
    restless: int = Field(description="Rows that were written between all looks: nothing is known of them")
    length_s: float
    since: AwareDatetime | None = Field(
        default=None, description="Only what was written since was looked at; null: the whole table was"
    )
    compared_by: str = Field(default="", description="The process that compared it, as host:process id")
    samples: list[Sample]

    @property
    def rows(self) -> int:
        """How many rows either side has: both copies of one are one, and one that a side alone has is another."""
        return self.rows_left + self.right_only

    @property
    def drifted(self) -> int:
        """How many of them have drifted."""
        return self.different + self.left_only + self.right_only

    def __str__(self) -> str:
        """The table in a sentence."""
        under_way = f", {self.in_flight} were under way" if self.in_flight else ""
        restless = f", {self.restless} never rested" if self.restless else ""
        return f"{self.table}: {self.drifted} of {self.rows} rows have drifted{under_way}{restless}"


class NotCompared(Frozen):
    """A table that can not be compared, and why."""

    table: str
    why: str


class Lag(Frozen):
    """How long a mark of each region took to be in the other one."""

    first_s: float = Field(description="The first region's mark, in the second one")
    second_s: float


class Change(Frozen):
    """How many rows a plan changes in one table of one region."""

    region: str
    table: str
    updates: int
    inserts: int
    deletes: int

    def __str__(self) -> str:
        """The table in a sentence."""
        return f"{self.region}, {self.table}: {self.updates} updated, {self.inserts} inserted, {self.deletes} deleted"


class Queued(Frozen):
    """How many rows of one table a person decides about, and why."""

    table: str
    why: str
    rows: int


class Plan(Frozen):
    """What a repair of the rows that have drifted would do.

    No value that Prefect sees has a field called `keys`: it takes what it is given for a mapping by that.
    """

    name: str | None = Field(
        description="What a repair is asked for by; null: there is none, and `why` says why"
    )
    where: str | None = Field(
        description="Where in the journal's stores its rows are kept, both versions of each"
    )
    digest: str | None = Field(description="SHA-256 of its rows")
    changes: list[Change]
    reasons: dict[str, int] = Field(description="How many rows become what they become for which reason")
    queue: list[Queued] = Field(description="What is left to a person: `dr conflicts`")
    redis_keys: int = Field(default=0, description="How many keys of Redis a repair would write or delete")
    why: str | None = Field(default=None, description="Why there is no plan")

    @property
    def rows(self) -> int:
        """How many rows it changes, of both regions."""
        return sum(one.updates + one.inserts + one.deletes for one in self.changes)

    @property
    def queued(self) -> int:
        """How many rows are left to a person."""
        return sum(one.rows for one in self.queue)

    def __str__(self) -> str:
        """What it would do, in a sentence."""
        if self.name is None:
            return f"There is no plan: {self.why}"
        keys = f" and {self.redis_keys:,} keys of Redis" if self.redis_keys else ""
        return f"A repair would change {self.rows:,} rows{keys}; {self.queued:,} are left to a person."


class Findings(Frozen):
    """A whole comparison."""

    schema_version: Literal["1"] = Field(default="1", description="Version of this document's form")
    id: str
    estate: str
    regions: tuple[str, str] = Field(description="The first one is the left side")
    reason: str
    look_at: str = Field(default="whole", description="Which rows were compared: whole, changed, conflicts")
    asked: list[str] = Field(
        default_factory=list, description="The node groups and tables that were asked for; empty: all of them"
    )
    conflicts: int | None = Field(
        default=None, description="Real conflicts whose rows were compared; null: it was not by conflicts"
    )
    on_record: int | None = Field(
        default=None,
        description="Real conflicts of all tables that were collected within a day; null: not known",
    )
    began_at: AwareDatetime
    ended_at: AwareDatetime
    lag_before: Lag
    lag_after: Lag | None = Field(description="null: no mark crossed at the end")
    tables: list[TableFindings]
    not_compared: list[NotCompared]
    unreplicated: list[NotCompared] = Field(
        default_factory=list,
        description="Tables that no region sends to the other: each keeps its own, and nothing is known of them",
    )
    unfinished: list[NotCompared] = Field(
        default_factory=list,
        description="What else was asked for, and was not done to its end: Redis, the last mark",
    )
    cache: CacheFindings | None = Field(
        default=None, description="null: Redis was not asked for, or is among `unfinished`"
    )
    plan: Plan | None = Field(default=None, description="null: none was asked for, or nothing has drifted")
    repair: str | None = Field(
        default=None,
        description="What the repair by the plan came to, or why it was refused; null: none was asked for, or needed",
    )

    @property
    def whole_estate(self) -> bool:
        """Whether it was about every table that is replicated, and not about rows of conflicts alone."""
        return not self.asked and self.look_at != "conflicts"

    @property
    def drifted(self) -> int:
        """How many rows have drifted, of all tables."""
        return sum(table.drifted for table in self.tables)

    @property
    def keys_drifted(self) -> int:
        """How many keys of Redis have drifted."""
        return self.cache.drifted if self.cache else 0

    @property
    def told_of_keys(self) -> str:
        """What comparing the keys of Redis came to; empty where it was not asked for."""
        if self.cache:
            return ", and ".join(self.cache.told)
        return next(
            (
                f"the keys of Redis were not compared: {one.why}"
                for one in self.unfinished
                if one.table == REDIS
            ),
            "",
        )

    @property
    def restless(self) -> int:
        """Rows that were written between all looks, of all tables."""
        return sum(table.restless for table in self.tables)

    @property
    def judgement(self) -> Judgement:
        """met: all that was asked for was compared, and nothing differs; missed: rows have drifted.

        Tables that are not replicated are named, and no reason: they are meant to be each region's own.
        """
        if self.drifted or self.keys_drifted:
            return Judgement.MISSED
        none = self.conflicts == 0
        whole = (self.tables or none) and not self.not_compared and not self.restless
        whole = whole and not self.unfinished and (self.cache is None or self.cache.whole)
        return Judgement.MET if whole else Judgement.NOT_MEASURED

    @property
    def headline(self) -> str:
        """What came of it, in a few words."""
        match self.judgement:
            case Judgement.MET:
                return "Nothing differs in what is replicated" if self.unreplicated else "Nothing differs"
            case Judgement.MISSED:
                return "The regions have drifted apart"
            case Judgement.NOT_MEASURED:
                return "No drift was found, and not all was compared"
            case never:
                assert_never(never)

    @property
    def verdict(self) -> str:
        """What came of it, in a sentence."""
        rows = sum(table.rows for table in self.tables)
        if self.conflicts == 0 and not self.unfinished:
            return "No real conflict was logged within a day."
        said = [f"{rows:,} rows of {len(self.tables)} tables were compared"]
        if self.drifted:
            said.append(f"{self.drifted:,} differ, and will not mend by themselves")
        if self.restless:
            said.append(f"{self.restless:,} never rested, and are not known")
        if self.not_compared:
            said.append(f"{len(self.not_compared)} tables were not compared")
        if self.unreplicated:
            said.append(f"{len(self.unreplicated)} tables are not replicated, and were not compared")
        said += self.cache.told if self.cache else []
        if self.plan and self.plan.why and not (self.cache and self.cache.why):
            said.append("there is no plan of a repair")
        if self.unfinished:
            said.append(f"not done to its end: {', '.join(one.table for one in self.unfinished)}")
        return "; ".join(said) + "."

    def repaired_by(self, told: str) -> Self:
        """Return it with what the repair came to."""
        return self.model_copy(update={"repair": told})

    def to_json(self) -> bytes:
        """Return report.json: UTF-8, indented, the same bytes for the same findings."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False).encode() + b"\n"


def changes(plans: Mapping[str, RepairPlan]) -> list[Change]:
    """Return what the plans of each region change, a table each that has a row to change."""
    return [
        Change(
            region=region, table=one.table.path, updates=one.updates, inserts=one.inserts, deletes=one.deletes
        )
        for region, plan in plans.items()
        for one in plan.tallies
        if one.updates or one.inserts or one.deletes
    ]
