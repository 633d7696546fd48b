"""Documents of an operation that are too long for an event: kept beside its journal, whole or not at all."""

from typing import Any, TypeVar

from recovery.errors import RecoveryError
from recovery.reconcile.lines import Lined
from tasks.run import Run

DocumentT = TypeVar("DocumentT", bound=Lined)


def key(run: Run[Any], name: str) -> str:
    """Return where a document of the operation is, in the journal's stores."""
    return f"operations/{run.id}/{name}.jsonl"


def keep(run: Run[Any], name: str, document: Lined) -> str:
    """Keep *document* at a majority of the journal's stores; return where."""
    where = key(run, name)
    run.outside.journal.put(where, "".join(f"{line}\n" for line in document.to_lines()).encode())
    return where


def kept(run: Run[Any], name: str, kind: type[DocumentT]) -> DocumentT | None:
    """Return a document that was kept, from a store that has it whole; None where none has."""
    where = key(run, name)
    for store in run.outside.journal.read(where):
        if where in store:
            try:
                return kind.from_lines(store[where].decode().splitlines())
            except RecoveryError:
                continue
    return None
