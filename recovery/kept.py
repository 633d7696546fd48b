"""Documents that are too long for an event: kept in the journal's stores, whole or not at all."""

from typing import TypeVar

from recovery.errors import RecoveryError
from recovery.quorum import Quorum
from recovery.reconcile.lines import Lined

DocumentT = TypeVar("DocumentT", bound=Lined)


def keep_at(stores: Quorum, where: str, document: Lined) -> str:
    """Keep *document* at a majority of the stores; return where."""
    stores.put(where, as_bytes(document))
    return where


def keep_new(stores: Quorum, where: str, document: Lined) -> str:
    """Keep *document* where nothing was kept before; `Taken` where another one was."""
    stores.put_new(where, as_bytes(document))
    return where


def as_bytes(document: Lined) -> bytes:
    """Return the document as a file holds it."""
    return "".join(f"{line}\n" for line in document.to_lines()).encode()


def kept_at(stores: Quorum, where: str, kind: type[DocumentT]) -> DocumentT | None:
    """Return the document that was kept there, from a store that has it whole; None where none has."""
    for store in stores.read(where):
        if where in store:
            try:
                return kind.from_lines(store[where].decode().splitlines())
            except RecoveryError:
                continue
    return None
