"""A backup is damaged, a segment of WAL is missing, the disk is full, or the moment is none: each restore says so.

None of them touches the live cluster, or leaves anything beside it. What a test broke it puts back.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from errno import ECONNREFUSED
from socket import socket

import pytest
from scene import DEADLINE_S, DR, Ended, Scene, a_lab

from lab.parts.aws import backup_bucket, s3
from lab.parts.postgres import connected
from lab.parts.prefect import environment
from lab.pgbackrest import scratch_folder, stanza
from lab.place import EAST, PORTS, ROOT, WEST
from recovery.journal import Kind, find
from recovery.report.restore_compose import compose_restore
from recovery.waiting import wait_until

pytestmark = pytest.mark.lab

DATABASE = "eden_task"
SMALL_DISK = "16m"
"""Less than a cluster of six databases needs; its files alone are 70 MB."""
ON_A_SMALL_DISK = (
    'mount -t tmpfs -o "size=$0,uid=$(stat -c %u "$1"),mode=700" tmpfs "$1" && shift && exec "$@"'
)
"""Run in a mount namespace of its own, which takes the mount with it when its last process ends."""
INTERVAL = re.compile(r"us-east-1: (?P<first>\S+) to (?P<last>[^\s;]+)")
Change = Callable[[bytes], bytes | None]
"""What becomes of an object; None: it is gone."""


@dataclass(frozen=True)
class Live:
    """What a restore beside it must not change."""

    began: datetime
    timeline: int
    rows: list[int]


@dataclass(frozen=True)
class Day:
    """A table with rows, committed in two segments of WAL; the older one, and the moment after both."""

    scene: Scene
    segment: str
    moment: datetime


@pytest.fixture(scope="module")
def day() -> Iterator[Day]:
    for scene in a_lab("backup-damaged", watched=False, backed_up=True):
        with connected(scene.lab, EAST, DATABASE) as session:
            session.execute("CREATE TABLE orders (id int PRIMARY KEY)")
            session.execute("INSERT INTO orders SELECT generate_series(1, 100)")
            segment = session.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()[0]
            session.execute("INSERT INTO orders SELECT generate_series(101, 200)")
            moment = session.execute("SELECT clock_timestamp()").fetchone()[0]
        yield Day(scene, segment, moment)


@pytest.fixture
def scene(day: Day) -> Iterator[Scene]:
    """The lab; after the restore the live cluster is as it was, takes writes, and has nothing beside it."""
    before = live(day.scene)
    yield day.scene
    assert live(day.scene) == before
    with connected(day.scene.lab, EAST, DATABASE) as session:
        session.execute("INSERT INTO orders VALUES (0)")
        session.execute("DELETE FROM orders WHERE id = 0")
    assert list(scratch_folder(day.scene.lab, EAST).iterdir()) == []
    with socket() as asked:
        assert asked.connect_ex((day.scene.lab.address(EAST), PORTS.scratch_postgres)) == ECONNREFUSED


def live(scene: Scene) -> Live:
    """Look at the live cluster: since when it runs, on which timeline, and what it has."""
    with connected(scene.lab, EAST, DATABASE) as session:
        began, timeline = session.execute(
            "SELECT pg_postmaster_start_time(), timeline_id FROM pg_control_checkpoint()"
        ).fetchone()
        rows = [number for (number,) in session.execute("SELECT id FROM orders ORDER BY id")]
    return Live(began, timeline, rows)


def restore(scene: Scene, moment: datetime, *more: str) -> Ended:
    return scene.dr("restore", "run", EAST, "--time", moment.isoformat(), "--reason", "test", *more)


def began_to_fetch(scene: Scene) -> bool:
    """Whether the newest operation went that far."""
    events = scene.events(scene.operations()[-1])
    return find(events, Kind.STARTED, step="fetch", region=EAST) is not None


def on_a_small_disk(scene: Scene, words: Sequence[str]) -> Ended:
    """Run a command to which the folder of scratch clusters is a disk of `SMALL_DISK`, and to nobody else."""
    alone = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "sh", "-c"]
    done = subprocess.run(
        [*alone, ON_A_SMALL_DISK, SMALL_DISK, scratch_folder(scene.lab, EAST), *words],
        env={**os.environ, **environment(scene.lab), "DR_ESTATE": str(scene.lab.estate_file)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    return Ended(done.returncode, done.stdout)


@contextmanager
def changed(scene: Scene, pattern: str, change: Change) -> Iterator[None]:
    """Have us-east-1's S3 hold something else, or nothing, under the one key like *pattern*; then as before."""
    store, bucket = s3(scene.lab, EAST), backup_bucket(scene.lab, EAST)

    def keys() -> tuple[list[str] | None, str]:
        pages = store.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        found = [
            item["Key"] for page in pages for item in page["Contents"] if re.search(pattern, item["Key"])
        ]
        return found or None, "no such object"

    (key,) = wait_until(keys, what=f"{pattern} in {bucket}", deadline_s=60, poll_s=0.5)
    content = store.get_object(Bucket=bucket, Key=key)["Body"].read()
    if (instead := change(content)) is None:
        store.delete_object(Bucket=bucket, Key=key)
    else:
        store.put_object(Bucket=bucket, Key=key, Body=instead)
    try:
        yield
    finally:
        store.put_object(Bucket=bucket, Key=key, Body=content)


def turned_over(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


def test_a_moment_after_the_last_commit_is_refused_with_the_interval_that_can_be_reached(
    scene: Scene, day: Day
) -> None:
    """The interval is true: it ends after the last commit, and before anything that is still to come."""
    asked = datetime.now(UTC)

    ended = restore(scene, asked + timedelta(minutes=5))

    assert ended.status == 2
    told = INTERVAL.search(ended.told)
    assert told, ended.told
    first, last = (datetime.fromisoformat(told[end]) for end in ("first", "last"))
    assert first < day.moment < last
    assert asked < last < datetime.now(UTC)
    assert not began_to_fetch(scene)


def test_a_damaged_file_of_a_backup_is_named_and_the_other_region_s_backup_restores(
    scene: Scene, day: Day
) -> None:
    """pgBackRest compares what it fetches with its checksum, and begins again once: that takes it 15 s."""
    bundle = rf"^backup/{stanza(scene.lab, EAST)}/\S+F/bundle/1$"
    with changed(scene, bundle, turned_over):
        ended = restore(scene, day.moment, "--repository", EAST)
        assert began_to_fetch(scene)

        other = restore(scene, day.moment, "--repository", WEST, "--no-keep")

    assert ended.status == 2
    assert re.search(r"did not fetch \S+F: .*(does not match expected checksum|zst error)", ended.told)
    assert other.status == 0, other.told
    report = compose_restore(scene.events(scene.operations()[-1]))
    assert {rung.name: rung.shown for rung in report.proved.rungs if rung.held is False} == {}


def test_a_missing_segment_of_wal_ends_the_restore_before_its_moment(scene: Scene, day: Day) -> None:
    """It was archived, and what came after it is there: only replaying finds the gap."""
    segment = rf"^archive/{stanza(scene.lab, EAST)}/\S+/{day.segment}-"

    with changed(scene, segment, lambda _content: None):
        looked = scene.dr("backups", "status")
        ended = restore(scene, day.moment, "--repository", EAST)

    assert (
        f"the WAL in us-east-1 has no hole: 1 segments are missing, the first is {day.segment}" in looked.told
    )
    assert ended.status == 2
    assert "ended by itself: recovery ended before configured recovery target was reached" in ended.told
    assert began_to_fetch(scene)


def test_a_disk_without_room_is_refused_before_anything_is_fetched(scene: Scene, day: Day) -> None:
    words = [DR, "restore", "run", EAST, "--time", day.moment.isoformat(), "--reason", "test"]

    ended = on_a_small_disk(scene, words)

    assert ended.status == 2
    assert re.search(r"the disk has room for a second cluster: 0\.0 GB are free .*0\.1 GB", ended.told)
    assert not began_to_fetch(scene)
