"""How a region was left, and whether it is left still: as the journals of failovers and failbacks tell."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import JsonValue

from recovery.errors import BadInput
from recovery.fakes.stores import FakeStore
from recovery.journal import Kind
from recovery.left_region import LeftRegion, left_region
from recovery.operation_journal import MOVES, RETURNED, OperationJournal, left_by, newest_first
from recovery.quorum import Quorum

EAST, WEST = "us-east-1", "us-west-2"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


class Told:
    """Operations of one estate, each later than the one before."""

    def __init__(self) -> None:
        self.quorum = Quorum([FakeStore(place) for place in (EAST, WEST, "witness")])
        self._count = 0

    def failover(self, source: str = EAST, outcome: str = "restored", **results: JsonValue) -> str:
        return self._told("failover", {"source": source}, outcome, results)

    def failback(self, region: str = EAST, outcome: str | None = RETURNED) -> str:
        return self._told("failback", {"returned": region}, outcome, {})

    def backed_out(self, region: str = EAST) -> str:
        name, journal = self.opened("failback", {"returned": region})
        journal.record(Kind.BACKED_OUT, NOON)
        return name

    def left_by(self, region: str = EAST) -> str | None:
        return left_by(self.quorum, region, but="")

    def opened(self, procedure: str, data: dict[str, JsonValue]) -> tuple[str, OperationJournal]:
        self._count += 1
        name = f"{procedure}-20261126-12000{self._count}-ab12"
        journal = OperationJournal(self.quorum, name, actor="ann")
        journal.go_on(self._count)
        journal.record(Kind.OPENED, NOON, data=data)
        return name, journal

    def _told(
        self, procedure: str, data: dict[str, Any], outcome: str | None, results: dict[str, JsonValue]
    ) -> str:
        name, journal = self.opened(procedure, data)
        for step, result in results.items():
            journal.record(Kind.STARTED, NOON, step=step)
            journal.record(Kind.DONE, NOON, step=step, data={"result": result})
        journal.record(Kind.POINT_OF_NO_RETURN, NOON)
        if outcome:
            journal.record(Kind.CLOSED, NOON, data={"outcome": outcome})
        return name


def test_a_region_that_nobody_left_is_refused() -> None:
    with pytest.raises(BadInput, match=r"No failover has left us-east-1.*`dr operations` lists what ran"):
        left_region(Told().quorum, EAST, but="")


def test_a_region_is_left_by_the_newest_failover() -> None:
    told = Told()
    told.failover()
    newest = told.failover()

    assert told.left_by() == left_region(told.quorum, EAST, but="").operation == newest


def test_a_region_that_was_brought_back_is_left_no_more() -> None:
    told = Told()
    told.failover()
    told.failback()

    assert told.left_by() is None


def test_a_region_may_be_left_again_after_it_was_brought_back() -> None:
    told = Told()
    told.failover()
    told.failback()
    again = told.failover(outcome="moved")

    assert told.left_by() == again


def test_a_failback_that_backed_out_leaves_the_region_left() -> None:
    told = Told()
    failover = told.failover()
    told.backed_out()

    assert told.left_by() == failover


@pytest.mark.parametrize("outcome", ["finished by hand", None], ids=["closed by a person", "interrupted"])
def test_a_failback_past_its_point_of_no_return_has_brought_the_region_back(outcome: str | None) -> None:
    """All its traffic is there, whoever does the rest."""
    told = Told()
    told.failover()
    told.failback(outcome=outcome)

    assert told.left_by() is None


def test_an_incidents_failover_counts_from_when_it_was_opened_and_not_from_its_first_alert() -> None:
    """Its id has the alert's time: a region that came back meanwhile is left again."""
    told = Told()
    told.failover()
    told.failback()
    name = f"failover-20261126-115900-{EAST}"
    journal = OperationJournal(told.quorum, name, actor="ann")
    journal.go_on(3)
    journal.record(Kind.OPENED, NOON, data={"source": EAST})
    journal.record(Kind.POINT_OF_NO_RETURN, NOON)
    journal.record(Kind.CLOSED, NOON, data={"outcome": "restored"})

    assert told.left_by() == name
    assert newest_first(told.quorum, *MOVES)[0] == name


def test_the_return_of_one_region_says_nothing_of_the_other_one() -> None:
    told = Told()
    told.failover(source=WEST)
    told.failback(region=WEST)
    failover = told.failover(source=EAST)
    told.backed_out(region=EAST)

    assert (told.left_by(EAST), told.left_by(WEST)) == (failover, None)


def test_a_failback_that_goes_on_does_not_count_itself() -> None:
    told = Told()
    failover = told.failover()
    ours = told.failback()

    assert left_region(told.quorum, EAST, but=ours).operation == failover


def left(**results: JsonValue) -> LeftRegion:
    told = Told()
    told.failover(**results)
    return left_region(told.quorum, EAST, but="")


def test_it_was_left_at_the_fault() -> None:
    """What the other region wrote later, it wrote alone."""
    fault = NOON - timedelta(seconds=7)

    assert left(measure_exposure={"fault_at": fault.isoformat()}).at == fault


def test_it_was_left_at_the_beginning_of_the_operation_where_no_fault_was_measured() -> None:
    assert left().at == left(measure_exposure={"fault_at": None}).at == NOON


def test_its_weights_are_those_before_it_was_left() -> None:
    told = Told()
    name = told.failover()
    journal = OperationJournal(told.quorum, name, actor="ann")
    journal.go_on(1)
    journal.record(Kind.NOTED, NOON, step="drain", data={"original": {EAST: 80, WEST: 20}})

    assert left_region(told.quorum, EAST, but="").weights == {EAST: 80, WEST: 20}
    assert left().weights is None


@pytest.mark.parametrize(
    ("found", "attempts", "told", "moved"),
    [
        ("replica, heard its master 1 s ago", 1, True, True),
        ("master", 1, False, False),
        ("replica, heard its master 1 s ago", 2, False, True),
        ("master", 2, False, False),
    ],
)
def test_whether_its_redis_was_the_master_is_told_by_the_take_over(
    found: str, attempts: int, *, told: bool, moved: bool
) -> None:
    """One that was killed in the middle found it promoted, and does not know by whom: what was seen before tells."""
    name, journal = Told().opened("failover", {"source": EAST})
    seen: JsonValue = {"check": "us-west-2's Redis answers", "ok": True, "value": found}
    journal.record(Kind.DONE, NOON, step="can_take_over", data={"result": {"findings": [seen]}})
    for _ in range(attempts):
        journal.record(Kind.STARTED, NOON, step="take_over")
    journal.record(Kind.DONE, NOON, step="take_over", data={"result": {"cache_promoted": told}})

    assert LeftRegion(name, journal.events).moved_cache is moved
