"""Where the estate asks for an approval, no cluster is replaced before somebody else has seen what is given up."""

from collections.abc import Callable
from typing import Any

import pytest
from answering import answered, card_of

from recovery.approval import Decision
from recovery.backups import BackupKind
from recovery.errors import NotApproved
from recovery.fakes.copies import orders
from recovery.fakes.estate import FakeEstate

pytestmark = pytest.mark.usefixtures("in_real_time")

EAST, WEST = "us-east-1", "us-west-2"
TABLE = orders("eden_task").name
Restored = Callable[..., str]


@pytest.fixture
def estate(make_estate: Callable[..., FakeEstate]) -> FakeEstate:
    """Rows in both regions, backups of them, and an estate that asks ada or grace."""
    estate = make_estate(
        disaster_recovery={"recovery_coordination": {"manual_approval_required": True}},
        recovery={"approval": {"approvers": {"ada": "ada", "grace": "grace"}, "timeout_minutes": 1}},
    )
    for copies in estate.copies.values():
        copies.history.commit({(TABLE, ("1",)): "(1,good)"})
        copies.backups.back_up(BackupKind.FULL, repository=1)
    return estate


def asked(estate: FakeEstate) -> dict[str, Any]:
    """A restore to now, with a write in each region after it."""
    moment = estate.world.clock()
    for copies in estate.copies.values():
        copies.history.commit({(TABLE, ("1",)): "(1,bad)"})
    return {"scope": "in place", "time": moment, "requested_by": "ada", "reason": "release 42"}


def test_an_approved_exchange_is_carried_out(estate: FakeEstate, restore: Restored) -> None:
    wanted = asked(estate)

    with answered(estate, "restore-1", Decision.APPROVE):
        restore(estate, **wanted)

    assert [copies.live.rows[TABLE] for copies in estate.copies.values()] == 2 * [{("1",): "(1,good)"}]


def test_a_refused_exchange_leaves_everything_as_it_was(estate: FakeEstate, restore: Restored) -> None:
    """No region was closed for it, and nothing is left beside the clusters."""
    wanted = asked(estate)

    with answered(estate, "restore-1", Decision.REFUSE), pytest.raises(NotApproved, match="refused by grace"):
        restore(estate, **wanted)

    assert [copies.live.rows[TABLE] for copies in estate.copies.values()] == 2 * [{("1",): "(1,bad)"}]
    assert not any(copies.scratch.exists for copies in estate.copies.values())
    assert not any(line.endswith((": fence", ": put_in")) for line in estate.log)


def test_the_card_says_what_is_given_up_and_in_which_regions(estate: FakeEstate, restore: Restored) -> None:
    wanted = asked(estate)

    with answered(estate, "restore-1", Decision.APPROVE):
        restore(estate, **wanted)

    card = card_of(estate, "restore-1")
    assert card["Asked by"] == "ada: release 42"
    assert card["Promised to the prober since, and given up"].endswith("until now")
    assert card["Closed meanwhile"].startswith(f"{EAST} and {WEST}")
    assert card["Proofs"] == "5 of 5 proofs hold"
    assert "none differed" in card["Under way between the regions"]
