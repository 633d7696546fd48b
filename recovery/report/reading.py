"""Reading a journal's free-form data: what is not of the expected kind counts as absent."""

import json
from collections.abc import Mapping
from typing import TypeAlias

from pydantic import JsonValue

Fields: TypeAlias = Mapping[str, JsonValue]


def text(fields: Fields, key: str, default: str = "") -> str:
    """Return the text under *key*; *default* where there is none."""
    value = fields.get(key)
    return value if isinstance(value, str) else default


def number(fields: Fields, key: str) -> float | None:
    """Return the number under *key*; None where there is none."""
    value = fields.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def strings(fields: Fields, key: str) -> list[str]:
    """Return the list of texts under *key*; an empty one where there is none."""
    value = fields.get(key)
    return [cell(item) for item in value] if isinstance(value, list) else []


def mapping(fields: Fields, key: str) -> dict[str, JsonValue]:
    """Return the mapping under *key*; an empty one where there is none."""
    value = fields.get(key)
    return value if isinstance(value, dict) else {}


def mappings(fields: Fields, key: str) -> list[dict[str, JsonValue]]:
    """Return the mappings in the list under *key*; what is no mapping is left out."""
    value = fields.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def cell(value: JsonValue) -> str:
    """Return a value as the text of one cell."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case list() if all(isinstance(item, str | int | float) for item in value):
            return ", ".join(cell(item) for item in value)
        case _:
            return json.dumps(value, ensure_ascii=False)
