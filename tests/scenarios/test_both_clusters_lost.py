"""Both regions' clusters are gone with their disks, and one repository too: rebuilt from the other one alone."""

from collections.abc import Iterator

import pytest
from release import FILL, SCHEMA, archived, arrived, ask, rows
from scene import Scene, a_lab

from lab import process
from lab.parts.postgres import Postgres
from lab.place import EAST, REGIONS, WEST
from recovery.report.restore_compose import compose_restore

pytestmark = pytest.mark.lab

WRITE = "INSERT INTO customers VALUES ({}, 'written after the restore')"


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Three tables, in both regions."""
    for scene in a_lab("both-lost", watched=False, backed_up=True):
        for region in REGIONS:
            ask(scene, region, SCHEMA)
        ask(scene, EAST, FILL)
        arrived(scene)
        yield scene


def lose(scene: Scene) -> None:
    """End both clusters and the east's S3; leave fresh hosts, which know how PostgreSQL is to be configured."""
    lost = {f"postgres-{region}" for region in REGIONS} | {f"aws-{EAST}"}
    process.kill(each for each in process.recorded(scene.lab) if each.part in lost)
    for region in REGIONS:
        Postgres(region).leave_configuration(scene.lab)


def test_both_are_rebuilt_from_the_surviving_repository(scene: Scene) -> None:
    """Everything that was archived is in both, customers are served by both, and replication goes both ways."""
    before, promised = rows(scene, EAST), scene.promised()
    archived(scene, WEST)
    lose(scene)

    asked = ("--scope", "two region", "--latest", "--repository", WEST, "--reason", "both clusters are lost")
    ended = scene.dr("restore", "run", EAST, *asked)

    assert ended.status == 0, ended.told
    assert rows(scene, EAST) == rows(scene, WEST) == before
    for region in REGIONS:
        assert promised <= scene.present(region)
    report = compose_restore(scene.events(scene.operations()[-1]))
    assert report.chosen.place == WEST
    assert {rung.held for rung in report.proved.rungs} == {True, None}
    for offset, region in enumerate(REGIONS):
        ask(scene, region, WRITE.format(5000 + offset))
    arrived(scene)
