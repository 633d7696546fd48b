"""What a resolver of somebody's own is given, and what it may answer: `docs/reconciliation.md` shows one.

A resolver decides rows that no general rule decides well: a balance that both regions added to, a document that was
edited twice. It is a function of one row: no clock, no I/O, the same answer for the same row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module

from recovery.errors import BadInput
from recovery.reconcile.shapes import Key, TableName


@dataclass(frozen=True)
class Version:
    """One region's version of a row."""

    values: Mapping[str, str | None]
    """Each column's value, as PostgreSQL writes it as text."""
    written_by: str
    """The region that wrote it last."""
    written_at: datetime | None
    """When; None where the server has forgotten, as it does after some hundred million transactions."""


@dataclass(frozen=True)
class Conflicting:
    """A row that differs between the regions, and stands still."""

    table: TableName
    key: Key
    versions: Mapping[str, Version | None]
    """By the name of the region; None: it does not have the row."""


@dataclass(frozen=True)
class Take:
    """The row becomes what this region has; where that has none, it is deleted."""

    region: str


@dataclass(frozen=True)
class Merge:
    """The row becomes these values in both regions: columns that are left out are the later version's."""

    values: Mapping[str, str | None]


@dataclass(frozen=True)
class Ask:
    """A person decides."""

    why: str = "the resolver leaves it to a person"


Answer = Take | Merge | Ask
Resolver = Callable[[Conflicting], Answer]


def imported(path: str) -> Resolver:
    """Return the resolver that *path* names, as `package.module:function`; `BadInput` where there is none."""
    module, _, name = path.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise BadInput(
            f"The resolver {path!r} can not be loaded ({type(error).__name__}: {error}); name a function that the "
            "flow's Python can import, as package.module:function."
        ) from error
    if not callable(found):
        raise BadInput(f"The resolver {path!r} is no function.")
    resolver: Resolver = found
    return resolver
