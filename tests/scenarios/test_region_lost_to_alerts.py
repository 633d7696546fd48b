"""A region is lost, and nobody is there: its alerts have it failed over, once, and the reasons are written down."""

from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus

import httpx
import pytest
from scene import Scene, a_lab

from lab.faults import Fault, break_it
from lab.place import EAST, WEST
from recovery.journal import Kind
from recovery.waiting import wait_until

pytestmark = pytest.mark.lab

ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
"""States of a Prefect run."""
ANSWER_S = 60.0
"""As long as Prefect's own client waits: its server's SQLite may be busy for many seconds on two busy cores."""
REFUSED = 2


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A lab whose estate lets alerts fail over by themselves."""
    yield from a_lab("region-lost-to-alerts", automatic=True)


def test_alerts_fail_a_lost_region_over_once_whoever_else_wants_to(scene: Scene) -> None:
    """Nobody need do anything; who does, in the UI, by a schedule, in a terminal, is told which operation does it."""
    break_it(scene.lab, Fault.REGION, EAST)
    executed = wait_until(lambda: opened(scene), what="an operation", deadline_s=60)
    by_hand = [begun(scene), begun(scene, scheduled_time=datetime.now(UTC).isoformat())]
    terminal = scene.dr("failover", EAST, "--reason", "by hand")

    wait_until(lambda: ended(scene, executed), what="the end of a failover", deadline_s=90)
    told = [
        wait_until(lambda run=run: state(scene, run), what="the end of a run", deadline_s=90)
        for run in by_hand
    ]

    report = scene.report(executed)
    points = {point.name: point.at for point in report.timeline.points}
    assert report.ending.outcome == "restored"
    assert points["T0"] < points["T1"] < points["T2"] < points["T3"]
    assert scene.follows(WEST) == {False}
    assert scene.promised() - scene.present() <= {(row.client, row.seq) for row in report.rows.lost}
    assert [name for name in scene.operations() if changed(scene, name)] == [executed]
    assert terminal.status == REFUSED, terminal.told
    assert [kind for kind, _ in told] == ["FAILED", "FAILED"], told
    for message in (terminal.told, *(message for _, message in told)):
        assert any(held in message for held in scene.operations()), message


def opened(scene: Scene) -> tuple[str | None, str]:
    """Return the first operation."""
    return next(iter(scene.operations()), None), "no operation"


def ended(scene: Scene, operation: str) -> tuple[bool | None, str]:
    """Whether the operation has ended."""
    told = scene.report(operation).ending
    return (True if told.closed else None), f"{told}"


def changed(scene: Scene, operation: str) -> bool:
    """Whether a step of the operation began that changes the estate."""
    events = scene.events(operation)
    return any(e.kind is Kind.STARTED and e.data.get("mutating") is True for e in events)


def begun(scene: Scene, **details: str) -> str:
    """Have the deployment run, as the UI's button or a schedule does, and return the run's id."""
    api = f"{scene.lab.prefect_url}/deployments"
    deployment = httpx.get(f"{api}/name/region-failover/region-failover").json()["id"]
    operation = {"source": EAST, "reason": "by the server", "estate": str(scene.lab.estate_file)}
    state = {"type": "SCHEDULED", "state_details": details}
    told = {"parameters": {"operation": operation}, "state": state}

    def made() -> tuple[str | None, str]:
        """Ask again on a 503, as Prefect's own client does: its SQLite was busy."""
        run = httpx.post(f"{api}/{deployment}/create_flow_run", json=told, timeout=ANSWER_S)
        assert run.status_code in {HTTPStatus.CREATED, HTTPStatus.SERVICE_UNAVAILABLE}, run.text
        return (str(run.json()["id"]) if run.status_code == HTTPStatus.CREATED else None), run.text

    return wait_until(made, what="a run of the deployment", deadline_s=ANSWER_S)


def state(scene: Scene, run: str) -> tuple[tuple[str, str] | None, str]:
    """Return the kind of a run's last state, and its message."""
    told = httpx.get(f"{scene.lab.prefect_url}/flow_runs/{run}").json()["state"]
    return ((told["type"], told["message"] or "") if told["type"] in ENDED else None), told["type"]
