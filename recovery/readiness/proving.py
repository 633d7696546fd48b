"""Does what was proved still hold? A proof loses its worth with its age, and with what changed since.

What it is worth is told by `recovery.dr_test.scoring`, as for the evidence of a test.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from pydantic import AwareDatetime, Field

from recovery.dr_test import scoring
from recovery.dr_test.scenarios import ScenarioName
from recovery.dr_test.scoring import Score, present_worth, worthless_at
from recovery.measurement import Frozen
from recovery.readiness.amounts import span
from recovery.readiness.check import Check, Criterion, Group, Judged, State, checked
from recovery.readiness.proofs import History, Proof, Proved
from recovery.readiness.told import Told

NAMES = {Proved.FAILOVER: "a failover", Proved.FAILBACK: "a failback", Proved.RESTORE: "a restore"}
REMEDIES = {
    Proved.FAILOVER: "move a region's customers and back, planned, or run a drill",
    Proved.FAILBACK: "a failover is half of it: bring the region back, too",
    Proved.RESTORE: "restore beside the live cluster: it costs nothing but room",
}
NONE = {
    Proved.FAILOVER: "none has met its objectives yet",
    Proved.FAILBACK: "none has ended well yet",
    Proved.RESTORE: "none has ended well yet",
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


def proof_checks(
    told: Told[History], now: Now, *, interval: timedelta, scenarios: Sequence[ScenarioName]
) -> list[Check]:
    """Return a check for each of failover, failback and restore, and for each scenario that a test may play.

    One whose proof is not whole any more, or was only half of one, is a warning: none fails for that.
    """
    criteria = [
        *(
            Criterion[History](
                f"{NAMES[one]} was proved", partial(_proved, one, now, interval), REMEDIES[one]
            )
            for one in Proved
        ),
        *(
            Criterion[History](
                f"the scenario {one} was proved", partial(_tried, one, now, interval), f"`dr drill {one}`"
            )
            for one in scenarios
        ),
    ]
    return checked(Group.PROOF, told, criteria)


def _proved(procedure: Proved, now: Now, interval: timedelta, history: History) -> Judged:
    proof = history.proofs.get(procedure)
    if proof is None:
        return _judged(None, now, interval, otherwise=NONE[procedure])
    if procedure is Proved.FAILOVER and not _came_back(history, proof):
        proof = proof.model_copy(update={"score": Score.THERE_ONLY})
    return _judged(proof, now, interval)


def _came_back(history: History, failover: Proof) -> bool:
    back = history.proofs.get(Proved.FAILBACK)
    return back is not None and back.at > failover.at


def _tried(scenario: ScenarioName, now: Now, interval: timedelta, history: History) -> Judged:
    return _judged(history.scenarios.get(scenario), now, interval, otherwise="no test has tried it yet")


def _judged(proof: Proof | None, now: Now, interval: timedelta, *, otherwise: str = "") -> Judged:
    limit = f"1: whole for {span(interval)}, nothing after {span(2 * interval)}"
    if proof is None:
        return Judged(State.WARNING, otherwise, limit, 0.0)
    worth = present_worth(proof.score, _then(proof, now), _state(now), interval=interval)
    end = worthless_at(proof.at, interval=interval)
    value = f"{span(now.at - proof.at)} ago, by {proof.operation}: worth {_points(worth.points)}"
    if worth.points:
        value += f", and nothing from {end:%Y-%m-%d} on"
    if since := "; ".join(_reasons(proof, now)):
        value += f"; {since}"
    return Judged(State.OK if worth.points >= 1 else State.WARNING, value, limit, round(worth.points, 3))


def _points(points: float) -> str:
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _reasons(proof: Proof, now: Now) -> Iterator[str]:
    """Yield why it is not whole, but for its age, which is told beside it."""
    if proof.score is not Score.THERE_AND_BACK:
        yield f"it was proved “{proof.score}”"
    if proof.at > now.at:
        yield "it is dated to come: compare the clocks"
    if since := "; ".join(changes(proof, now)):
        yield f"since then {since}"


def _state(now: Now) -> scoring.State:
    return scoring.State(
        at=now.at,
        estate_digest=now.estate_digest,
        schema_digest=_schema_digest(now),
        code_version=now.code_version,
    )


def _then(proof: Proof, now: Now) -> scoring.State:
    """Return what the proof was made on; the tables were the same where no run has seen other ones since."""
    later = [schema for schema in now.schemas.values() if schema.since > proof.at]
    seen_otherwise = None if all(schema.first for schema in later) else "another"
    return scoring.State(
        at=proof.at,
        estate_digest=proof.estate_digest or None,
        schema_digest=seen_otherwise if later else _schema_digest(now),
        code_version=proof.code_version or None,
    )


def _schema_digest(now: Now) -> str | None:
    """Return one for both regions; None where no run has seen any."""
    return "+".join(schema.fingerprint for _, schema in sorted(now.schemas.items())) or None


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
