"""Alerts fire, and a failover would do harm: nothing is done, and the verdict says why."""

from collections.abc import Iterator

import pytest
from scene import Scene, a_lab

from lab import process
from lab.faults import Fault, break_it, heal
from lab.place import EAST, REGIONS, WEST
from recovery.verdict import Row
from recovery.waiting import wait_until

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def automatic() -> Iterator[Scene]:
    """A lab in which alerts may fail over by themselves."""
    yield from a_lab("alerts-no-failover", automatic=True)


@pytest.fixture
def scene(automatic: Scene) -> Iterator[Scene]:
    """The lab, healed afterwards."""
    yield automatic
    heal(automatic.lab, REGIONS, lambda _proof: None)


def test_the_monitoring_of_one_region_alone_is_lost(scene: Scene) -> None:
    """The region serves on: a person is told that nobody watches it."""
    process.kill(
        p for p in process.recorded(scene.lab) if p.part in {f"prometheus-{EAST}", f"alertmanager-{EAST}"}
    )

    judged(scene, Row.MONITORING_FAULT)

    assert scene.operations() == []


def test_a_partition_between_the_regions(scene: Scene) -> None:
    """Each region lacks the other's rows, and both serve: to leave one would lose what it took since."""
    break_it(scene.lab, Fault.LINK, EAST)

    judged(scene, Row.PARTITION)

    assert scene.operations() == []


def test_both_regions_are_bad(scene: Scene) -> None:
    """There is nowhere to go."""
    for region in REGIONS:
        break_it(scene.lab, Fault.GATEWAY, region)

    judged(scene, Row.GLOBAL_FAULT)

    assert scene.operations() == []
    assert scene.may_log_in(EAST)
    assert scene.may_log_in(WEST)


def judged(scene: Scene, row: Row) -> None:
    """Wait until the verdict is *row*."""

    def verdict() -> tuple[bool | None, str]:
        newest = scene.evaluations()[-1].verdict
        return (True if newest.row is row else None), f"{newest.row}: {newest.reason}"

    wait_until(verdict, what=f"the verdict {row}", deadline_s=60)
