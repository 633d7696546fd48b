"""A region is lost under load: everything in it is killed at one instant."""

from collections.abc import Iterator

import pytest
from scene import Scene, a_lab

from lab.faults import Fault, break_it
from lab.place import EAST, WEST
from recovery.guards import Course
from recovery.waiting import wait_until

pytestmark = pytest.mark.lab


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A lab whose alerts are judged, in shadow mode."""
    yield from a_lab("region-lost")


def test_the_other_region_takes_over_and_every_row_is_accounted_for(scene: Scene) -> None:
    """Every acknowledged row is in the target or listed as lost by its key, by a query of our own.

    In shadow mode, as every estate begins, its alerts say that they would fail over, and a person does.
    """
    injected_at = break_it(scene.lab, Fault.REGION, EAST)
    wait_until(lambda: would_fail_over(scene), what="the intake's decision", deadline_s=60)
    assert scene.operations() == []

    ended = scene.dr("failover", EAST, "--injected-at", injected_at.isoformat(), "--reason", "test")

    report = scene.report()
    assert (ended.status, report.ending.outcome) == (0, "restored"), ended.told
    assert report.verdict.rto.achieved_s is not None
    missing = scene.promised() - scene.present()
    listed = {(row.client, row.seq) for row in report.rows.lost}
    assert missing <= listed
    assert scene.follows(WEST) == {False}
    assert (scene.lab.folder.parents[1] / "reports" / report.operation.id / "report.html").is_file()


def would_fail_over(scene: Scene) -> tuple[bool | None, str]:
    """Whether the intake would fail over, if it were allowed to."""
    newest = scene.evaluations()[-1]
    return (True if newest.decision.course is Course.SHADOW else None), newest.sentence
