"""Rows of the two regions differ and stay so, among many that are under way: each is found, and no other."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from release import DATABASE, FILL, SCHEMA, arrived, ask
from scene import Scene, a_lab

from lab.parts.link import LinkCondition, set_condition
from lab.parts.postgres import connected
from lab.place import EAST, REGIONS, ROOT, WEST

pytestmark = pytest.mark.lab

HERE_ONLY = """
SELECT pg_replication_origin_create('planted');
SELECT pg_replication_origin_session_setup('planted');
"""
"""What a session writes after it comes from somewhere else, and is forwarded nowhere."""
DRIFT = {
    EAST: (
        "UPDATE orders SET total = total + 0.01 WHERE id IN (21, 22)",
        "DELETE FROM items WHERE id = 1500",
        "INSERT INTO customers VALUES (7001, 'in the east only')",
    ),
    WEST: (
        'UPDATE items SET what = \'{"sku": "another"}\' WHERE id = 33',
        "INSERT INTO customers VALUES (7002, 'in the west only')",
    ),
}
PLANTED = {
    ("orders", "21", "different on both sides"),
    ("orders", "22", "different on both sides"),
    ("items", "33", "different on both sides"),
    ("items", "1500", "on the right side only"),
    ("customers", "7001", "on the left side only"),
    ("customers", "7002", "on the right side only"),
}
LATE_S = 0.5
WRITES_PER_S = 100
"""In each region; on top of what the prober's clients write."""


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Three tables, in both regions."""
    for scene in a_lab("drifted", watched=False):
        for region in REGIONS:
            ask(scene, region, SCHEMA)
        ask(scene, EAST, FILL)
        arrived(scene)
        yield scene


def plant(scene: Scene) -> None:
    for region, statements in DRIFT.items():
        with connected(scene.lab, region, DATABASE) as session:
            for statement in (*HERE_ONLY.strip().split("\n"), *statements):
                session.execute(statement)


@contextmanager
def written_to(scene: Scene) -> Iterator[None]:
    """Have both regions insert, update and delete rows without pause, each in rows of its own."""
    over, failed = Event(), list[BaseException]()

    def write(region: str, first: int) -> None:
        try:
            with connected(scene.lab, region, DATABASE) as session:
                number = 0
                while not over.wait(1 / WRITES_PER_S):
                    number += 1
                    key = first + number % 500
                    session.execute("UPDATE customers SET name = %s WHERE id = %s", [f"name {number}", key])
                    session.execute(
                        "INSERT INTO customers VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
                        [100_000 + key, f"name {number}"],
                    )
                    gone = 100_000 + first + (number + 250) % 500
                    session.execute("DELETE FROM customers WHERE id = %s", [gone])
        except BaseException as error:  # noqa: BLE001 - told below: without load the test says nothing
            failed.append(error)

    writers = [
        Thread(target=write, args=(region, 1 + 1000 * number)) for number, region in enumerate(REGIONS)
    ]
    for writer in writers:
        writer.start()
    try:
        yield
    finally:
        over.set()
        for writer in writers:
            writer.join()
    assert failed == []


def told() -> set[tuple[str, str, str]]:
    """Return what the newest comparison's file of drift tells, without the database and the schema."""
    newest = max((ROOT / "reports").glob("comparison-*"), key=lambda path: path.name)
    rows = map(json.loads, (newest / "drift.jsonl").read_text().splitlines())
    return {(row["table"].rpartition(".")[2], *row["key"], row["kind"]) for row in rows}


def in_flight() -> list[int]:
    """Return how many rows of each table were under way, by the newest comparison's report."""
    newest = max((ROOT / "reports").glob("comparison-*"), key=lambda path: path.name)
    return [table["in_flight"] for table in json.loads((newest / "report.json").read_text())["tables"]]


def test_what_drifted_is_found_among_what_is_under_way(scene: Scene) -> None:
    """Nothing is called drift that replication will mend, however often both regions are compared.

    The link is slow, so that at every look many rows are under way.
    """
    set_condition(scene.lab, LinkCondition(delay_s=LATE_S))
    with written_to(scene):
        alike = [scene.dr("reconcile", "--reason", "nothing was planted") for _ in range(3)]

        plant(scene)
        apart = scene.dr("reconcile", "--reason", "six rows were planted")

    assert [ended.status for ended in alike] == [0, 0, 0], "\n".join(ended.told for ended in alike)
    assert sum(in_flight()) > WRITES_PER_S
    assert apart.status == 1
    assert "6 differ" in apart.told
    assert told() == PLANTED
