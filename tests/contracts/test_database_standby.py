"""Promoting a standby, a fake and a real physical one: it takes no writes before, and does afterwards."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from lab import leftovers, process
from lab.account import dropped_to, owned
from lab.parts.postgres import BIN
from lab.place import EAST, NODE_GROUPS, PORTS, Lab
from recovery.adapters.postgres import Access, Postgres
from recovery.errors import Refused, Unavailable
from recovery.ports import Database

NAME = "postgres-standby"
PORT = PORTS.postgres + 1
SETTINGS = f"""
port = {PORT}
# It is a copy of the east's cluster: its subscriptions must not go for the east's slots once it is promoted.
shared_preload_libraries = ''
"""


@dataclass(frozen=True)
class Standby:
    """A database that follows another one, and how to end it."""

    database: Database
    end: Callable[[], None]
    where: str
    """What it says where it was, when it has ended."""


@pytest.fixture
def fake_standby(request: pytest.FixtureRequest) -> Standby:
    world = request.getfixturevalue("memory").world
    database, _ = request.getfixturevalue("fake_databases")
    world.places[EAST].standby = True

    def end() -> None:
        world.places[EAST].lost_at = world.clock()

    return Standby(database, end, where=f"postgres {EAST}:5432")


@pytest.fixture
def real_standby(lab: Lab) -> Iterator[Standby]:
    """A copy of the east's cluster that follows it, beside it on another port."""
    data = lab.folder / "data" / NAME
    data.mkdir(mode=0o700)
    owned(data)
    copy = [BIN / "pg_basebackup", "-D", data, "-h", lab.address(EAST), "-p", PORTS.postgres]
    copy += ["-U", "replicator", "-X", "stream", "-c", "fast", "-R", "--no-sync"]
    environment = {**os.environ, "PGPASSWORD": lab.secret("postgres-replicator"), "HOME": str(lab.home)}
    subprocess.run(
        [*dropped_to(), *map(str, copy)], check=True, capture_output=True, cwd="/", env=environment
    )
    with (data / "postgresql.conf").open("a") as conf:
        conf.write(SETTINGS)
    running = process.start(lab, NAME, [BIN / "postgres", "-D", data])
    access = Access(lab.address(EAST), PORT, "dr_operator", password=lab.secret("postgres-operator"))
    database = Postgres(access, node_groups=NODE_GROUPS, application_roles=["eden_app"])
    try:
        process.wait_until(database.look, what="the standby's answer", deadline_s=20, alive=running)
        yield Standby(database, lambda: process.kill([running]), where=f":{PORT}/postgres")
    finally:
        process.kill([running])
        leftovers.clear(data)
        shutil.rmtree(data)


@pytest.fixture
def standby(kind: str, request: pytest.FixtureRequest) -> Standby:
    return request.getfixturevalue(f"{kind}_standby")


def test_a_standby_takes_writes_once_it_was_promoted(standby: Standby) -> None:
    database = standby.database
    before = database.look()
    assert before.in_recovery
    assert not before.writable
    with pytest.raises(Refused, match="read-only"):
        database.try_write()

    assert database.promote() is True
    assert database.promote() is False

    assert database.look().writable
    database.try_write()


def test_a_standby_that_is_gone_is_unavailable(standby: Standby) -> None:
    standby.database.look()
    standby.end()

    with pytest.raises(Unavailable, match=f"{standby.where} did not answer"):
        standby.database.promote()
