"""The process that drives a surgical restore is killed in the middle, and another one ends it."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
import pytest
from mortal import done_twice
from release import ask
from scene import Ended, Scene, a_lab

from lab.parts.postgres import connected
from lab.place import EAST, PORTS, REGIONS, WEST
from recovery.journal import Kind
from recovery.report.restore_compose import compose_restore
from recovery.waiting import wait_until

pytestmark = pytest.mark.lab

DATABASE, TABLE = "eden_task", "public.orders"
BRINGING_BACK = {"fetch", "replay"}
Rows = dict[int, str]
Counts = tuple[int, ...]

SCHEMA = """
CREATE TABLE orders (id int PRIMARY KEY, text text NOT NULL);
SELECT pglogical.replication_set_add_table('default', 'orders');
"""
FILL = "INSERT INTO orders SELECT n, 'order ' || n FROM generate_series(1, 500) n"
RELEASE = """
BEGIN;
DELETE FROM orders WHERE id BETWEEN 101 AND 140;
UPDATE orders SET text = '' WHERE id BETWEEN 201 AND 230;
INSERT INTO orders VALUES (901, 'never ordered');
SELECT txid_current();
COMMIT;
"""
LATER = """
UPDATE orders SET text = 'changed since, by ' || txid_current() WHERE id IN (230, 300);
INSERT INTO orders SELECT 1000 + max(id), 'new since' FROM orders;
"""
REPAIR = (40, 29, 1)
"""Rows that are inserted again, updated, deleted: of those damaged, one was written again since, and stays."""


@pytest.fixture(scope="module")
def orders() -> Iterator[Scene]:
    """A lab with backups of both clusters, and a table of orders in both regions."""
    for scene in a_lab("restore-killed", watched=False, backed_up=True):
        for region in REGIONS:
            ask(scene, region, SCHEMA)
        ask(scene, EAST, FILL)
        arrived(scene)
        yield scene


@dataclass(frozen=True)
class Release:
    """A release that damaged the orders, and good writes after it."""

    scene: Scene
    right: Rows
    """The rows as they have to be: those from before it, and what others wrote since."""
    transaction: int
    damaged: Rows
    """The rows as they are as long as nothing is repaired."""
    server: str
    """Which server, on which timeline, served the region's customers at the time."""
    written: Counts
    """How many rows of the table had been inserted, updated and deleted in the region by then."""

    @property
    def command(self) -> list[str]:
        asked = ["--scope", "surgical", "--before-transaction", str(self.transaction), "--apply"]
        return ["restore", "run", EAST, *asked, "--table", f"{DATABASE}.{TABLE}", "--reason", "test"]


@pytest.fixture
def release(orders: Scene) -> Release:
    right, server = rows(orders, EAST), serving(orders)
    transaction = int(ask(orders, EAST, RELEASE))
    ask(orders, EAST, LATER)
    arrived(orders)
    found = rows(orders, EAST)
    since = {number: text for number, text in found.items() if "since" in text}
    return Release(orders, right | since, transaction, found, server, written(orders))


def rows(scene: Scene, region: str) -> Rows:
    with connected(scene.lab, region, DATABASE) as connection:
        return dict(connection.execute("SELECT id, text FROM orders").fetchall())


def arrived(scene: Scene) -> None:
    """Wait until both regions have the same rows."""

    def same() -> tuple[bool | None, str]:
        east, west = rows(scene, EAST), rows(scene, WEST)
        return (True if east == west else None), f"{len(east)} and {len(west)} rows"

    wait_until(same, what="the same rows in both regions", deadline_s=30, poll_s=0.5)


def serving(scene: Scene) -> str:
    """Return since when the live server runs, and on which timeline."""
    query = "SELECT pg_postmaster_start_time() || ' ' || timeline_id FROM pg_control_checkpoint()"
    return ask(scene, EAST, query)


def written(scene: Scene) -> Counts:
    """Return how many rows were inserted, updated and deleted, as the server counts: what was rolled back too."""
    wait_until(lambda: gone(scene), what="the end of dr's sessions", deadline_s=30)
    query = "SELECT n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables WHERE relname = 'orders'"
    with connected(scene.lab, EAST, DATABASE) as connection:
        (counts,) = connection.execute(query).fetchall()
    return tuple(map(int, counts))


def sessions(scene: Scene) -> list[str | None]:
    """Return what each session of dr waits for in the live cluster."""
    query = "SELECT wait_event_type FROM pg_stat_activity WHERE application_name = 'eden-dr'"
    with connected(scene.lab, EAST, DATABASE) as connection:
        return [waits for (waits,) in connection.execute(query).fetchall()]


def gone(scene: Scene) -> tuple[bool | None, str]:
    found = sessions(scene)
    return (None if found else True), f"sessions that wait for {found}"


@contextmanager
def held(scene: Scene) -> Iterator[None]:
    """Hold one of the damaged rows, as a customer's transaction does: the repair waits for it."""
    with connected(scene.lab, EAST, DATABASE) as connection, connection.transaction():
        connection.execute("SELECT id FROM orders WHERE id = 210 FOR UPDATE")
        yield


def bringing_back(scene: Scene, operation: str) -> tuple[bool | None, str]:
    """Whether the backup is being fetched, or replayed."""
    last = scene.events(operation)[-1]
    return (last.step in BRINGING_BACK and last.kind is Kind.STARTED) or None, f"{last.step} {last.kind}"


def repairing(scene: Scene, operation: str) -> tuple[bool | None, str]:
    """Whether the repair is in the middle: it waits for a row that somebody holds."""
    last = scene.events(operation)[-1]
    return (last.step == "repair" and "Lock" in sessions(scene)) or None, f"{last.step} {last.kind}"


def killed(release: Release, seen: Callable[[Scene, str], tuple[bool | None, str]]) -> str:
    """Run the restore until *seen*, kill it then, and return the operation's id."""
    scene, known = release.scene, set(release.scene.operations())

    def operation() -> tuple[str | None, str]:
        return next(iter(set(scene.operations()) - known), None), "no new operation"

    with scene.start(*release.command) as process:
        name = wait_until(operation, what="the operation", deadline_s=60)
        wait_until(lambda: seen(scene, name), what=str(seen.__doc__), deadline_s=120, poll_s=0.02)
        process.kill()
        process.communicate()
    return name


def left(scene: Scene) -> list[str]:
    """What is still there of scratch clusters: folders, processes, and whatever answers on their port."""
    folder = scene.lab.folder / "data" / f"scratch-{EAST}"
    found = [str(path) for path in folder.iterdir() if path.is_dir()]
    for process in psutil.process_iter(["cmdline"]):
        found += [word for word in process.info["cmdline"] or [] if f"{folder}/" in word]
    with socket.socket() as asked:
        if asked.connect_ex((scene.lab.address(EAST), PORTS.scratch_postgres)) == 0:
            found.append("a server")
    return found


def assert_untouched(release: Release) -> None:
    """Nothing has been written to the rows since the release, and who served customers serves them still."""
    assert written(release.scene) == release.written
    assert rows(release.scene, EAST) == release.damaged
    assert serving(release.scene) == release.server


def assert_ended_right(release: Release, operation: str, ended: Ended) -> None:
    """The rows are right in both regions, each written once; no step was done again, nothing is left beside."""
    scene, events = release.scene, release.scene.events(operation)
    assert (ended.status, compose_restore(events).ending.outcome) == (0, "repaired"), ended.told
    assert rows(scene, EAST) == release.right
    arrived(scene)
    assert written(scene) == tuple(map(sum, zip(release.written, REPAIR, strict=True)))
    assert done_twice(events) == []
    assert left(scene) == []
    assert serving(scene) == release.server
    assert scene.promised() <= scene.present(EAST) | scene.present(WEST)


def test_killed_while_it_brings_the_backup_back_it_is_gone_on_with(release: Release) -> None:
    """What fetches may outlive the process that began it; the live cluster is only read until then."""
    operation = killed(release, bringing_back)
    assert_untouched(release)

    ended = release.scene.dr("resume", operation)

    assert_ended_right(release, operation, ended)


def test_killed_in_the_repair_it_is_repaired_once(release: Release) -> None:
    """A repair is one transaction: the one that was killed did nothing, and what was proved is not done again."""
    with held(release.scene):
        operation = killed(release, repairing)
    assert_untouched(release)

    ended = release.scene.dr("resume", operation)

    assert_ended_right(release, operation, ended)
    skipped = {event.step for event in release.scene.events(operation) if event.kind is Kind.SKIPPED}
    assert {"fetch", "replay", "compare", "prove"} <= skipped
