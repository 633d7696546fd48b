"""Documents of an operation that are too long for an event: kept beside its journal, whole or not at all."""

from typing import Any, TypeVar

from recovery.kept import keep_at, kept_at
from recovery.reconcile.lines import Lined
from tasks.run import Run

DocumentT = TypeVar("DocumentT", bound=Lined)


def key(run: Run[Any], name: str) -> str:
    """Return where a document of the operation is, in the journal's stores."""
    return f"operations/{run.id}/{name}.jsonl"


def keep(run: Run[Any], name: str, document: Lined) -> str:
    """Keep *document* at a majority of the journal's stores; return where."""
    return keep_at(run.outside.journal, key(run, name), document)


def kept_as(run: Run[Any], beginning: str) -> list[str]:
    """Return where documents of the operation are whose names begin so, sorted: also those of a killed process."""
    return sorted(run.outside.journal.keys(f"operations/{run.id}/{beginning}-"))


def kept(run: Run[Any], name: str, kind: type[DocumentT]) -> DocumentT | None:
    """Return a document that was kept, from a store that has it whole; None where none has."""
    return kept_at(run.outside.journal, key(run, name), kind)
