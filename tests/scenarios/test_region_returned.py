"""A region that was lost under load comes back with rows that only it has, and is brought back into service."""

from collections.abc import Iterator

import pytest
from scene import Scene, a_lab

from lab.faults import Fault, break_it, heal
from lab.parts.postgres import connected
from lab.place import EAST, WEST
from lab.process import wait_until
from lab.service.settings import DATABASES
from recovery.kept import kept_at
from recovery.report.failback_compose import compose_failback
from recovery.salvage.unsent import Unsent

pytestmark = pytest.mark.lab

ARRIVAL_S = 10.0
Row = tuple[str, str]
"""A node group's database, and the key of a row in its table of the prober."""


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A lab without alerts."""
    yield from a_lab("region-returned", watched=False)


def test_what_only_it_has_is_listed_row_by_row_and_brought_home(scene: Scene) -> None:
    """The list has what queries of our own find in that region alone, and nothing that it had not written."""
    weights = scene.weights()
    break_it(scene.lab, Fault.LINK, EAST)
    injected_at = break_it(scene.lab, Fault.REGION, EAST)
    left = scene.dr("failover", EAST, "--injected-at", injected_at.isoformat(), "--reason", "test")
    assert left.status == 0, left.told
    heal(scene.lab, (EAST, WEST), lambda _proof: None)
    closed = scene.dr("lab", "break", "gateway", EAST, "--name", scene.lab.name)
    assert closed.status == 0, closed.told
    of_east = rows_of(scene, EAST, region=EAST)
    only_there = of_east - rows_of(scene, WEST, region=EAST)
    heal(scene.lab, (EAST,), lambda _proof: None)

    ended = scene.dr("failback", EAST, "--reason", "test")

    [failback] = [name for name in scene.operations() if name.startswith("failback-")]
    report = compose_failback(scene.events(failback))
    listed = kept_at(scene.quorum, report.lost_set.where, Unsent)
    keys = {(row.table.database, *row.key) for row in listed.rows}
    assert (ended.status, report.ending.outcome) == (0, "returned"), ended.told
    assert only_there <= keys
    assert keys <= rows_of(scene, EAST, region=EAST)
    assert report.judgement == "met", report.verdict
    assert (report.lost_now, report.alike.drifted) == (0, 0)
    assert report.reprotected.redundant_at > injected_at
    arrives(scene, rows_of(scene, EAST, region=EAST), where=WEST)
    arrives(scene, rows_of(scene, WEST, region=EAST), where=EAST)
    assert scene.promised(by=injected_at) <= scene.present(WEST)
    assert scene.follows(EAST) == scene.follows(WEST) == {True}
    assert scene.weights() == weights
    assert scene.may_log_in(EAST)


def arrives(scene: Scene, rows: set[Row], *, where: str) -> None:
    """Wait until *where* has the rows: customers go on writing."""

    def arrived() -> bool | None:
        return rows <= rows_of(scene, where, region=EAST) or None

    wait_until(arrived, what=f"{len(rows)} rows of {EAST} in {where}", deadline_s=ARRIVAL_S)


def rows_of(scene: Scene, where: str, *, region: str) -> set[Row]:
    """Return the keys of the rows that *region* wrote, as they are in *where*."""
    found: set[Row] = set()
    for database in DATABASES.values():
        with connected(scene.lab, where, database) as connection:
            query = "SELECT id::text FROM dr_probe WHERE region = %s"
            found |= {(database, row[0]) for row in connection.execute(query, [region]).fetchall()}
    return found
