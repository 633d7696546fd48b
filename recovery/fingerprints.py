"""The ledger of a restore point: rows and hashes of every table, to be found again in whatever is restored to it."""

from collections.abc import Mapping

from pydantic import AwareDatetime, Field

from recovery.measurement import Frozen
from recovery.reconcile.blocks import Fingerprint


class Entry(Frozen):
    """One table at the restore point."""

    rows: int
    sum: str = Field(description="The sum of the rows' hashes; as text, for it is longer than JSON's numbers")


class Ledger(Frozen):
    """What every table of one cluster held at one position of its WAL."""

    region: str
    name: str
    lsn: str
    taken_at: AwareDatetime
    version: str = Field(description="PostgreSQL's: hashes are compared within one major version")
    held_s: float = Field(description="How long writers were kept waiting for it")
    tables: dict[str, Entry]


def entry(found: Fingerprint) -> Entry:
    """Return a table's line in the ledger."""
    return Entry(rows=found.rows, sum=str(found.sum))


def differences(ledger: Ledger, found: Mapping[str, Fingerprint]) -> list[str]:
    """Return where *found* is not what the ledger says, a sentence a table; none: every row is as it was."""
    told = [f"{name} is not there" for name in sorted(ledger.tables.keys() - found.keys())]
    for name, expected in sorted(ledger.tables.items()):
        if name not in found or entry(found[name]) == expected:
            continue
        rows = found[name].rows
        told.append(
            f"{name} has {rows} rows instead of {expected.rows}"
            if rows != expected.rows
            else f"{name} has {rows} rows as it should, but not the same ones"
        )
    return told


def ledger_key(region: str, name: str) -> str:
    """Return where the ledger of a restore point is, in the journal's stores."""
    return f"restore-points/{region}/{name}.json"
