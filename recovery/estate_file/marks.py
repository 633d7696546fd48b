"""Marks beside the keys of the estate file: what a key does, or why it does nothing.

A key without a mark does not exist: a test walks every model and fails on one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class Acts:
    """The key changes what an operation, a check or the forecast does."""

    what: str


@dataclass(frozen=True)
class Idle:
    """The key is read and checked, and changes nothing."""

    why: str


class Part(BaseModel):
    """A mapping of the estate file: every key known, types exact, never changed once read."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )


@dataclass(frozen=True)
class Leaf:
    """One key that holds a value, with its marks: exactly one, or the key is a defect."""

    path: str
    marks: tuple[Acts | Idle, ...]


@dataclass(frozen=True)
class Entry:
    """One key of one estate: where it is, what it says, and what comes of it."""

    path: str
    value: object
    mark: Acts | Idle
    given: bool
    """False where the file is silent, and the default holds."""


def marks_of(field: FieldInfo) -> tuple[Acts | Idle, ...]:
    """Return the marks that stand beside a key."""
    return tuple(note for note in field.metadata if isinstance(note, Acts | Idle))


def parts_of(annotation: object) -> list[type[BaseModel]]:
    """Return the models inside an annotation: through options, lists, mappings and unions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [part for inner in get_args(annotation) for part in parts_of(inner)]


def leaves(model: type[BaseModel], path: str = "") -> Iterator[Leaf]:
    """Yield every key of *model* that holds a value, lists and maps written `[]`."""
    for name, field in model.model_fields.items():
        inner = parts_of(field.annotation)
        here = joined(path, name)
        if not inner:
            yield Leaf(here, marks_of(field))
        many = "[]" if field.annotation not in inner and "[" in str(field.annotation) else ""
        for part in inner:
            yield from leaves(part, here + many)


def entries(part: BaseModel, path: str = "", *, given: bool = True) -> Iterator[Entry]:
    """Yield every key of an estate that holds a value, in the order of the models.

    An optional key that the file leaves out and that has no default is not there.
    """
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        said = given and name in part.model_fields_set
        if value is not None:
            yield from _entries_of(value, joined(path, name), marks_of(field), given=said)


def _entries_of(value: object, path: str, marks: tuple[Acts | Idle, ...], *, given: bool) -> Iterator[Entry]:
    if marks:
        yield Entry(path, value, marks[0], given)
    elif isinstance(value, BaseModel):
        yield from entries(value, path, given=given)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _entries_of(item, f"{path}[{index}]", (), given=given)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _entries_of(item, f"{path}.{key}", (), given=given)


def joined(path: str, name: str | int) -> str:
    """Return the path one key, or one index, further down."""
    if isinstance(name, int):
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else name
