"""Orders of both regions, of both kinds."""

import psycopg
import pytest
from feeds import DATABASE, Arrives
from orders import FakeOrders, Orders, RealOrders

from lab.place import EAST, PORTS, WEST, Lab
from recovery.adapters.postgres import Access
from recovery.adapters.postgres.copying import PgCopying
from recovery.adapters.postgres.sending import PgSending
from recovery.ports import Database


@pytest.fixture
def fake_orders(request: pytest.FixtureRequest) -> FakeOrders:
    _, west = request.getfixturevalue("fake_databases")
    return FakeOrders(request.getfixturevalue("memory").world, west)


@pytest.fixture
def real_orders(
    lab: Lab,
    own_schema: tuple[psycopg.Connection, psycopg.Connection],
    real_databases: tuple[Database, Database],
    arrives: Arrives,
) -> RealOrders:
    def access(region: str) -> Access:
        return Access(lab.address(region), PORTS.postgres, "dr_operator", lab.secret("postgres-operator"))

    copying = PgCopying(access(WEST), databases=[DATABASE])
    sending = PgSending(access(EAST), databases=[DATABASE])
    return RealOrders(own_schema, real_databases[1], copying, sending, arrives)


@pytest.fixture
def orders(kind: str, request: pytest.FixtureRequest) -> Orders:
    """Empty, and replicated both ways."""
    found: Orders = request.getfixturevalue(f"{kind}_orders")
    return found
