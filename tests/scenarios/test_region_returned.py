"""A region that was lost under load comes back with rows that only it has, and is brought back into service."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import pytest
from scene import Scene, a_lab

from lab.faults import Fault, break_it, heal
from lab.parts.postgres import connected
from lab.place import EAST, WEST
from lab.process import wait_until
from lab.service.settings import DATABASES
from recovery.journal import Event, Kind
from recovery.kept import kept_at
from recovery.report.failback_compose import compose_failback
from recovery.salvage.unsent import Unsent

pytestmark = pytest.mark.lab

ARRIVAL_S = 10.0
UNSENT_S = 30.0
FEWEST_UNSENT = 20
"""So many promised rows only the lost region has: fewer may be chance, and none would prove nothing."""
Row = tuple[str, str]
"""A node group's database, and the key of a row in its table of the prober."""


class Written(NamedTuple):
    """What a row of the prober has, beside its key: what the ledger calls it, and when it was written."""

    client: str
    seq: int
    at: datetime


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A lab without alerts."""
    yield from a_lab("region-returned", watched=False)


def test_what_only_it_has_is_listed_row_by_row_and_brought_home(scene: Scene) -> None:
    """The list is exactly what queries of our own find in that region alone, and the ledger finds lost.

    Both count what it wrote until it was opened again, also between its return and its fence.
    """
    weights = scene.weights()
    break_it(scene.lab, Fault.LINK, EAST)
    wait_until(lambda: unsent(scene), what=f"{FEWEST_UNSENT} rows that were not sent", deadline_s=UNSENT_S)
    injected_at = break_it(scene.lab, Fault.REGION, EAST)
    left = scene.dr("failover", EAST, "--injected-at", injected_at.isoformat(), "--reason", "test")
    assert left.status == 0, left.told
    heal(scene.lab, (EAST, WEST), lambda _proof: None)
    closed = scene.dr("lab", "break", "gateway", EAST, "--name", scene.lab.name)
    assert closed.status == 0, closed.told
    had_left, had_left_by_ledger = rows_of(scene, WEST, region=EAST), scene.present(WEST)
    heal(scene.lab, (EAST,), lambda _proof: None)

    ended = scene.dr("failback", EAST, "--reason", "test")

    [failback] = [name for name in scene.operations() if name.startswith("failback-")]
    report = compose_failback(scene.events(failback))
    listed = kept_at(scene.quorum, report.lost_set.where, Unsent)
    keys = {(row.table.database, *row.key) for row in listed.rows}
    opened_at = began(scene.events(failback), "open_region")
    written = {row: one for row, one in written_by(scene, EAST, region=EAST).items() if one.at < opened_at}
    lost = scene.promised(region=EAST, by=opened_at) - had_left_by_ledger
    assert (ended.status, report.ending.outcome) == (0, "returned"), ended.told
    assert keys == written.keys() - had_left
    assert {written[row][:2] for row in keys} & scene.promised(region=EAST) == lost
    assert len(lost) >= FEWEST_UNSENT
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


def unsent(scene: Scene) -> bool | None:
    """Whether customers were promised enough rows by the east that the west does not have."""
    promised = scene.promised(region=EAST)
    return len(promised - scene.present(WEST)) >= FEWEST_UNSENT or None


def began(events: list[Event], step: str) -> datetime:
    """Return when a step began."""
    return next(event.time for event in events if (event.kind, event.step) == (Kind.STARTED, step))


def rows_of(scene: Scene, where: str, *, region: str) -> set[Row]:
    """Return the keys of the rows that *region* wrote, as they are in *where*."""
    return set(written_by(scene, where, region=region))


def written_by(scene: Scene, where: str, *, region: str) -> dict[Row, Written]:
    """Return the rows that *region* wrote, as they are in *where*."""
    found: dict[Row, Written] = {}
    for database in DATABASES.values():
        with connected(scene.lab, where, database) as connection:
            query = "SELECT id::text, client, seq, written_at FROM dr_probe WHERE region = %s"
            rows = connection.execute(query, [region]).fetchall()
            found |= {(database, key): Written(*told) for key, *told in rows}
    return found
