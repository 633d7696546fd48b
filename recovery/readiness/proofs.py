"""When a failover, a failback and a restore last ended well, by the operations' own journals."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from pydantic import AwareDatetime, Field, JsonValue

from recovery import operation_journal, restore_history
from recovery.backups import Rates
from recovery.journal import Event, Kind, closed_at, find
from recovery.measurement import Frozen
from recovery.quorum import Quorum


class Proved(StrEnum):
    """What is to be proved now and then, by the name of its procedure."""

    FAILOVER = "region-failover"
    FAILBACK = "region-failback"
    RESTORE = "pitr-restore"


WELL: Mapping[Proved, frozenset[str]] = {
    Proved.FAILOVER: frozenset(operation_journal.ENDED_WELL),
    Proved.FAILBACK: frozenset({"returned"}),
    Proved.RESTORE: frozenset({"restored beside", "repaired", "replaced"}),
}
"""The outcomes with which its operation closes where it did what it is for."""


class Proof(Frozen):
    """One operation that ended well, and what it was run with."""

    operation: str
    at: AwareDatetime = Field(description="When it was closed")
    estate_digest: str
    code_version: str


class History(Frozen):
    """What the journals tell, kept from one run to the next: a journal that has ended is read once."""

    proofs: dict[Proved, Proof] = Field(default_factory=dict)
    ended: tuple[str, ...] = Field(default=(), description="The operations that were read after their end")
    left: dict[str, str] = Field(
        default_factory=dict, description="The regions that were left, and by which operation"
    )
    rates: Rates | None = Field(default=None, description="How fast the newest restores were")


def read_on(quorum: Quorum, known: History, regions: Sequence[str]) -> History:
    """Return the history with what the journals have had since; `Unavailable` where they can not be read."""
    names = operation_journal.operations(quorum)
    new = [name for name in names if name not in known.ended]
    if not new:
        return known
    proofs, ended = dict(known.proofs), [name for name in known.ended if name in names]
    for name in new:
        events = operation_journal.read(quorum, name)
        if closed_at(events) is not None:
            ended.append(name)
        if (found := proof_in(events)) and (found[0] not in proofs or proofs[found[0]].at < found[1].at):
            proofs[found[0]] = found[1]
    leaving = {region: operation_journal.left_by(quorum, region, but="") for region in regions}
    left = {region: operation for region, operation in leaving.items() if operation}
    rates = restore_history.rates(quorum)
    return History(proofs=proofs, ended=tuple(ended), left=left, rates=rates)


def proof_in(events: Sequence[Event]) -> tuple[Proved, Proof] | None:
    """Return what one journal proves; None where it did not end well, or is of another procedure."""
    opened, closed = find(events, Kind.OPENED), find(events, Kind.CLOSED)
    if opened is None or closed is None or opened.data.get("procedure") not in [*Proved]:
        return None
    procedure = Proved(str(opened.data["procedure"]))
    if closed.data.get("outcome") not in WELL[procedure]:
        return None
    return procedure, Proof(
        operation=opened.operation,
        at=closed.time,
        estate_digest=_text(opened.data.get("estate_digest")),
        code_version=_text(opened.data.get("code_version")),
    )


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
