"""Two sides of each kind."""

from collections.abc import Callable

import psycopg
import pytest
from ground import Ground
from sides import FakeSide, RealSide, Side

from lab.place import EAST, PORTS, WEST, Lab
from recovery.adapters.postgres.sessions import Access
from recovery.adapters.postgres.tables import PostgresTables


@pytest.fixture
def fake_sides() -> tuple[Side, Side]:
    return FakeSide("east"), FakeSide("west")


@pytest.fixture
def real_sides(
    tables_at: Callable[[str], PostgresTables], own_schema: tuple[psycopg.Connection, psycopg.Connection]
) -> tuple[Side, Side]:
    east, west = own_schema
    return RealSide(tables_at(EAST), east), RealSide(tables_at(WEST), west)


@pytest.fixture
def sides(kind: str, request: pytest.FixtureRequest) -> tuple[Side, Side]:
    """East and west."""
    return request.getfixturevalue(f"{kind}_sides")


@pytest.fixture
def east(sides: tuple[Side, Side]) -> Side:
    return sides[0]


@pytest.fixture
def lab_access(lab: Lab) -> Callable[[str, str], Access]:
    """How a role reaches a region's cluster."""
    secrets = {"eden_app": "postgres-application"}

    def access(region: str, role: str) -> Access:
        return Access(lab.address(region), PORTS.postgres, role, lab.secret(secrets[role]))

    return access


@pytest.fixture
def ground(
    tables_at: Callable[[str], PostgresTables], own_schema: tuple[psycopg.Connection, psycopg.Connection]
) -> Ground:
    return Ground(tables_at(EAST), tables_at(WEST), own_schema)
