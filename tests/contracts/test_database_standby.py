"""Promoting a real physical standby: it takes no writes before, and does afterwards."""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from lab import process
from lab.account import dropped_to, owned
from lab.parts.postgres import BIN
from lab.place import EAST, NODE_GROUPS, PORTS, Lab
from recovery.adapters.postgres import Access, Postgres
from recovery.errors import Refused, Unavailable

pytestmark = pytest.mark.lab

NAME = "postgres-standby"
PORT = PORTS.postgres + 1
SETTINGS = f"""
port = {PORT}
# It is a copy of the east's cluster: its subscriptions must not go for the east's slots once it is promoted.
shared_preload_libraries = ''
"""


@pytest.fixture
def standby(lab: Lab) -> Iterator[Postgres]:
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
        yield database
    finally:
        process.kill([running])
        shutil.rmtree(data)


def test_a_standby_takes_writes_once_it_was_promoted(standby: Postgres) -> None:
    before = standby.look()
    assert before.in_recovery
    assert not before.writable
    with pytest.raises(Refused, match="read-only"):
        standby.try_write()

    assert standby.promote() is True
    assert standby.promote() is False

    assert standby.look().writable
    standby.try_write()


def test_a_standby_that_is_gone_is_unavailable(standby: Postgres, lab: Lab) -> None:
    standby.look()
    process.kill(running for running in process.recorded(lab) if running.part == NAME)

    with pytest.raises(Unavailable, match=f":{PORT}/postgres did not answer"):
        standby.promote()
