"""A region comes back, and the other one has thrown away what it needs: what is missing is repaired, or copied."""

from collections.abc import Iterator

import pytest
from scene import Scene, a_lab

from lab.faults import Fault, break_it, heal
from lab.parts.postgres import connected
from lab.place import EAST, REGIONS, WEST
from lab.process import wait_until
from recovery.report.failback_compose import compose_failback

pytestmark = pytest.mark.lab

DATABASE = "eden_task"
IN_BOTH = """
CREATE TABLE articles (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE readings (id int PRIMARY KEY, article int NOT NULL REFERENCES articles, value numeric NOT NULL);
SELECT pglogical.replication_set_add_all_tables('default', ARRAY['public'])
"""
ARTICLES = "INSERT INTO articles SELECT n, 'article ' || n FROM generate_series(1, 100) n"
READINGS = "INSERT INTO readings SELECT n, 1 + n % 100, n * 0.01 FROM generate_series(1, 40000) n"
KEEPS = "ALTER SYSTEM SET max_slot_wal_keep_size = '{}'"
LOST_S = 60.0
ARRIVAL_S = 10.0
Rows = list[tuple[int, str]]


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A lab without alerts; another table refers to a table that is missed."""
    for scene in a_lab("slot-lost", watched=False):
        for region in REGIONS:
            ask(scene, region, IN_BOTH)
        ask(scene, EAST, ARTICLES)
        arrived(scene)
        yield scene


def test_a_table_of_which_most_rows_were_missed_is_copied_whole(scene: Scene) -> None:
    """And what the region has missed of the prober's tables is repaired, row by row."""
    weights = scene.weights()
    injected_at = break_it(scene.lab, Fault.REGION, EAST)
    left = scene.dr("failover", EAST, "--injected-at", injected_at.isoformat(), "--reason", "test")
    assert left.status == 0, left.told
    ask(scene, WEST, KEEPS.format("1MB"))
    ask(scene, WEST, READINGS)
    wait_until(lambda: slots_are_lost(scene), what="slots that are lost", deadline_s=LOST_S)
    ask(scene, WEST, KEEPS.format("-1"))
    ask(scene, WEST, "SELECT pg_reload_conf()")
    heal(scene.lab, REGIONS, lambda _proof: None)

    ended = scene.dr("failback", EAST, "--reason", "test")

    assert ended.status == 0, ended.told
    [failback] = [name for name in scene.operations() if name.startswith("failback-")]
    report = compose_failback(scene.events(failback))
    assert list(report.alike.copied) == [f"{DATABASE}.public.readings"]
    assert "40,000 of 40,000 rows differ" in report.alike.copied[f"{DATABASE}.public.readings"]
    assert (report.judgement, report.alike.drifted) == ("met", 0), report.verdict
    assert report.alike.repaired > 0
    for table in ("articles", "readings"):
        assert rows(scene, EAST, table) == rows(scene, WEST, table)
    assert len(rows(scene, WEST, "readings")) == 40_000
    assert scene.promised(by=injected_at) <= scene.present(WEST)
    assert scene.follows(EAST) == scene.follows(WEST) == {True}
    assert scene.weights() == weights


def arrived(scene: Scene) -> None:
    """Wait until the west has the east's articles."""

    def alike() -> bool | None:
        return rows(scene, WEST, "articles") == rows(scene, EAST, "articles") or None

    wait_until(alike, what="articles in both regions", deadline_s=ARRIVAL_S)


def ask(scene: Scene, region: str, statements: str) -> None:
    with connected(scene.lab, region, DATABASE) as connection:
        connection.execute(statements)


def rows(scene: Scene, region: str, table: str) -> Rows:
    with connected(scene.lab, region, DATABASE) as connection:
        return connection.execute(f"SELECT id, t::text FROM {table} t ORDER BY id").fetchall()  # noqa: S608 - ours


def slots_are_lost(scene: Scene) -> bool | None:
    """Write more WAL than is kept; at a checkpoint the slots that are too far behind are given up."""
    with connected(scene.lab, WEST, DATABASE) as connection:
        for statement in ("SELECT pg_reload_conf()", "SELECT pg_switch_wal()", "CHECKPOINT"):
            connection.execute(statement)
        states = connection.execute("SELECT DISTINCT wal_status FROM pg_replication_slots").fetchall()
    return {state for (state,) in states} == {"lost"} or None
