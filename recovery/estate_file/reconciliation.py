"""The block `recovery.reconciliation`: by which rules rows that differ between the regions are decided."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from recovery.estate_file.kinds import Count, Cron, Seconds, TimeZone
from recovery.estate_file.marks import Acts, Part
from recovery.operation import RegionName


def _pattern(text: str) -> str:
    parts = text.split(".")
    if len(parts) != 3 or not all(parts):  # noqa: PLR2004 - database, schema, table
        raise ValueError(
            "database.schema.table, where * stands for any characters, such as eden_vault.public.*"
        )
    return text


def _resolver(text: str) -> str:
    module, _, name = text.partition(":")
    if not (name.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise ValueError("a function as package.module:function")
    return text


TablePattern = Annotated[str, AfterValidator(_pattern)]
ResolverPath = Annotated[str, AfterValidator(_resolver)]


class TableRule(Part):
    """How the rows of some tables are decided; the first rule that names a table holds."""

    tables: Annotated[
        tuple[TablePattern, ...], Field(min_length=1), Acts("the tables; * stands for any characters")
    ]
    strategy: Annotated[
        Literal["last_write_wins", "prefer", "resolver", "manual"],
        Acts("how a row that both regions have is decided; resolver decides also what one alone has"),
    ]
    region: Annotated[RegionName | None, Acts("prefer: the region whose rows are taken")] = None
    resolver: Annotated[ResolverPath | None, Acts("resolver: the function that decides a row")] = None
    absent: Annotated[
        Literal["evidence", "keep", "delete"],
        Acts("what becomes of a row that one region alone has; evidence: never deleted by a guess"),
    ] = "evidence"


class Reconciliation(Part):
    """The block."""

    rules: tuple[TableRule, ...] = ()
    without_values: Annotated[
        tuple[TablePattern, ...],
        Acts("tables of which reports show keys, and no values; * stands for any characters"),
    ] = ()
    most_rows: Annotated[Count, Acts("more rows than these are never repaired by one plan")] = 10_000
    changed_at: Annotated[
        Cron | None,
        Acts("when what changed is compared, by the deployment's schedule; without it, never by itself"),
    ] = None
    conflicts_at: Annotated[
        Cron | None,
        Acts("when conflicts are collected, and their rows compared; without it, never by itself"),
    ] = None
    time_zone: Annotated[TimeZone, Acts("in which these are")] = "UTC"
    whole_every: Annotated[
        Count, Acts("of comparisons of what changed, every so manieth reads whole tables")
    ] = 7
    thin_link: Annotated[
        bool, Acts("true: large tables are compared by cells, which sends fewer bytes and takes longer")
    ] = False
    most_clock_skew_seconds: Annotated[
        Seconds, Acts("where the regions' clocks are further apart, no write is called the later one")
    ] = 0.5
