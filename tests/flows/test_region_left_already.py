"""Of several who see one fault and want to leave the region, the ones that come late are told who did."""

from collections.abc import Callable

import pytest

from recovery.epoch import Claim, take
from recovery.errors import NotReady
from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.journal import Kind
from recovery.operation_journal import OperationJournal
from recovery.traffic import Weights

Leave = Callable[..., str]
EAST, WEST = "us-east-1", "us-west-2"


def test_a_region_that_was_left_is_not_left_again(estate: FakeEstate, leave: Leave) -> None:
    """The source still looks lost, and the target still could take over: nothing else would stop it."""
    estate.loses(EAST)
    leave(estate)
    before = estate.state()

    with pytest.raises(NotReady, match=r"us-east-1 was left already, by failover-1"):
        leave(estate, id="failover-2")

    assert estate.state() == before


def test_a_region_that_traffic_was_sent_back_to_may_be_left_again(estate: FakeEstate, leave: Leave) -> None:
    """A failback by hand writes no journal: its weight tells that the region serves."""
    estate.loses(EAST)
    leave(estate)
    back: Weights = {EAST: 80, WEST: 20}
    estate.outside.traffic.set_weights(back)

    assert leave(estate, id="failover-2").startswith("failover-2")


def test_after_one_that_was_given_up_the_region_may_be_left(estate: FakeEstate, leave: Leave) -> None:
    """Nobody can resume it any more: another one must be able to finish."""
    quorum, now = estate.outside.journal, wall_clock()
    epoch = take(quorum, estate.name, Claim(operation="failover-1", holder="ann", since=now))
    journal = OperationJournal(quorum, "failover-1", actor="ann")
    journal.go_on(epoch.number)
    journal.record(Kind.OPENED, now, data={"source": EAST})
    journal.record(Kind.POINT_OF_NO_RETURN, now)
    journal.record(Kind.CLOSED, now, data={"outcome": "stopped"})
    epoch.close()
    estate.loses(EAST)
    half_way: Weights = {EAST: 0, WEST: 100}
    estate.outside.traffic.set_weights(half_way)

    assert leave(estate, id="failover-2").startswith("failover-2")
