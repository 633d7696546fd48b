"""A release damages rows, and replication carries it: brought back exactly, while customers go on writing."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from release import (
    DATABASE,
    DELETED,
    FILL,
    LATER,
    OVERWRITTEN,
    RELEASE,
    SCHEMA,
    TABLES,
    Rows,
    arrived,
    ask,
    rows,
)
from scene import Scene, a_lab

from blocks.estate import Estate
from lab.place import EAST, PORTS, REGIONS, WEST
from recovery.journal import Kind, find
from recovery.report.restore_compose import compose_restore

pytestmark = pytest.mark.lab

POINT = "before-release-42"


@dataclass(frozen=True)
class Night:
    """What the release did: rows just before it, and the transaction that did it."""

    scene: Scene
    before: Rows
    transaction: int


@pytest.fixture(scope="module")
def night() -> Iterator[Night]:
    """Three tables, a restore point; then the release, and good writes after it."""
    for scene in a_lab("bad-release", watched=False, backed_up=True):
        for region in REGIONS:
            ask(scene, region, SCHEMA)
        ask(scene, EAST, FILL)
        arrived(scene)
        made = scene.dr("restore", "point", POINT, "--region", EAST)
        assert made.status == 0, made.told
        before = rows(scene, EAST)
        transaction = ask(scene, EAST, RELEASE)
        ask(scene, EAST, LATER)
        arrived(scene)
        yield Night(scene, before, int(transaction))


def wanted(night: Night) -> Rows:
    """What is right: before the release, and what was written since by others."""
    right = {table: dict(kept) for table, kept in night.before.items()}
    right["customers"] |= {
        1200: '(1200,"renamed since")',
        1500: '(1500,"renamed since")',
        3000: '(3000,"new since")',
    }
    del right["items"][2000]
    return right


def turn_a_byte_over(scene: Scene, operation: str) -> None:
    """Change one byte of the items' file of the scratch cluster, once nothing else will write to it."""
    address, port = scene.lab.address(EAST), PORTS.scratch_postgres
    access = {"host": address, "port": port, "user": "dr_operator", "dbname": DATABASE}
    with psycopg.connect(
        **access, password=scene.lab.secret("postgres-operator"), autocommit=True
    ) as connection:
        connection.execute("CHECKPOINT")
        (path,) = connection.execute("SELECT pg_relation_filepath('items')").fetchone()
    file = scene.lab.folder / "data" / f"scratch-{EAST}" / operation / "data" / path
    content = bytearray(file.read_bytes())
    content[-100] ^= 1
    file.write_bytes(content)


def test_a_scratch_cluster_at_the_restore_point_is_proved_by_its_ledger(night: Night) -> None:
    """Its rows are those of the point; a byte that is turned over on its disk is found."""
    scene = night.scene

    ended = scene.dr("restore", "run", EAST, "--point", POINT, "--reason", "test")

    assert ended.status == 0, ended.told
    operation = scene.operations()[-1]
    report = compose_restore(scene.events(operation))
    held = {rung.name: rung.held for rung in report.proved.rungs}
    assert set(held.values()) == {True}, held
    clients = Estate.load(str(scene.lab.estate_file)).restorable(EAST)
    scratch, beside = clients.scratch(operation), clients.beside
    for table in [each for each in beside.tables() if each.name in TABLES]:
        images = beside.images(table, [(str(number),) for number in night.before[table.name]])
        assert {int(key[0]): image for key, image in images.items()} == night.before[table.name]
    turn_a_byte_over(scene, operation)
    assert any("checksum" in line for line in scratch.bad_pages())
    dropped = scene.dr("restore", "drop", operation)
    assert dropped.status == 0, dropped.told


def test_a_moment_to_come_is_refused_with_what_can_be_reached(night: Night) -> None:
    ended = night.scene.dr("restore", "run", EAST, "--time", "2099-01-01T00:00:00Z")

    assert ended.status == 2
    assert "outside of what can be reached: us-east-1: 20" in ended.told
    assert (
        find(night.scene.events(night.scene.operations()[-1]), Kind.DONE, step="fetch", region=EAST) is None
    )


def test_the_damaged_rows_alone_are_brought_back_in_both_regions(night: Night) -> None:
    """Nothing that customers were promised meanwhile is gone, and what others wrote since the release stays."""
    scene = night.scene
    found = scene.dr("restore", "find", "--region", EAST, "--database", DATABASE, "--table", "public.items")
    assert f"dr restore run {EAST} --before-transaction {night.transaction}" in found.told
    asked = ["--scope", "surgical", "--before-transaction", str(night.transaction), "--apply"]
    tables = [word for table in TABLES for word in ("--table", f"{DATABASE}.public.{table}")]

    ended = scene.dr("restore", "run", EAST, *asked, *tables, "--reason", "release 42")

    assert ended.status == 0, ended.told
    assert rows(scene, EAST) == wanted(night)
    arrived(scene)
    assert scene.promised() <= scene.present(EAST) | scene.present(WEST)
    report = compose_restore(scene.events(scene.operations()[-1]))
    changed = [table.updates + table.inserts for table in report.damage.tables]
    assert (sum(changed), sum(table.kept for table in report.damage.tables)) == (DELETED + OVERWRITTEN - 1, 1)
