"""Where the estate asks for an approval, no customer is let into the stand-ins before somebody else has said so."""

from collections.abc import Callable
from pathlib import Path

import pytest
from answering import answered, card_of
from lost import EAST, GOOD, WEST, lose_both, rebuilt, third_place, with_stand_ins

from recovery.approval import Decision
from recovery.errors import NotApproved
from recovery.fakes.estate import FakeEstate

pytestmark = pytest.mark.usefixtures("in_real_time")

Recover = Callable[..., str]
ASKED = {"requested_by": "ada", "reason": "both regions are gone"}


@pytest.fixture
def lost(make_estate: Callable[..., FakeEstate], tmp_path: Path) -> FakeEstate:
    """Two lost regions, stand-ins, and an estate that asks ada or grace."""
    estate = with_stand_ins(
        make_estate,
        tmp_path,
        disaster_recovery={"recovery_coordination": {"manual_approval_required": True}},
        approval={"approvers": {"ada": "ada", "grace": "grace"}, "timeout_minutes": 1},
    )
    lose_both(estate)
    return estate


def test_an_approved_recovery_is_carried_out(lost: FakeEstate, recover: Recover) -> None:
    with answered(lost, "recovery-1", Decision.APPROVE):
        recover(lost, **ASKED)

    card = card_of(lost, "recovery-1")
    assert rebuilt(lost, EAST) == rebuilt(lost, WEST) == GOOD
    assert card["Asked by"] == "ada: both regions are gone"
    assert card["Both regions"].startswith("nothing serves since")
    assert card["Proofs"] == "5 of 5 proofs hold"


def test_a_refused_recovery_leaves_the_stand_ins_empty(lost: FakeEstate, recover: Recover) -> None:
    with answered(lost, "recovery-1", Decision.REFUSE), pytest.raises(NotApproved, match="refused by grace"):
        recover(lost, **ASKED)

    assert rebuilt(lost, EAST) == rebuilt(lost, WEST) == {}
    assert not any(copies.scratch.exists for copies in third_place(lost).copies.values())
    assert not any(line.endswith((": put_in", ": redirect")) for line in lost.log)
