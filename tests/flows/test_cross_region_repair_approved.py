"""An estate that asks for an approval: no row is repaired before somebody else has seen the plan."""

import pytest
from differing import EAST, LATER, Flow, differing, rows

from recovery.approval import Answer, Question
from recovery.epoch import holder_of
from recovery.errors import NotApproved, Refused
from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.journal import Kind, closed_at, find
from recovery.operation_journal import read
from recovery.regions_repair import RegionsRepair

pytestmark = pytest.mark.usefixtures("in_real_time")


@pytest.fixture
def estate(make_estate: Flow) -> FakeEstate:
    """Its repairs ada or grace approve, within a third of a second."""

    def asking() -> FakeEstate:
        approval = {"approvers": {"ada": "ada", "grace": "grace"}, "timeout_minutes": 0.005}
        asked = {"recovery_coordination": {"manual_approval_required": True}}
        estate: FakeEstate = make_estate(disaster_recovery=asked, recovery={"approval": approval})
        return estate

    return differing(asking)


def test_without_an_answer_nothing_is_changed(estate: FakeEstate, reconcile: Flow, repair: Flow) -> None:
    reconcile(estate)
    before = rows(estate)

    with pytest.raises(NotApproved, match="no answer within"):
        repair(estate, plan="comparison-1", requested_by="ada")

    assert rows(estate) == before
    assert holder_of(estate.outside.journal, estate.name) is None, "a failover would be refused for it"
    assert closed_at(read(estate.outside.journal, "repair-1"))


def test_without_a_name_nobody_could_be_told_apart_from_who_asked(
    estate: FakeEstate, reconcile: Flow, repair: Flow
) -> None:
    reconcile(estate)

    with pytest.raises(Refused, match="give your name"):
        repair(estate, plan="comparison-1")


def test_what_was_approved_is_done_and_not_before(estate: FakeEstate, reconcile: Flow, repair: Flow) -> None:
    reconcile(estate)
    asked = RegionsRepair(plan="comparison-1", id="repair-1", requested_by="ada")
    question = Question(asked, estate.name, estate.outside.journal, estate.outside.approvers)
    question.close(Answer(approved=True, by="grace", why="read it", at=wall_clock(), given_in="dr"))

    repair(estate, plan="comparison-1", requested_by="ada")

    assert rows(estate)[0][LATER] == "(7,later)"
    events = read(estate.outside.journal, "repair-1")
    approved = find(events, Kind.DONE, step="approve_regions_repair")
    assert approved
    assert "approved by grace" in str(approved.data["summary"])
    repaired = find(events, Kind.STARTED, step="repair_rows", region=EAST)
    assert repaired
    assert approved.seq < repaired.seq
