"""A master and its replica, of both kinds."""

from collections.abc import Callable, Iterator

import pytest
from situations import InLab, InMemory, Situation

from lab.place import EAST, Lab
from recovery.ports import Cache

Arrives = Callable[[Callable[[], object], str], None]


@pytest.fixture
def fake_situation() -> Situation:
    return InMemory()


@pytest.fixture
def real_situation(lab: Lab, arrives: Arrives) -> Iterator[Situation]:
    """Put back afterwards as it was."""
    situation = InLab(lab)
    yield situation
    for cache in (situation.master, situation.replica):
        cache.unfence()
    situation.master.promote()
    situation.replica.follow(situation.across(EAST))
    arrives(lambda: situation.replica.look().link_up, "the replica")


@pytest.fixture
def situation(kind: str, request: pytest.FixtureRequest) -> Situation:
    return request.getfixturevalue(f"{kind}_situation")


@pytest.fixture
def master(situation: Situation) -> Cache:
    return situation.master


@pytest.fixture
def replica(situation: Situation) -> Cache:
    return situation.replica
