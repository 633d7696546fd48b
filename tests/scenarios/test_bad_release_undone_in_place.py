"""A release has damaged so much that the clusters go back: both regions to one moment, and replication is made anew."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from release import FILL, LATER, RELEASE, SCHEMA, arrived, ask, rows
from scene import Scene, a_lab

from lab.faults import DEFAULT_SEVERITY, Fault, break_it
from lab.parts.link import LinkCondition, set_condition
from lab.place import EAST, REGIONS, WEST
from recovery.journal import Kind, find
from recovery.report.restore_compose import compose_restore
from recovery.waiting import wait_until

pytestmark = pytest.mark.lab

LAG = timedelta(seconds=2)
"""So long before the moment, what the other region had committed had arrived."""
WRITE = "INSERT INTO customers VALUES ({}, 'written after the restore')"


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """Three tables, in both regions."""
    for scene in a_lab("in-place", watched=False, backed_up=True):
        for region in REGIONS:
            ask(scene, region, SCHEMA)
        ask(scene, EAST, FILL)
        arrived(scene)
        yield scene


def replicates(scene: Scene, first: int) -> None:
    """See a row of each region arrive in the other one."""
    for offset, region in enumerate(REGIONS):
        ask(scene, region, WRITE.format(first + offset))
    arrived(scene)


def test_both_regions_are_as_they_were_just_before_the_release(scene: Scene) -> None:
    """Nothing of it is left, nothing from before it is lost, and both regions serve and replicate again."""
    before = rows(scene, EAST)
    transaction = ask(scene, EAST, RELEASE)
    ask(scene, EAST, LATER)
    arrived(scene)

    ended = scene.dr("restore", "run", EAST, "--scope", "in place", "--before-transaction", transaction)

    assert ended.status == 0, ended.told
    assert rows(scene, EAST) == before
    assert rows(scene, WEST) == before
    report = compose_restore(scene.events(scene.operations()[-1]))
    assert report.ending.outcome == "replaced"
    moment = report.replayed.last_commit_at
    closed = find(scene.events(scene.operations()[-1]), Kind.STARTED, step="close_regions", region=EAST)
    given_up = scene.promised(between=(moment, closed.time))
    for present in map(scene.present, REGIONS):
        assert scene.promised(region=EAST, by=moment) <= present
        assert scene.promised(by=moment - LAG) <= present
        assert not given_up & present
    assert report.verdict.rows_given_up >= len(given_up) > 0
    replicates(scene, 5000)


def test_two_regions_go_back_to_what_either_had_committed(scene: Scene) -> None:
    """Writes that had not crossed a slow link at the moment are in both regions afterwards."""
    began = datetime.now(UTC)
    break_it(scene.lab, Fault.SLOW_LINK, EAST, DEFAULT_SEVERITY)
    wait_until(lambda: (apart(scene) or None, "nothing is under way"), what="rows under way", deadline_s=30)
    moment = datetime.now(UTC)
    set_condition(scene.lab, LinkCondition())
    expected = rows(scene, EAST)

    ended = scene.dr("restore", "run", EAST, "--scope", "two region", "--time", moment.isoformat())

    assert ended.status == 0, ended.told
    report = compose_restore(scene.events(scene.operations()[-1]))
    assert sum(report.settled.rules.values()) > 0
    assert rows(scene, EAST) == rows(scene, WEST) == expected
    for present in map(scene.present, REGIONS):
        assert scene.promised(by=moment, between=(began, datetime.max.replace(tzinfo=UTC))) <= present
    replicates(scene, 6000)


def apart(scene: Scene) -> bool:
    """Whether each region has rows of the prober that the other one does not have yet."""
    east, west = scene.present(EAST), scene.present(WEST)
    return bool(east - west and west - east)
