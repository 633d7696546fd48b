"""An estate that asks for an approval: nothing is changed before somebody else has given it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Thread

import pytest

from recovery import operation_journal
from recovery.approval import Decision, Question, Said
from recovery.errors import NotApproved, Refused
from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.journal import Event, Kind
from recovery.operation import Failover, Incident
from recovery.waiting import wait_until

pytestmark = pytest.mark.usefixtures("in_real_time")

SOURCE = "us-east-1"
LONG_MIN, SHORT_MIN = 1.0, 0.005
Leave = Callable[..., str]
MakeEstate = Callable[..., FakeEstate]


def asking(make_estate: MakeEstate, *, minutes: float = LONG_MIN, required: bool | None = True) -> FakeEstate:
    """Return an estate whose operations are approved by ada or grace."""
    estate = make_estate(
        disaster_recovery={"recovery_coordination": {"manual_approval_required": required}},
        recovery={"approval": {"approvers": {"ada": "ada", "grace": "grace"}, "timeout_minutes": minutes}},
    )
    estate.loses(SOURCE)
    return estate


def events(estate: FakeEstate) -> list[Event]:
    return list(operation_journal.read(estate.outside.journal, "failover-1"))


def answers(estate: FakeEstate, decision: Decision, by: str = "grace") -> datetime:
    """Answer as `dr` would, as soon as the operation waits."""
    wait_until(
        lambda: (next((e for e in events(estate) if "card" in e.data), None), "no card"),
        what="a card",
        deadline_s=30,
    )
    now = wall_clock()
    asked = Question(
        Failover(id="failover-1", source=SOURCE, requested_by="ada"),
        estate.name,
        estate.outside.journal,
        estate.approvers,
    )
    said = Said(decision=decision, by=by, code=estate.approvers.code_of(by, now), why="the region is gone")
    return asked.take(said, given_in="dr", now=now).at


def test_an_approved_operation_goes_on_and_says_by_whom(make_estate: MakeEstate, leave: Leave) -> None:
    """T2 is the approval, and not when the operation was asked for."""
    estate, at = asking(make_estate), list[datetime]()
    approver = Thread(target=lambda: at.append(answers(estate, Decision.APPROVE)))
    approver.start()

    leave(estate, requested_by="ada")
    approver.join()

    done = {event.step: event for event in events(estate) if event.kind is Kind.DONE}
    approved, fenced = done["approve"].data["result"], done["fence"]
    points = {point["name"]: point for point in done["measure"].data["result"]["points"]}
    assert (approved["asked_by"], approved["approved_by"], approved["why"]) == (
        "ada",
        "grace",
        "the region is gone",
    )
    assert datetime.fromisoformat(points["T2"]["at"]) == at[0] < fenced.time
    assert points["T2"]["measured_by"] == "approval"


def test_a_refused_operation_changes_nothing(make_estate: MakeEstate, leave: Leave) -> None:
    estate = asking(make_estate)
    before = estate.state()
    approver = Thread(target=lambda: answers(estate, Decision.REFUSE))
    approver.start()

    with pytest.raises(NotApproved, match=r"failover-1 was refused by grace \(dr\): the region is gone"):
        leave(estate, requested_by="ada")
    approver.join()

    assert estate.state() == before
    assert events(estate)[-1].kind is Kind.BACKED_OUT


def test_no_answer_is_a_refusal(make_estate: MakeEstate, leave: Leave) -> None:
    """And it stays one: an approval that comes later is told so."""
    estate = asking(make_estate, minutes=SHORT_MIN)
    before = estate.state()

    with pytest.raises(NotApproved, match=r"refused by nobody \(timeout\): no answer within 0.005 min"):
        leave(estate, requested_by="ada")

    assert estate.state() == before


@pytest.mark.parametrize(
    ("required", "by_alerts", "waits"),
    [(True, True, True), (None, True, True), (None, False, False), (False, True, False)],
)
def test_who_is_asked_for(
    make_estate: MakeEstate, leave: Leave, *, required: bool | None, by_alerts: bool, waits: bool
) -> None:
    """Unless the file says anything, a person who starts one has decided; alerts have not."""
    estate, now = asking(make_estate, minutes=SHORT_MIN, required=required), wall_clock()
    incident = Incident(id="incident-1", active_at=now - timedelta(seconds=1), decided_at=now, verdict="lost")
    asked = {"incident": incident} if by_alerts else {"requested_by": "ada"}

    try:
        leave(estate, **asked)
    except NotApproved:
        assert waits
    else:
        assert not waits


def test_without_a_name_nobody_can_be_told_apart(make_estate: MakeEstate, leave: Leave) -> None:
    estate = asking(make_estate)

    with pytest.raises(Refused, match="asks for an approval by somebody else than who asked; give your name"):
        leave(estate)


def test_without_approvers_nothing_is_begun(make_estate: MakeEstate, leave: Leave) -> None:
    estate = make_estate(disaster_recovery={"recovery_coordination": {"manual_approval_required": True}})
    estate.loses(SOURCE)

    with pytest.raises(Refused, match=r"nobody may give it; name approvers in recovery\.approval\.approvers"):
        leave(estate, requested_by="ada")


def test_the_card_says_what_is_at_stake(make_estate: MakeEstate, leave: Leave) -> None:
    estate = asking(make_estate, minutes=SHORT_MIN)

    with pytest.raises(NotApproved):
        leave(estate, requested_by="ada", reason="dark")

    card = dict(next(event for event in events(estate) if "card" in event.data).data["card"])
    assert card["Asked by"] == "ada: dark"
    assert "old (" in card["Newest heartbeat of us-east-1"]
    assert "(RPO 300.0 s)" in card["Would be lost"]
    assert card["Rows at risk"][0].isdigit()
    assert "no earlier operation of this kind was measured" in card["Forecast RTO"]
    assert "sessions" in card["Headroom of us-west-2"]
