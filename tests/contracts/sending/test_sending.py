"""What every `Sending` promises, on a fake and on a real cluster whose commits the other region does not apply."""

import pytest
from feeds import DATABASE, KEYLESS, ORDERS, Arrives, Done, Feed, subscription_of, told

from lab.place import EAST, NODE_GROUPS, Lab
from recovery.adapters.postgres import Access
from recovery.adapters.postgres.sending import PgSending
from recovery.errors import Refused, Unavailable
from recovery.fakes.sending import FakeSending
from recovery.salvage.ports import Did, Slot, SlotState

ONE, TWO = ("1",), ("2",)


def test_what_is_committed_while_nobody_applies_it_is_told_in_its_order(feed: Feed) -> None:
    subscription = feed.stop()
    feed.commit(ORDERS, Done(Did.INSERT, ONE), Done(Did.INSERT, TWO))
    feed.commit(ORDERS, Done(Did.UPDATE, ONE))
    feed.commit(ORDERS, Done(Did.DELETE, TWO))

    changes = told(feed, subscription)

    assert [(change.did, change.key) for change in changes] == [
        (Did.INSERT, ONE),
        (Did.INSERT, TWO),
        (Did.UPDATE, ONE),
        (Did.DELETE, TWO),
    ]
    assert {change.table for change in changes} == {ORDERS.name}


def test_a_row_of_several_transactions_is_told_once_for_each(feed: Feed) -> None:
    """With when each was committed: the last one is when the row was written."""
    subscription = feed.stop()
    for did in (Did.INSERT, Did.UPDATE, Did.UPDATE, Did.DELETE):
        feed.commit(ORDERS, Done(did, ONE))

    changes = told(feed, subscription)

    assert [change.did for change in changes] == [Did.INSERT, Did.UPDATE, Did.UPDATE, Did.DELETE]
    assert len({change.transaction for change in changes}) == 4
    assert [change.at for change in changes] == sorted(change.at for change in changes)
    assert all(change.at.tzinfo for change in changes)


def test_the_rows_of_one_transaction_have_its_number_and_its_time(feed: Feed) -> None:
    subscription = feed.stop()
    feed.commit(ORDERS, Done(Did.INSERT, ONE), Done(Did.INSERT, TWO))

    first, second = told(feed, subscription)

    assert (first.transaction, first.at) == (second.transaction, second.at)


def test_an_update_that_changes_the_key_is_told_as_two(feed: Feed) -> None:
    """The row of the old key is gone, and another one is there."""
    subscription = feed.stop()
    feed.commit(ORDERS, Done(Did.INSERT, ONE))
    feed.commit(ORDERS, Done(Did.UPDATE, ONE, TWO))

    _, *changes = told(feed, subscription)

    assert [(change.did, change.key) for change in changes] == [(Did.DELETE, ONE), (Did.INSERT, TWO)]


def test_nothing_is_taken_off(feed: Feed) -> None:
    """A process that is killed while it reads loses nothing."""
    subscription = feed.stop()
    feed.commit(ORDERS, Done(Did.INSERT, ONE))

    assert told(feed, subscription) == told(feed, subscription) != []


def test_what_is_committed_after_the_position_is_not_told(feed: Feed) -> None:
    subscription = feed.stop()
    feed.commit(ORDERS, Done(Did.INSERT, ONE))
    until = feed.sending.position()
    feed.commit(ORDERS, Done(Did.INSERT, TWO))

    assert [change.key for change in told(feed, subscription, until=until)] == [ONE]


def test_what_was_skipped_is_not_told_any_more(feed: Feed) -> None:
    """What was committed later is."""
    subscription = feed.stop()
    feed.commit(ORDERS, Done(Did.INSERT, ONE))
    until = feed.sending.position()
    feed.commit(ORDERS, Done(Did.INSERT, TWO))

    feed.sending.skip(subscription, until=until)
    feed.sending.skip(subscription, until=until)

    assert [change.key for change in told(feed, subscription)] == [TWO]


def test_an_older_position_takes_nothing_back(feed: Feed) -> None:
    subscription = feed.stop()
    older = feed.sending.position()
    feed.commit(ORDERS, Done(Did.INSERT, ONE))
    feed.sending.skip(subscription, until=feed.sending.position())

    feed.sending.skip(subscription, until=older)

    assert told(feed, subscription) == []


def test_rows_of_a_table_without_a_key_are_told_without_one(feed: Feed) -> None:
    feed.make(KEYLESS)
    subscription = feed.stop()
    feed.commit(KEYLESS, Done(Did.INSERT, ("a body",)))

    (change,) = told(feed, subscription)

    assert (change.table, change.key, change.did) == (KEYLESS.name, None, Did.INSERT)


def test_what_is_read_by_its_subscriber_can_not_be_read_by_others(feed: Feed, arrives: Arrives) -> None:
    """It would be taken off by that one meanwhile."""
    subscription = subscription_of(feed.west.subscriptions())
    arrives(lambda: feed.sending.slots([subscription])[0].active, "an active slot")

    with pytest.raises(Refused, match=rf"{DATABASE}: the slot.* is read by its subscriber, and can not be"):
        told(feed, subscription)


def test_a_slot_is_kept_for_each_subscription_of_the_other_region(feed: Feed, arrives: Arrives) -> None:
    arrives(lambda: all(slot.active for slot in slots(feed)), "active slots")
    feed.stop()
    arrives(lambda: not any(slot.active for slot in slots(feed)), "slots without a subscriber")

    assert {slot.subscription.node_group for slot in slots(feed)} == set(NODE_GROUPS)
    assert {slot.state for slot in slots(feed)} == {SlotState.KEPT}


def slots(feed: Feed) -> list[Slot]:
    return feed.sending.slots(feed.west.subscriptions())


def test_what_is_not_kept_is_missing_and_nothing_is_told_of_it(feed: Feed) -> None:
    subscription = feed.slotless(feed.stop())

    (slot,) = feed.sending.slots([subscription])

    assert (slot.state, slot.active) == (SlotState.MISSING, False)
    with pytest.raises(Refused, match=r"is missing, and can not be read"):
        told(feed, subscription)


@pytest.fixture
def fake_silent(request: pytest.FixtureRequest) -> FakeSending:
    world = request.getfixturevalue("memory").world
    sending = FakeSending(world, world.places[EAST])
    sending.down = True
    return sending


@pytest.fixture
def real_silent(lab: Lab) -> PgSending:
    """Nothing listens on port 1."""
    access = Access(lab.address(EAST), 1, "dr_operator", "canary-secret")
    return PgSending(access, databases=NODE_GROUPS)


@pytest.mark.parametrize("verb", ["slots", "position", "skip", "unsent"])
def test_no_answer_is_unavailable_and_tells_no_secret(
    kind: str, request: pytest.FixtureRequest, verb: str
) -> None:
    sending = request.getfixturevalue(f"{kind}_silent")
    _, west = request.getfixturevalue(f"{kind}_databases")
    subscription = subscription_of(west.subscriptions())
    calls = {
        "slots": lambda: sending.slots([subscription]),
        "position": sending.position,
        "skip": lambda: sending.skip(subscription, until="0"),
        "unsent": lambda: list(sending.unsent(subscription, until="0")),
    }

    with pytest.raises(Unavailable, match="did not answer") as told:
        calls[verb]()

    assert "canary" not in f"{told.value!r} {told.value.__cause__!r}"
