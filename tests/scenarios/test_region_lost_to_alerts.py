"""A region is lost, and nobody is there: its alerts have it failed over, once, and the reasons are written down."""

from collections.abc import Iterator

import pytest
from scene import Scene, a_lab

from lab.faults import Fault, break_it
from lab.place import EAST, WEST
from recovery.waiting import wait_until

pytestmark = pytest.mark.lab


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A lab whose estate lets alerts fail over by themselves."""
    yield from a_lab("region-lost-to-alerts", automatic=True)


def test_alerts_fail_a_lost_region_over_once(scene: Scene) -> None:
    """From the kill to the report nobody does anything; one operation, with T1 and T2, and nothing lost."""
    break_it(scene.lab, Fault.REGION, EAST)

    wait_until(lambda: ended(scene), what="the end of a failover", deadline_s=90)

    report = scene.report()
    points = {point.name: point.at for point in report.timeline.points}
    assert len(scene.operations()) == 1
    assert report.ending.outcome == "restored"
    assert points["T0"] < points["T1"] < points["T2"] < points["T3"]
    assert scene.follows(WEST) == {False}
    assert scene.promised() - scene.present() <= {(row.client, row.seq) for row in report.rows.lost}


def ended(scene: Scene) -> tuple[bool | None, str]:
    """Whether an operation has ended."""
    told = scene.operations() and scene.report().ending
    return (True if told and told.closed else None), f"{told or 'no operation'}"
