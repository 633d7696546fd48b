"""Are the replicated tables such that replication keeps them alike, in both regions?"""

import json
from collections.abc import Callable, Sequence
from hashlib import sha256

from recovery.readiness.check import Check, Criterion, Group, Judged, State, checked, holds, listed
from recovery.readiness.facts import Drawing, ReplicatedTable, Schema
from recovery.readiness.told import Told, both
from recovery.reconcile.shapes import TableName
from recovery.rule_book import names

EXCEPT = "or name the table in recovery.readiness.table_exceptions"


def fingerprint(schema: Schema) -> str:
    """Return what tells this schema from another one: tables, columns, keys, unique indexes; SHA-256, in hex."""
    said = [[one.shape.model_dump(mode="json"), sorted(one.other_unique)] for one in _sorted(schema)]
    return sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def schema_checks(region: str, told: Told[Schema], *, exceptions: Sequence[str]) -> list[Check]:
    """Return whether each of one region's replicated tables has a key, and one alone."""

    def known(table: TableName) -> bool:
        return any(names(pattern, table) for pattern in exceptions)

    def keyless(schema: Schema) -> Judged:
        return _but([one.shape.name for one in schema.tables if not one.shape.key], schema, known)

    def several(schema: Schema) -> Judged:
        return _but([one.shape.name for one in schema.tables if one.other_unique], schema, known)

    criteria = (
        Criterion("every replicated table has a primary key", keyless, f"give it one, {EXCEPT}"),
        Criterion(
            "no replicated table has a second unique index",
            several,
            f"drop it: pglogical resolves conflicts by one alone, and a clash in another stops it; {EXCEPT}",
        ),
    )
    return checked(Group.SCHEMA, told, criteria, region=region)


def likeness_checks(left: Told[Schema], right: Told[Schema]) -> list[Check]:
    """Return whether both regions' replicated tables are the same, and draw different ids."""
    criteria = (
        Criterion(
            "both regions replicate the same tables",
            _same_tables,
            "add the table to the replication set of the region that lacks it",
        ),
        Criterion(
            "the tables' columns and keys are the same, in the same order",
            _same_shapes,
            "make the same change in the other region",
        ),
        Criterion(
            "the regions draw different ids",
            _disjoint,
            "give the sequence the same INCREMENT of 2 or more in both regions, and each its own phase",
        ),
    )
    return checked(Group.SCHEMA, both(left, right), criteria)


def _but(found: list[TableName], schema: Schema, known: Callable[[TableName], bool]) -> Judged:
    told = [table.path for table in found if not known(table)]
    value = listed(told) if told else f"{len(schema.tables)} tables"
    excepted = f", {len(found) - len(told)} known exceptions" if len(found) > len(told) else ""
    return holds(value + excepted, "every table", ok=not told)


def _same_tables(pair: tuple[Schema, Schema]) -> Judged:
    here, there = ({one.shape.name for one in schema.tables} for schema in pair)
    alone = sorted(table.path for table in here ^ there)
    if not here | there:
        return Judged(State.FAILED, "no table is replicated")
    return holds(f"one region alone: {listed(alone)}" if alone else f"{len(here)} tables", ok=not alone)


def _same_shapes(pair: tuple[Schema, Schema]) -> Judged:
    here, there = ({one.shape.name: one.shape for one in schema.tables} for schema in pair)
    unlike = [
        f"{name.path}: {why}"
        for name in sorted(here.keys() & there.keys())
        if (why := here[name].unlike(there[name]))
    ]
    return holds("; ".join(unlike[:3]) or f"{len(here)} tables", ok=not unlike)


def _disjoint(pair: tuple[Schema, Schema]) -> Judged:
    here, there = ({(one.database, one.sequence): one for one in schema.sequences} for schema in pair)
    shared = sorted(here.keys() & there.keys())
    meeting = [f"{'.'.join(key)} ({why})" for key in shared if (why := _meet(here[key], there[key]))]
    return holds(listed(meeting, most=3) if meeting else f"{len(shared)} sequences", ok=not meeting)


def _meet(here: Drawing, there: Drawing) -> str | None:
    """Return why two sequences draw the same numbers, None where they never do."""
    if here.increment != there.increment:
        return f"it goes by {here.increment} here and by {there.increment} there"
    if abs(here.increment) < 2:  # noqa: PLR2004 - two phases need two steps
        return "both draw every number"
    same = here.stands_at % here.increment == there.stands_at % there.increment
    return f"both draw {here.stands_at % here.increment} modulo {here.increment}" if same else None


def _sorted(schema: Schema) -> list[ReplicatedTable]:
    return sorted(schema.tables, key=lambda one: one.shape.name)
