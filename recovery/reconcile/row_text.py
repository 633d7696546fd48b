"""A row as PostgreSQL writes it in one text, and its values: PostgreSQL's documentation, 8.16.6 (rowtypes.html)."""

import re
from collections.abc import Sequence

from recovery.errors import BadInput

PART = re.compile(r'"((?:[^"\\]|\\.|"")*)"|([^",()\\]+)|(,)', re.DOTALL)
"""Of what stands between the brackets: what is quoted, what is not, and what ends a value."""
ESCAPED = re.compile(r'\\(.)|"(")', re.DOTALL)
NEEDS_QUOTES = re.compile(r'[ \t\n\r\v\f"\\(),]')


def values_of(image: str) -> list[str | None]:
    """Return a row's values as text, in the order of its columns; None for null. `BadInput` for what is no row."""
    values: list[str | None] = [None]
    place, end = 1, len(image) - 1
    if end < 1 or image[0] != "(" or image[end] != ")":
        raise _no_row(image)
    while place < end:
        part = PART.match(image, place, end)
        if part is None:
            raise _no_row(image)
        quoted, plain, comma = part.groups()
        if comma:
            values.append(None)
        else:
            text = plain if quoted is None else ESCAPED.sub(r"\1\2", quoted)
            values[-1] = (values[-1] or "") + text
        place = part.end()
    return values


def image_of(values: Sequence[str | None]) -> str:
    """Return these values as one row, as PostgreSQL itself writes it."""
    return f"({','.join(_written(value) for value in values)})"


def _written(value: str | None) -> str:
    if value is None:
        return ""
    if value and not NEEDS_QUOTES.search(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '""') + '"'


def _no_row(image: str) -> BadInput:
    return BadInput(f"{image[:40]!r} is no row: PostgreSQL writes one as (value,value).")
