"""The kill switch holds wherever a majority of the journal's stores answers."""

from datetime import UTC, datetime

import pytest

from recovery.errors import Unavailable
from recovery.fakes.stores import FakeStore
from recovery.quorum import Quorum
from recovery.switch import Switched, newest, throw

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_throw(*, on: bool, why: str = "test") -> Switched:
    return Switched(on=on, by="ann", why=why, at=NOON)


def test_nobody_threw_it() -> None:
    assert newest(Quorum([FakeStore("a"), FakeStore("b"), FakeStore("c")]), "eden") is None


def test_the_newest_throw_counts() -> None:
    quorum = Quorum([FakeStore("a"), FakeStore("b"), FakeStore("c")])

    throw(quorum, "eden", a_throw(on=False))
    throw(quorum, "eden", a_throw(on=True, why="done"))

    assert newest(quorum, "eden") == a_throw(on=True, why="done")
    assert newest(quorum, "another") is None


def test_two_who_throw_it_at_once_both_find_their_place() -> None:
    """The second one's number is taken when it writes: it takes the next."""
    stores = [FakeStore("a"), FakeStore("b"), FakeStore("c")]
    first, second = Quorum(stores), Quorum(stores)

    throw(first, "eden", a_throw(on=False))
    throw(second, "eden", a_throw(on=False, why="me too"))

    assert newest(first, "eden") == a_throw(on=False, why="me too")


def test_without_a_majority_nothing_is_known() -> None:
    stores = [FakeStore("a"), FakeStore("b"), FakeStore("c")]
    for store in stores[:2]:
        store.down = True

    with pytest.raises(Unavailable, match="2 must"):
        newest(Quorum(stores), "eden")
