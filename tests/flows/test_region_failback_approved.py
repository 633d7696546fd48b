"""An estate that asks for an approval: a region is not touched before somebody else has approved its return."""

from collections.abc import Callable

import pytest
from answering import answered, card_of
from returning import Flow, came_back, is_fenced, is_free, is_left, journal_of, report_of, steps

from recovery.approval import Decision
from recovery.errors import NotApproved, Refused
from recovery.fakes.estate import FakeEstate
from recovery.journal import Kind

pytestmark = pytest.mark.usefixtures("in_real_time")

LONG_MIN, SHORT_MIN = 1.0, 0.005
MakeEstate = Callable[..., FakeEstate]


def asking(make_estate: MakeEstate, leave: Flow, *, minutes: float = LONG_MIN) -> FakeEstate:
    """Return an estate whose failbacks ada or grace approve; us-east-1 was left, and is back."""
    approval = {"approvers": {"ada": "ada", "grace": "grace"}, "timeout_minutes": minutes}
    estate = make_estate(recovery={"approval": approval})
    came_back(estate, leave)
    coordination = estate.file.disaster_recovery.recovery_coordination
    assert coordination
    asked = coordination.model_copy(update={"manual_approval_required": True})
    disaster = estate.file.disaster_recovery.model_copy(update={"recovery_coordination": asked})
    estate.file = estate.file.model_copy(update={"disaster_recovery": disaster})
    return estate


def test_what_was_approved_is_done_and_not_before(
    make_estate: MakeEstate, leave: Flow, bring_back: Flow
) -> None:
    estate = asking(make_estate, leave)

    with answered(estate, "failback-2", Decision.APPROVE):
        bring_back(estate, requested_by="ada")

    assert report_of(estate).ending.outcome == "returned"
    done = steps(estate, Kind.DONE)
    assert done[0] == "approve_failback"
    approved = next(event for event in journal_of(estate) if event.kind is Kind.DONE)
    assert "approved by grace" in str(approved.data["summary"])


def test_the_card_says_how_the_region_was_left_and_what_it_would_get(
    make_estate: MakeEstate, leave: Flow, bring_back: Flow
) -> None:
    estate = asking(make_estate, leave, minutes=SHORT_MIN)

    with pytest.raises(NotApproved):
        bring_back(estate, requested_by="ada", reason="it is back")

    card = card_of(estate, "failback-2")
    assert card["Asked by"] == "ada: it is back"
    assert card["Left by"].startswith("failover-1, at ")
    assert card["Lost then"] == "0 rows of the prober"
    assert card["Its share of traffic"].startswith("50 %")


@pytest.mark.parametrize("refused", [True, False], ids=["refused", "no answer"])
def test_a_return_that_is_not_approved_touches_nothing(
    make_estate: MakeEstate, leave: Flow, bring_back: Flow, *, refused: bool
) -> None:
    """Not even the fence: the region stays as it came back, and gets no customers."""
    estate = asking(make_estate, leave, minutes=LONG_MIN if refused else SHORT_MIN)
    before = estate.state()

    if refused:
        with answered(estate, "failback-2", Decision.REFUSE), pytest.raises(NotApproved, match="by grace"):
            bring_back(estate, requested_by="ada")
    else:
        with pytest.raises(NotApproved, match="no answer within"):
            bring_back(estate, requested_by="ada")

    assert estate.state() == before
    assert not is_fenced(estate)
    assert (is_free(estate), is_left(estate)) == (True, True)


def test_without_a_name_nobody_can_be_told_apart_from_who_asked(
    make_estate: MakeEstate, leave: Flow, bring_back: Flow
) -> None:
    estate = asking(make_estate, leave)

    with pytest.raises(Refused, match="give your name"):
        bring_back(estate)

    assert is_free(estate)


def test_a_person_who_starts_one_has_decided_where_the_file_does_not_say(
    estate: FakeEstate, leave: Flow, bring_back: Flow
) -> None:
    """Alerts start no failback."""
    came_back(estate, leave)

    bring_back(estate)

    assert "approve_failback" not in steps(estate, Kind.STARTED)
