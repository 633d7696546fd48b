"""Rows of the two regions differ and stay so, among many that are under way: each is found, and no other."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from psycopg import sql
from release import DATABASE, FILL, SCHEMA, arrived, ask, rows
from scene import Scene, a_lab

from lab.parts.link import LinkCondition, set_condition
from lab.parts.postgres import connected
from lab.parts.prefect import environment
from lab.place import EAST, REGIONS, ROOT, WEST

pytestmark = pytest.mark.lab

HERE_ONLY = """
SELECT pg_replication_origin_create('planted') WHERE pg_replication_origin_oid('planted') IS NULL;
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
HEALED = (
    "UPDATE orders SET total = id * 1.10 WHERE id IN (21, 22)",
    "DELETE FROM items WHERE id IN (33, 1500)",
    "INSERT INTO items SELECT n, n, jsonb_build_object('sku', n) FROM unnest(ARRAY[33, 1500]) n",
    "DELETE FROM customers WHERE id IN (7001, 7002)",
)
PLANTED = {
    ("orders", "21", "different on both sides"),
    ("orders", "22", "different on both sides"),
    ("items", "33", "different on both sides"),
    ("items", "1500", "on the right side only"),
    ("customers", "7001", "on the left side only"),
    ("customers", "7002", "on the right side only"),
}
LATE_S = 0.5
ROUNDS_PER_S = 67
"""In each region, of three writes each; on top of what the prober's clients write."""


Names = dict[int, str]
ON_TWO_WORKERS = """
from prefect.task_runners import ProcessPoolTaskRunner
from flows.cross_region_reconciliation import cross_region_reconciliation
from recovery.reconciliation_order import Reconciliation

if __name__ == "__main__":
    order = Reconciliation(at_once=2, reason="on two workers", estate={estate!r})
    on_two = cross_region_reconciliation.with_options(task_runner=ProcessPoolTaskRunner(max_workers=2))
    found = on_two(order)
    print(found.drifted, *sorted({{table.compared_by for table in found.tables}}))
"""


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """Three tables, in both regions; each test plants its own drift, and leaves none."""
    for scene in a_lab("drifted", watched=False):
        for region in REGIONS:
            ask(scene, region, SCHEMA)
        ask(scene, EAST, FILL)
        arrived(scene)
        yield scene


@pytest.fixture
def plant(scene: Scene) -> Iterator[Callable[[], None]]:
    """Have six rows differ; afterwards none of them does, whatever became of them."""
    yield lambda: [here_only(scene, region, statements) for region, statements in DRIFT.items()]
    for region in REGIONS:
        here_only(scene, region, HEALED)


def here_only(scene: Scene, region: str, statements: Sequence[str]) -> None:
    with connected(scene.lab, region, DATABASE) as session:
        for statement in (*HERE_ONLY.strip().split("\n"), *statements):
            session.execute(statement)


@contextmanager
def written_to(scene: Scene) -> Iterator[Names]:
    """Have both regions insert, update and delete rows without pause, each in rows of its own.

    Yields the customers' names as each write of one was acknowledged last; the writes go on.
    """
    over, failed, promised = Event(), list[BaseException](), Names()

    def write(region: str, first: int) -> None:
        try:
            with connected(scene.lab, region, DATABASE) as session:
                number = 0
                while not over.wait(1 / ROUNDS_PER_S):
                    number += 1
                    key = first + number % 500
                    session.execute("UPDATE customers SET name = %s WHERE id = %s", [f"name {number}", key])
                    promised[key] = f"name {number}"
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
        yield promised
    finally:
        over.set()
        for writer in writers:
            writer.join()
    assert failed == []


def told() -> set[tuple[str, str, str]]:
    """Return what the newest comparison's file of drift tells, without the database and the schema."""
    newest = max((ROOT / "reports").glob("comparison-*"), key=lambda path: path.name)
    found = map(json.loads, (newest / "drift.jsonl").read_text().splitlines())
    return {(row["table"].rpartition(".")[2], *row["key"], row["kind"]) for row in found}


def report() -> dict[str, Any]:
    """Return the newest comparison's report."""
    newest = max((ROOT / "reports").glob("comparison-*"), key=lambda path: path.name)
    found: dict[str, Any] = json.loads((newest / "report.json").read_text())
    return found


def written(scene: Scene, region: str, table: str, key: int) -> tuple[str, str, bool, datetime]:
    """Return a row, its version, whether it came from elsewhere, and when it was committed there."""
    query = (
        "SELECT (t.*)::text, xmin::text, v.roident <> 0, v.timestamp FROM {} t, "
        "pg_xact_commit_timestamp_origin(t.xmin) v WHERE id = %s"
    )
    with connected(scene.lab, region, DATABASE) as session:
        found = session.execute(sql.SQL(query).format(sql.Identifier(table)), [key]).fetchone()
    assert found
    return found


def test_what_drifted_is_found_among_what_is_under_way(scene: Scene, plant: Callable[[], None]) -> None:
    """Nothing is called drift that replication will mend, however often both regions are compared.

    The link is slow, so that at every look many rows are under way.
    """
    set_condition(scene.lab, LinkCondition(delay_s=LATE_S))
    with written_to(scene):
        alike = [scene.dr("reconcile", "--reason", "nothing was planted") for _ in range(2)]

        plant()
        apart = scene.dr("reconcile", "--reason", "six rows were planted")
    set_condition(scene.lab, LinkCondition())

    assert [ended.status for ended in alike] == [0, 0], "\n".join(ended.told for ended in alike)
    assert sum(table["in_flight"] for table in report()["tables"]) > ROUNDS_PER_S
    assert apart.status == 1
    assert "6 differ" in apart.told
    assert told() == PLANTED


def test_what_drifted_is_repaired_while_both_regions_write(scene: Scene, plant: Callable[[], None]) -> None:
    """By the later write where both have a row; by a person where one alone has it, and did not write it.

    No write that was acknowledged is lost, and what is repaired is not sent back.
    """
    plant()
    east = written(scene, EAST, "orders", 21)
    with written_to(scene) as promised:
        repaired = scene.dr("reconcile", "--then", "repair", "--reason", "six rows were planted")
        waiting = scene.dr("conflicts", "list")
        taken = [
            scene.dr("conflicts", "take", region, "--table", f"{DATABASE}.public.{table}", "--key", key)
            for region, table, key in (
                (WEST, "items", "1500"),
                (EAST, "customers", "7001"),
                (WEST, "customers", "7002"),
            )
        ]
        after = scene.dr("reconcile", "--reason", "all of them were decided")

    assert "Repaired, and nothing of the plan differs" in repaired.told, repaired.told
    assert "3 rows of comparison-" in waiting.told, waiting.told
    assert [ended.status for ended in taken] == [0, 0, 0], "\n".join(ended.told for ended in taken)
    assert (after.status, "Nothing differs" in after.told) == (0, True), after.told
    arrived(scene)
    here, there = (rows(scene, region) for region in REGIONS)
    assert here == there
    assert {key: here["customers"][key] for key in promised} == {
        key: f'({key},"{name}")' for key, name in promised.items()
    }
    image, version, _, at = written(scene, EAST, "orders", 21)
    assert (image, version) == east[:2], "the repair was sent back"
    assert (written(scene, WEST, "orders", 21)[0], written(scene, WEST, "orders", 21)[2:]) == (
        image,
        (True, at),
    )


def test_tables_are_compared_by_workers_that_share_nothing_with_the_flow(
    scene: Scene, plant: Callable[[], None], tmp_path: Path
) -> None:
    """As on other machines: each opens the estate itself, and gives back what it found."""
    plant()
    script = tmp_path / "on_two_workers.py"
    script.write_text(ON_TWO_WORKERS.format(estate=str(scene.lab.estate_file)))
    env = {**os.environ, **environment(scene.lab), "PYTHONPATH": str(ROOT)}

    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )

    assert done.returncode == 0, done.stderr
    drifted, *workers = done.stdout.split()
    assert (drifted, len(workers)) == ("6", 2)
    assert told() == PLANTED
