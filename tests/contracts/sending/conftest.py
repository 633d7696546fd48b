"""The east's cluster, whose commits the west does not apply, of both kinds."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from feeds import ORDERS, Arrives, FakeFeed, Feed, RealFeed

from lab.place import EAST, NODE_GROUPS, PORTS, Lab
from recovery.adapters.postgres import Access
from recovery.adapters.postgres.sending import PgSending
from recovery.fakes.sending import FakeSending
from recovery.ports import Database


@pytest.fixture
def sending_at(lab: Lab) -> Callable[[str], PgSending]:
    """Make a client of what a region's cluster keeps for the other one."""

    def sending(region: str) -> PgSending:
        password = lab.secret("postgres-operator")
        access = Access(lab.address(region), PORTS.postgres, "dr_operator", password)
        return PgSending(access, databases=NODE_GROUPS)

    return sending


@pytest.fixture
def fake_feed(request: pytest.FixtureRequest) -> Feed:
    world = request.getfixturevalue("memory").world
    _, west = request.getfixturevalue("fake_databases")
    return FakeFeed(world, west, FakeSending(world, world.places[EAST]))


@pytest.fixture
def real_feed(
    own_schema: tuple[psycopg.Connection, psycopg.Connection],
    real_databases: tuple[Database, Database],
    sending_at: Callable[..., PgSending],
    arrives: Arrives,
) -> Iterator[RealFeed]:
    """Afterwards the west applies again, and nothing of what it was not sent."""
    with RealFeed.between(real_databases[1], sending_at(EAST), own_schema, arrives) as feed:
        yield feed


@pytest.fixture
def feed(kind: str, request: pytest.FixtureRequest, arrives: Arrives) -> Feed:
    """A table of orders that both regions have; the west applies what the east commits."""
    found: Feed = request.getfixturevalue(f"{kind}_feed")
    found.make(ORDERS)
    arrives(lambda: all(one.replicating for one in found.west.subscriptions()), "the subscriptions")
    return found
