"""A partial lab for the contract tests: two clusters that replicate, two Redis, one gateway with its services."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest

from lab.account import owned
from lab.parts.gateway import Gateway
from lab.parts.link import Link
from lab.parts.part import Part
from lab.parts.postgres import Postgres
from lab.parts.redis import Redis
from lab.parts.replication import Replication
from lab.parts.services import Services
from lab.place import EAST, NODE_GROUPS, PORTS, REGIONS, WEST, Lab, claim
from lab.running import down, refuse_second, start_all
from recovery.adapters.postgres import Access
from recovery.adapters.postgres import Postgres as PostgresClient
from recovery.ports import Database
from recovery.waiting import wait_until

Arrives = Callable[[Callable[[], object], str], None]
ROLE = "eden_app"


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Up for all contract tests; each of them heals what it broke."""
    name = f"contracts-{os.getpid()}"
    refuse_second(name)
    lab, control = claim(name)
    lab.home.mkdir()
    owned(lab.home)
    stores: list[Part] = [part for region in REGIONS for part in (Postgres(region), Redis(region))]
    parts = [Link(control), *stores, Replication(), Services(WEST), Gateway(WEST)]
    try:
        start_all(lab, parts, lambda _: None)
        yield lab
    finally:
        down(lab)
        shutil.rmtree(lab.folder)


@pytest.fixture
def arrives() -> Arrives:
    """Wait until something becomes true, 20 s at most."""

    def wait(seen: Callable[[], object], what: str) -> None:
        def look() -> tuple[bool | None, str]:
            found = seen()
            return (True if found else None), repr(found)

        wait_until(look, what=what, deadline_s=20)

    return wait


@pytest.fixture
def database_at(lab: Lab) -> Callable[..., Database]:
    """Make a client of a region's cluster, with another port, password or role if told so."""

    def database(region: str, *, role: str = ROLE, **access: object) -> Database:
        settings = {"host": lab.address(region), "port": PORTS.postgres, "user": "dr_operator"}
        settings |= {"password": lab.secret("postgres-operator")} | access
        return PostgresClient(Access(**settings), node_groups=NODE_GROUPS, application_roles=[role])

    return database


@pytest.fixture(params=["real"])
def databases(request: pytest.FixtureRequest) -> Iterator[tuple[Database, Database]]:
    """East and west; afterwards both take writes, and apply what the other one writes."""
    database_at = request.getfixturevalue("database_at")
    east, west = database_at(EAST), database_at(WEST)
    yield east, west
    for database in (east, west):
        database.unfence()
        if not all(subscription.enabled for subscription in database.subscriptions()):
            database.start_applying()


@pytest.fixture
def east(databases: tuple[Database, Database]) -> Database:
    return databases[0]


@pytest.fixture
def west(databases: tuple[Database, Database]) -> Database:
    return databases[1]
