"""The link between the regions is cut, and then one of them is lost: what it had not sent is gone."""

import pytest
from scene import Scene

from lab.faults import Fault, break_it
from lab.parts.link import LinkCondition, set_condition
from lab.place import EAST, WEST
from recovery.waiting import wait_until

pytestmark = pytest.mark.lab

FEWEST_LOST = 20


def test_every_lost_row_is_listed_by_its_key_and_none_besides(scene: Scene) -> None:
    """The report's list is exactly what a query of our own finds missing; the RPO is no longer zero."""
    set_condition(scene.lab, LinkCondition(cut=True))
    wait_until(lambda: unsent(scene), what=f"{FEWEST_LOST} rows that were not sent", deadline_s=30)
    injected_at = break_it(scene.lab, Fault.REGION, EAST)

    ended = scene.dr("failover", EAST, "--injected-at", injected_at.isoformat(), "--reason", "test")

    report = scene.report()
    assert (ended.status, report.ending.outcome) == (0, "restored"), ended.told
    listed = {(row.client, row.seq) for row in report.rows.lost}
    assert len(listed) >= FEWEST_LOST
    assert listed == scene.promised() - scene.present()
    assert 0 < report.verdict.rpo.achieved_s < report.verdict.rpo.objective_s


def unsent(scene: Scene) -> tuple[bool | None, str]:
    """Whether the east has enough rows that the west lacks."""
    count = len(scene.present(EAST) - scene.present(WEST))
    return (True if count >= FEWEST_LOST else None), f"{count} rows"
