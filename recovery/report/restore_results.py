"""What the steps of a restore left in the journal, and why where one left nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from recovery.journal import Event, Kind
from recovery.report.document import Ending, Environment, StepRecord, StepState
from recovery.report.reading import Fields, text
from recovery.report.restore_document import RestoreAsked
from recovery.report.results import left_by_step
from recovery.restoring import (
    Achieved,
    Chosen,
    Damage,
    Fetched,
    Opened,
    Proved,
    Redirected,
    Rejoined,
    Repaired,
    ReplayedTo,
    Settled,
)

CHOOSE, FETCH, REPLAY, COMPARE = "can_be_reached", "fetch", "replay", "compare"
PROVE, APPROVE, REPAIR, MEASURE = "prove", "approve_repair", "repair", "measure_restore"
SETTLE, REJOIN, OPEN = "settle", "rejoin", "open_regions"
OPEN_STAND_INS, SEND, VERIFY, MEASURE_RECOVERY = (
    "open_stand_ins",
    "send_traffic",
    "verify_recovery",
    "measure_recovery",
)


@dataclass(frozen=True)
class Results:
    """Each step's result; None where it left none that can be read."""

    chosen: Chosen | None
    fetched: Fetched | None
    replayed: ReplayedTo | None
    damage: Damage | None
    proved: Proved | None
    repaired: Repaired | None
    settled: Settled | None
    rejoined: Rejoined | None
    opened: Opened | None
    redirected: Redirected | None
    achieved: Achieved | None


@dataclass(frozen=True)
class Told:
    """What the journal tells of one restore: read, and not judged yet."""

    asked: RestoreAsked
    ending: Ending
    environment: Environment
    steps: Sequence[StepRecord]
    found: Results
    goals: Fields
    """The objectives, as the opening event wrote them down."""


def results(events: Sequence[Event]) -> Results:
    """Return what each step left for the cluster that was asked for; proofs that do not hold are a failed step's."""
    asked = text(events[0].data, "region") if events else ""
    if any(event.region == asked for event in events):
        events = [event for event in events if event.region in {None, asked}]
    return Results(
        chosen=left_by_step(events, CHOOSE, Chosen),
        fetched=left_by_step(events, FETCH, Fetched),
        replayed=left_by_step(events, REPLAY, ReplayedTo),
        damage=left_by_step(events, COMPARE, Damage),
        proved=left_by_step(events, PROVE, Proved) or left_by_step(events, PROVE, Proved, kind=Kind.FAILED),
        repaired=left_by_step(events, REPAIR, Repaired),
        settled=left_by_step(events, SETTLE, Settled),
        rejoined=left_by_step(events, REJOIN, Rejoined),
        opened=left_by_step(events, OPEN, Opened) or left_by_step(events, OPEN_STAND_INS, Opened),
        redirected=left_by_step(events, SEND, Redirected),
        achieved=left_by_step(events, MEASURE, Achieved) or left_by_step(events, MEASURE_RECOVERY, Achieved),
    )


def why_nothing(steps: Sequence[StepRecord], step: str) -> str:
    """Return why a step left no result, in a sentence."""
    own = [record for record in steps if record.step == step]
    if not own:
        return f"The operation did not come as far as the step “{step}”."
    match own[-1].state:
        case StepState.FAILED:
            return f"“{own[-1].title}” failed: {own[-1].sentence}"
        case StepState.UNFINISHED:
            return f"“{own[-1].title}” was begun, and the journal does not say how it ended."
        case StepState.SKIPPED:
            return own[-1].sentence
        case StepState.DONE:
            return f"What “{own[-1].title}” left in the journal can not be read."
        case _:
            assert_never(own[-1].state)
