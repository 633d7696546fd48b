"""What is promised of a slot that is lost: it is dropped and made anew, and nothing is dropped that somebody needs."""

from datetime import datetime

import pytest
from feeds import DATABASE, ORDERS, Arrives, Done, Feed, RealFeed, subscription_of, told

from lab.place import EAST, NODE_GROUPS
from recovery.errors import Refused
from recovery.fakes.world import wall_clock
from recovery.ports import Subscription
from recovery.salvage.ports import Did, SlotState

ONE, TWO = ("1",), ("2",)


def state(feed: Feed, subscription: Subscription) -> SlotState:
    return feed.sending.slots([subscription])[0].state


def begun_anew(feed: Feed, arrives: Arrives) -> None:
    """Have what was lost dropped and subscribed to anew, and wait until it is at work."""
    for slot in feed.sending.slots(feed.west.subscriptions()):
        if slot.state is not SlotState.KEPT:
            feed.sending.drop_lost(slot.subscription)
            feed.west.subscribe_anew(slot.subscription)
    feed.west.start_applying()
    arrives(lambda: all(one.replicating for one in feed.west.subscriptions()), "subscriptions at work")


def newest(feed: Feed) -> datetime | None:
    """The east's heartbeat of the tests' database, as the west has it."""
    return feed.west.heartbeats(EAST)[DATABASE]


def test_of_what_is_lost_nothing_is_told(feed: Feed, arrives: Arrives) -> None:
    """A part of it would be taken for all."""
    subscription = feed.lose(arrives)

    assert state(feed, subscription) is SlotState.LOST
    with pytest.raises(Refused, match="is lost, and can not be read"):
        told(feed, subscription)


def test_what_is_lost_is_dropped_and_missing_then(feed: Feed, arrives: Arrives) -> None:
    subscription = feed.lose(arrives)

    feed.sending.drop_lost(subscription)
    feed.sending.drop_lost(subscription)

    assert state(feed, subscription) is SlotState.MISSING


def test_what_is_kept_is_not_dropped(feed: Feed, arrives: Arrives) -> None:
    """It is all that anybody knows of what never left."""
    subscription = feed.stop()
    arrives(lambda: not feed.sending.slots([subscription])[0].active, "the end of the walsender")
    feed.commit(ORDERS, Done(Did.INSERT, ONE))

    with pytest.raises(Refused, match=r"the slot.* is kept: it is not dropped"):
        feed.sending.drop_lost(subscription)

    assert [change.key for change in told(feed, subscription)] == [ONE]


def test_what_is_read_is_not_dropped(feed: Feed, arrives: Arrives) -> None:
    subscription = subscription_of(feed.west.subscriptions())
    arrives(lambda: feed.sending.slots([subscription])[0].active, "an active slot")

    with pytest.raises(Refused, match=r"is kept, and read: it is not dropped"):
        feed.sending.drop_lost(subscription)

    assert feed.sending.slots([subscription])[0].active


def test_a_subscription_that_begins_anew_is_disabled_until_it_is_started(
    feed: Feed, arrives: Arrives
) -> None:
    subscription = feed.lose(arrives)
    feed.sending.drop_lost(subscription)

    feed.west.subscribe_anew(subscription)
    feed.west.subscribe_anew(subscription)

    assert not subscription_of(feed.west.subscriptions()).enabled
    assert state(feed, subscription) is SlotState.MISSING


def test_one_that_began_anew_gets_what_is_committed_from_then_on(feed: Feed, arrives: Arrives) -> None:
    feed.lose(arrives)

    begun_anew(feed, arrives)

    assert {str(slot.state) for slot in feed.sending.slots(feed.west.subscriptions())} == {"kept"}
    assert {one.node_group for one in feed.west.subscriptions() if one.enabled} == set(NODE_GROUPS)
    began = wall_clock()
    arrives(lambda: beaten(feed, began), "a later heartbeat")


def beaten(feed: Feed, since: datetime) -> bool:
    """Beat again, and see whether a beat since then is there."""
    feed.beat()
    at = newest(feed)
    return at is not None and at >= since


@pytest.mark.lab
def test_what_was_committed_in_the_gap_does_not_come(real_feed: RealFeed, arrives: Arrives) -> None:
    """Only a comparison finds it."""
    real_feed.make(ORDERS)
    real_feed.lose(arrives)
    real_feed.commit(ORDERS, Done(Did.INSERT, ONE))
    begun_anew(real_feed, arrives)
    real_feed.commit(ORDERS, Done(Did.INSERT, TWO))

    query = "SELECT id FROM orders ORDER BY id"
    arrives(lambda: real_feed.west_session.execute(query).fetchall(), "the later row")

    assert real_feed.west_session.execute(query).fetchall() == [(2,)]


@pytest.mark.lab
def test_the_slot_of_one_that_began_anew_tells_what_is_committed_since(
    real_feed: RealFeed, arrives: Arrives
) -> None:
    """The next salvage goes by it: its subscriber's position is one of the new slot's history."""
    real_feed.make(ORDERS)
    real_feed.lose(arrives)
    begun_anew(real_feed, arrives)
    subscription = real_feed.stop()
    real_feed.commit(ORDERS, Done(Did.INSERT, ONE))

    assert [change.key for change in told(real_feed, subscription)] == [ONE]
