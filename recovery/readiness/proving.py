"""Does what was proved still hold? A proof loses its worth with its age, and with what changed since."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from pydantic import AwareDatetime, Field

from recovery.measurement import Frozen
from recovery.readiness.amounts import span
from recovery.readiness.check import Check, Criterion, Group, Judged, State, checked, holds
from recovery.readiness.proofs import History, Proof, Proved
from recovery.readiness.told import Told

NAMES = {Proved.FAILOVER: "a failover", Proved.FAILBACK: "a failback", Proved.RESTORE: "a restore"}
REMEDIES = {
    Proved.FAILOVER: "move a region's customers and back, planned, or run a drill",
    Proved.FAILBACK: "a failover is half of it: bring the region back, too",
    Proved.RESTORE: "restore beside the live cluster: it costs nothing but room",
}


class KnownSchema(Frozen):
    """One region's schema, as long as it is the same."""

    fingerprint: str
    since: AwareDatetime = Field(description="When a run first saw it")
    first: bool = Field(description="Whether no other one was known before: then it may be older")


@dataclass(frozen=True)
class Now:
    """What the proofs are held against."""

    at: datetime
    estate_digest: str
    code_version: str
    schemas: Mapping[str, KnownSchema]


def seen(known: KnownSchema | None, fingerprint: str, at: datetime) -> KnownSchema:
    """Return what is known of a region's schema after a run has seen *fingerprint*."""
    if known is not None and known.fingerprint == fingerprint:
        return known
    return KnownSchema(fingerprint=fingerprint, since=at, first=known is None)


def proof_checks(told: Told[History], now: Now, *, oldest: timedelta) -> list[Check]:
    """Return a check for each of failover, failback and restore; none of them fails for its age alone."""
    criteria = [
        Criterion[History](
            f"{NAMES[procedure]} was proved", partial(_proved, procedure, now, oldest), REMEDIES[procedure]
        )
        for procedure in Proved
    ]
    return checked(Group.PROOF, told, criteria)


def _proved(procedure: Proved, now: Now, oldest: timedelta, history: History) -> Judged:
    return _judged(history.proofs.get(procedure), now, oldest)


def _judged(proof: Proof | None, now: Now, oldest: timedelta) -> Judged:
    if proof is None:
        return Judged(State.WARNING, "none has ended well yet", span(oldest))
    age, since = now.at - proof.at, "; ".join(changes(proof, now))
    value = f"{span(age)} ago, by {proof.operation}" + (f"; since then {since}" if since else "")
    return holds(value, span(oldest), ok=age <= oldest and not since, otherwise=State.WARNING)


def changes(proof: Proof, now: Now) -> Iterator[str]:
    """Yield what is not any more as it was at the proof, or may not be."""
    if proof.estate_digest != now.estate_digest:
        yield "the estate file has changed"
    if proof.code_version != now.code_version:
        yield f"the code has changed from {proof.code_version or 'an unknown version'} to {now.code_version}"
    for region, schema in sorted(now.schemas.items()):
        if schema.since <= proof.at:
            continue
        yield (
            f"the schema in {region} may have changed: it is watched since {schema.since:%Y-%m-%d %H:%M} UTC"
            if schema.first
            else f"the schema in {region} has changed, at {schema.since:%Y-%m-%d %H:%M} UTC"
        )
