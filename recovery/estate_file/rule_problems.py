"""What the rules of a reconciliation must agree on: with themselves, with the regions, and with the node groups."""

from collections.abc import Iterator
from typing import Any

from pydantic import JsonValue

from recovery.estate_file.problems import Location, Problem, shown

BLOCK: Location = ("recovery", "reconciliation")
NEEDS = {"prefer": "region", "resolver": "resolver"}
"""What a strategy can not do without, and no other one has."""


def rule_problems(values: JsonValue) -> Iterator[Problem]:
    """Return where a rule contradicts itself or the file; what has the wrong shape the models tell."""
    file = _mapped(values)
    postgres = _mapped(file.get("postgres_multi_region"))
    regions = _names(postgres.get("regions"))
    groups = _names(_mapped(postgres.get("replication")).get("node_groups"))
    reconciliation = _mapped(_mapped(file.get("recovery")).get("reconciliation"))
    for index, rule in enumerate(_listed(reconciliation.get("rules"))):
        yield from _of_rule((*BLOCK, "rules", index), _mapped(rule), regions, groups)
    yield from _of_tables((*BLOCK, "without_values"), reconciliation.get("without_values"), groups)


def _of_rule(
    place: Location, rule: dict[str, Any], regions: list[str], groups: list[str]
) -> Iterator[Problem]:
    strategy = rule.get("strategy")
    for needing, key in NEEDS.items():
        if strategy == needing and key not in rule:
            yield Problem((*place, key), "is missing", f"give it, or another strategy than {needing}")
        if strategy != needing and key in rule:
            yield Problem((*place, key), f"does nothing with strategy {shown(strategy)}", "leave it out")
    if regions and rule.get("region") not in (None, *regions):
        fact = f"is {shown(rule['region'])}, which is no region of the estate"
        yield Problem((*place, "region"), fact, f"its regions are {' and '.join(regions)}")
    yield from _of_tables((*place, "tables"), rule.get("tables"), groups)


def _of_tables(place: Location, tables: Any, groups: list[str]) -> Iterator[Problem]:
    for number, table in enumerate(_listed(tables)):
        database = str(table).split(".")[0]
        if groups and "*" not in database and database not in groups:
            fact = f"begins with {shown(database)}, which is no node group"
            yield Problem((*place, number), fact, f"begin it with one of {', '.join(groups)}")


def _names(items: Any) -> list[str]:
    return [item["name"] for item in _listed(items) if isinstance(_mapped(item).get("name"), str)]


def _mapped(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
