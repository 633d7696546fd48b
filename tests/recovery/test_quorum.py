"""Several stores as one: what a majority has counts, and one that hangs delays nobody."""

from collections.abc import Iterator, Sequence
from threading import Event
from time import monotonic

import pytest

from recovery.errors import BadInput, Unavailable
from recovery.fakes.stores import FakeStore
from recovery.quorum import Quorum, Taken

PROMPT_S = 2.0
"""Far below the deadline of the quorum in question, far above what memory takes."""


def three() -> list[FakeStore]:
    return [FakeStore(place) for place in ("east", "west", "witness")]


def a_quorum(stores: Sequence[FakeStore], *, deadline_s: float = 30.0) -> Quorum:
    return Quorum(stores, deadline_s=deadline_s)


@pytest.fixture
def hanging() -> Iterator[Event]:
    """Stores hang while it is not set; it is set at the end, so that no thread is left waiting."""
    event = Event()
    yield event
    event.set()


def holding(stores: Sequence[FakeStore], key: str) -> list[bytes | None]:
    return [store.objects.get(key) for store in stores]


def test_a_write_is_at_a_majority_when_it_returns() -> None:
    stores = three()

    a_quorum(stores).put_new("a", b"body")

    assert holding(stores, "a").count(b"body") >= 2


@pytest.mark.parametrize("away", range(3))
def test_one_store_may_be_down(away: int) -> None:
    stores = three()
    stores[away].down = True
    quorum = a_quorum(stores)

    quorum.put_new("a", b"body")
    quorum.put("b", b"report")

    assert quorum.keys("") == {"a", "b"}
    assert all(store["a"] == b"body" for store in quorum.read("a"))


def test_two_stores_down_are_too_many() -> None:
    stores = three()
    stores[0].down = stores[2].down = True
    quorum = a_quorum(stores)

    with pytest.raises(Unavailable, match=r"write a \(2 must\): .*east is down.*; .*witness is down"):
        quorum.put_new("a", b"body")
    with pytest.raises(Unavailable, match="write a"):
        quorum.put("a", b"body")
    with pytest.raises(Unavailable, match="read a"):
        quorum.read("a")
    with pytest.raises(Unavailable, match="list a"):
        quorum.keys("a")


def test_a_lost_reply_may_be_repeated() -> None:
    """The first write stands at two stores; the caller heard of neither, and writes the same again."""
    stores = three()
    for store in stores:
        store.loses_replies = True
    quorum = a_quorum(stores)
    with pytest.raises(Unavailable):
        quorum.put_new("a", b"body")
    for store in stores:
        store.loses_replies = False

    quorum.put_new("a", b"body")

    assert b"body" in holding(stores, "a")


def test_a_key_with_another_body_at_a_majority_is_taken() -> None:
    stores = three()
    a_quorum(stores[:2]).put_new("a", b"theirs")

    with pytest.raises(Taken, match="a was written by somebody else"):
        a_quorum(stores).put_new("a", b"mine")


def test_another_body_at_one_store_stops_nobody() -> None:
    stores = three()
    stores[1].put_new("a", b"theirs")

    a_quorum(stores).put_new("a", b"mine")

    assert holding(stores, "a") == [b"mine", b"theirs", b"mine"]


def test_another_body_at_one_store_may_be_the_winner_while_a_third_is_silent() -> None:
    """What the silent store has would decide: nobody may believe that it won."""
    stores = three()
    stores[1].put_new("a", b"theirs")
    stores[2].down = True

    with pytest.raises(Taken):
        a_quorum(stores).put_new("a", b"mine")


def test_every_read_meets_every_write() -> None:
    """Two majorities of three share a store, whichever one was away."""
    for written_without in range(3):
        for read_without in range(3):
            stores = three()
            stores[written_without].down = True
            quorum = a_quorum(stores)
            quorum.put_new("a", b"body")
            stores[written_without].down, stores[read_without].down = False, True

            assert quorum.keys("a") == {"a"}


def test_a_store_that_hangs_delays_nobody(hanging: Event) -> None:
    """It hangs in more calls than it has threads, and still the others answer at once."""
    stores = three()
    stores[1].slow = hanging
    quorum = a_quorum(stores)
    began = monotonic()

    for number in range(40):
        quorum.put_new(f"a/{number:02d}", b"body")

    assert len(quorum.keys("a/")) == 40
    assert monotonic() - began < PROMPT_S


def test_what_a_hanging_store_has_not_begun_is_not_piled_up(hanging: Event) -> None:
    stores = three()
    stores[1].slow = hanging
    quorum = a_quorum(stores)
    for number in range(40):
        quorum.put_new(f"a/{number:02d}", b"body")

    hanging.set()
    stores[1].slow = stores[0].slow = None
    stores[0].down = True
    quorum.put_new("b", b"body")

    assert len([key for key in stores[1].objects if key.startswith("a/")]) <= 4
    assert "b" in stores[1].objects


def test_every_call_ends_at_the_deadline(hanging: Event) -> None:
    stores = three()
    stores[0].slow = stores[1].slow = hanging
    quorum = a_quorum(stores, deadline_s=0.05)
    began = monotonic()

    with pytest.raises(Unavailable, match=r"east: no answer in 0.05 s"):
        quorum.keys("a")

    assert monotonic() - began < PROMPT_S


def test_one_store_alone_is_a_quorum() -> None:
    store = FakeStore("here")
    quorum = a_quorum([store])

    quorum.put_new("a", b"body")

    assert (quorum.majority, quorum.places) == (1, ("here",))
    assert quorum.read("a") == [{"a": b"body"}]


@pytest.mark.parametrize("places", [[], ["east", "east", "witness"]])
def test_stores_stand_in_different_places(places: list[str]) -> None:
    """Two copies in one region are lost as one, and would be counted as two."""
    with pytest.raises(BadInput, match="different places"):
        a_quorum([FakeStore(place) for place in places])


def test_the_stores_that_do_not_answer_are_named() -> None:
    """All are waited for: a majority that answers at once says nothing of the others."""
    stores = three()
    quorum = a_quorum(stores)
    assert quorum.silent() == []

    stores[2].down = True

    assert quorum.silent() == ["witness: witness is down (a fault that was asked for)."]
