"""When a failover, a failback, a restore and each scenario was last proved, by the operations' own journals."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from pydantic import AwareDatetime, Field, JsonValue

from recovery import operation_journal, restore_history
from recovery.backups import Rates
from recovery.dr_test.kept import on_its_own
from recovery.dr_test.opening import PROCEDURE
from recovery.dr_test.scenarios import ScenarioName
from recovery.dr_test.scoring import Score
from recovery.journal import Event, Kind, closed_at, find
from recovery.measurement import Frozen
from recovery.objectives import Judgement
from recovery.quorum import Quorum
from recovery.report.compose import compose

NameT = TypeVar("NameT", bound=StrEnum)


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
    """One operation that ended well, or one scenario of a test, and what it was run with."""

    operation: str
    at: AwareDatetime = Field(description="When it was closed, or the scenario ended")
    estate_digest: str
    code_version: str
    score: Score = Field(default=Score.THERE_AND_BACK, description="How far the scenario came")


class History(Frozen):
    """What the journals tell, kept from one run to the next: a journal that has ended is read once."""

    proofs: dict[Proved, Proof] = Field(default_factory=dict)
    scenarios: dict[ScenarioName, Proof] = Field(
        default_factory=dict, description="By the newest test that tried each, however far it came"
    )
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
    proofs, scenarios = dict(known.proofs), dict(known.scenarios)
    ended = [name for name in known.ended if name in names]
    for name in new:
        events = operation_journal.read(quorum, name)
        if closed_at(events) is None:
            continue
        ended.append(name)
        if found := proof_in(events):
            _keep_newest(proofs, *found)
        for scenario, tried in scenarios_in(quorum, events).items():
            _keep_newest(scenarios, scenario, tried)
    leaving = {region: operation_journal.left_by(quorum, region, but="") for region in regions}
    left = {region: operation for region, operation in leaving.items() if operation}
    rates = restore_history.rates(quorum)
    return History(proofs=proofs, scenarios=scenarios, ended=tuple(ended), left=left, rates=rates)


def _keep_newest(known: dict[NameT, Proof], name: NameT, found: Proof) -> None:
    if name not in known or known[name].at < found.at:
        known[name] = found


def proof_in(events: Sequence[Event]) -> tuple[Proved, Proof] | None:
    """Return what one journal proves; None where it did not end well, or is of another procedure.

    A failover proves nothing unless it was measured, and met its objectives: that is what it is to be proved of.
    """
    opened, closed = find(events, Kind.OPENED), find(events, Kind.CLOSED)
    if opened is None or closed is None or opened.data.get("procedure") not in [*Proved]:
        return None
    procedure = Proved(str(opened.data["procedure"]))
    if closed.data.get("outcome") not in WELL[procedure]:
        return None
    if procedure is Proved.FAILOVER and compose(events).verdict.overall is not Judgement.MET:
        return None
    return procedure, _proof(opened, closed.time)


def scenarios_in(quorum: Quorum, events: Sequence[Event]) -> dict[ScenarioName, Proof]:
    """Return how far each scenario came that a test tried; a tabletop tries none."""
    opened = find(events, Kind.OPENED)
    if opened is None or opened.data.get("procedure") != PROCEDURE:
        return {}
    test = on_its_own(quorum, events)
    if test.plan is None or test.plan.is_tabletop:
        return {}
    return {
        one.plan.name: _proof(opened, one.outcome.ended_at, one.score)
        for one in test.scenarios
        if one.outcome
    }


def _proof(opened: Event, at: datetime, score: Score = Score.THERE_AND_BACK) -> Proof:
    return Proof(
        operation=opened.operation,
        at=at,
        estate_digest=_text(opened.data.get("estate_digest")),
        code_version=_text(opened.data.get("code_version")),
        score=score,
    )


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
