"""What the contract tests run on: fakes in a world in memory, and the real things in a partial lab.

The lab has two clusters that replicate, two Redis, and one gateway with its services. Only tests of the
kind `real` start it, and carry its marker.
"""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

import psycopg
import pytest
from key_sides import RealSide, redis_server
from psycopg import sql
from zones import HOST, Zone, fake_zone, real_zone, wait_for_port

from lab.account import house
from lab.parts.gateway import Gateway
from lab.parts.link import Link
from lab.parts.part import Part
from lab.parts.postgres import Postgres, connected
from lab.parts.redis import Redis
from lab.parts.replication import Replication
from lab.parts.services import Services
from lab.place import EAST, NODE_GROUPS, PORTS, REGIONS, WEST, Lab, claim
from lab.running import down, refuse_second, start_all
from recovery.adapters.aws import Credentials, Endpoint
from recovery.adapters.postgres import Access
from recovery.adapters.postgres import Postgres as PostgresClient
from recovery.adapters.postgres.tables import PostgresTables
from recovery.fakes.database import FakeDatabase
from recovery.fakes.world import World
from recovery.ports import Database, RowKey
from recovery.waiting import wait_until
from tasks.marks import KICK_S

Arrives = Callable[[Callable[[], object], str], None]
Pair = tuple[Database, Database]
LogIn = Callable[[str, str], psycopg.Connection]
Writes = Callable[[str, RowKey, datetime], bool]
ROLE = "eden_app"
OWN_SCHEMA = 'Dr "test" 100%'
"""Where tests of `Tables` have theirs: not in a replication set, so that each region has its own."""


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.lab)])
def kind(request: pytest.FixtureRequest) -> str:
    """What the test runs on: each of its fixtures has one of both kinds."""
    return request.param


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Up for all contract tests; each of them heals what it broke."""
    name = f"contracts-{os.getpid()}"
    refuse_second(name)
    lab, control = claim(name)
    house(lab)
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


@pytest.fixture
def log_in(lab: Lab) -> LogIn:
    """Log the application in to one database of a region's cluster."""

    def session(region: str, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=lab.address(region),
            port=PORTS.postgres,
            dbname=database,
            user=ROLE,
            password=lab.secret("postgres-application"),
            autocommit=True,
            connect_timeout=3,
        )

    return session


@dataclass(frozen=True)
class Memory:
    """A world of both regions, and the rows that its applications wrote."""

    world: World = field(default_factory=lambda: World(REGIONS))
    written: dict[RowKey, tuple[str, datetime]] = field(default_factory=dict)

    def rows(self, region: str) -> dict[RowKey, datetime]:
        """Return what *region* has: its own rows, and the other one's that have arrived."""
        arrived = self.world.arrived(self.world.other(region), region)
        return {row: at for row, (where, at) in self.written.items() if where == region or at <= arrived}


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def fake_writes(memory: Memory) -> Writes:
    def write(region: str, row: RowKey, at: datetime) -> bool:
        taken = memory.world.places[region].takes_writes
        if taken:
            memory.written[row] = region, at
        return taken

    return write


@pytest.fixture
def real_writes(log_in: LogIn) -> Writes:
    def write(region: str, row: RowKey, at: datetime) -> bool:
        try:
            session = log_in(region, f"eden_{row[0].removesuffix('-service')}")
        except psycopg.OperationalError as error:
            assert "not permitted to log in" in str(error)  # noqa: PT017 - psycopg gives it no class of its own
            return False
        with session:
            session.execute(
                "INSERT INTO dr_probe (service, client, seq, region, written_at) VALUES (%s, %s, %s, %s, %s)",
                [*row, region, at],
            )
        return True

    return write


@pytest.fixture
def writes(kind: str, request: pytest.FixtureRequest) -> Writes:
    """Have the application write a row in a region, and return whether it was let."""
    return request.getfixturevalue(f"{kind}_writes")


@pytest.fixture
def fake_databases(memory: Memory) -> Pair:
    east, west = (
        FakeDatabase(memory.world, memory.world.places[region], node_groups=NODE_GROUPS, rows=memory.rows)
        for region in (EAST, WEST)
    )
    return east, west


@pytest.fixture
def real_databases(database_at: Callable[..., Database]) -> Iterator[Pair]:
    """Afterwards both take writes, and apply what the other one writes."""
    east, west = database_at(EAST), database_at(WEST)
    yield east, west
    for database in (east, west):
        database.unfence()
        applies(database)


def applies(database: Database) -> None:
    """Have every subscription apply again: pglogical now and then starts no worker for one (see `tasks.marks`)."""
    kicked = -KICK_S

    def seen() -> tuple[bool | None, str]:
        nonlocal kicked
        silent = [one for one in database.subscriptions() if not (one.enabled and one.replicating)]
        if silent and monotonic() - kicked > KICK_S:
            database.start_applying()
            kicked = monotonic()
        return (None if silent else True), f"{silent}"

    wait_until(seen, what="subscriptions that apply", deadline_s=60)


@pytest.fixture
def databases(kind: str, request: pytest.FixtureRequest) -> Pair:
    """East and west, which apply what the other one writes."""
    return request.getfixturevalue(f"{kind}_databases")


@pytest.fixture
def east(databases: Pair) -> Database:
    return databases[0]


@pytest.fixture
def west(databases: Pair) -> Database:
    return databases[1]


@pytest.fixture
def own_schema(lab: Lab) -> Iterator[tuple[psycopg.Connection, psycopg.Connection]]:
    """A superuser's sessions in one database, east and west, which look for tables in `OWN_SCHEMA` first."""
    name = sql.Identifier(OWN_SCHEMA)
    drop = sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name)
    with connected(lab, EAST, NODE_GROUPS[0]) as east, connected(lab, WEST, NODE_GROUPS[0]) as west:
        for session in (east, west):
            session.execute(drop)
            session.execute(sql.SQL("CREATE SCHEMA {}").format(name))
            session.execute(sql.SQL("SET search_path = {}, public").format(name))
        yield east, west
        for session in (east, west):
            session.execute(drop)


@pytest.fixture
def tables_at(lab: Lab) -> Callable[[str], PostgresTables]:
    """Make a client of the tables of a region's cluster."""

    def tables(region: str) -> PostgresTables:
        password = lab.secret("postgres-operator")
        access = Access(lab.address(region), PORTS.postgres, "dr_operator", password)
        return PostgresTables(access, databases=NODE_GROUPS[:1])

    return tables


@pytest.fixture(scope="session")
def endpoint() -> Iterator[Endpoint]:
    """A moto server of its own, on a free port."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        yield Endpoint("us-east-1", f"http://{HOST}:{port}", Credentials("id", "canary-secret"), 1.0, 10.0)
    finally:
        server.terminate()
        server.wait(timeout=10)


@pytest.fixture(params=["fake", "aws"])
def zone(request: pytest.FixtureRequest) -> Zone:
    if request.param == "fake":
        return fake_zone
    endpoint = request.getfixturevalue("endpoint")
    return lambda *records, **checks: real_zone(endpoint, *records, **checks)


@pytest.fixture(scope="session")
def redis_ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[int]]:
    """Of two Redis of their own, of which the second holds equal values in other forms."""
    folder = tmp_path_factory.mktemp("redis")
    plain = [f"--{each}-entries 0" for each in ("hash-max-listpack", "set-max-intset", "zset-max-listpack")]
    with ExitStack() as stack:
        yield [stack.enter_context(redis_server(folder, *more)) for more in ([], plain)]


@pytest.fixture
def real_sides(redis_ports: list[int]) -> Iterator[tuple[RealSide, RealSide]]:
    """Empty Redis; sets on the second one are filled in another order."""
    left, right = RealSide(redis_ports[0], backwards=False), RealSide(redis_ports[1], backwards=True)
    yield left, right
    for side in (left, right):
        side.client.replicaof("NO", "ONE")
        side.client.flushall()
        side.client.close()
        side.keys.close()
