"""The Prefect server is killed in the middle of a failover: that goes on, and the server is told when it is back."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from scene import Scene, a_lab

from lab.faults import Fault, break_it, heal
from lab.place import EAST, REGIONS, WEST
from recovery.journal import Event, Kind, closed_at
from recovery.waiting import wait_until

pytestmark = pytest.mark.lab

ANSWER_S = 20.0
REFUSED = 2
HANDED_OVER = timedelta(seconds=5)
FAILOVERS = {"deployments": {"name": {"any_": ["region-failover"]}}}
"""Schedules make runs of other deployments."""
TOLD_AFTERWARDS = "told afterwards"


@pytest.fixture
def automatic() -> Iterator[Scene]:
    """A lab whose estate lets alerts fail over by themselves."""
    yield from a_lab("prefect-gone-to-alerts", automatic=True)


def test_a_failover_goes_on_and_the_server_is_told_when_it_is_back(scene: Scene) -> None:
    """Its own run is given the steps and the end that the server has missed, and one it never saw is made."""
    injected_at = break_it(scene.lab, Fault.REGION, EAST)
    with scene.start("failover", EAST, "--injected-at", injected_at.isoformat()) as process:
        operation = wait_until(lambda: begun(scene), what="the fence", deadline_s=60)
        break_it(scene.lab, Fault.PREFECT, EAST)
        told, _ = process.communicate(timeout=120)
    refused = scene.dr("failover", WEST, "--break-glass")

    assert (process.returncode, scene.report(operation).ending.outcome) == (0, "restored"), told
    assert (scene.lab.folder.parents[1] / "reports" / operation / "report.html").is_file()
    assert refused.status == REFUSED, refused.told

    heal(scene.lab, REGIONS, lambda _proof: None)
    wait_until(lambda: all_told(scene), what="a server that knows all", deadline_s=120)

    runs = {run["id"]: run for run in asked(scene, "flow_runs/filter", FAILOVERS)}
    its_own = runs.pop(run_id(scene, operation))
    (made,) = runs.values()
    assert its_own["state_type"] == "COMPLETED"
    assert (made["name"], made["state_type"]) == (scene.operations()[-1], "FAILED")
    assert TOLD_AFTERWARDS in made["tags"]
    assert_steps(scene, operation, its_own["id"])


def test_alerts_fail_over_without_a_server_and_the_intake_tells_it_afterwards(automatic: Scene) -> None:
    """Nobody need do anything, and what the server missed is there when it is."""
    break_it(automatic.lab, Fault.PREFECT, EAST)
    break_it(automatic.lab, Fault.REGION, EAST)
    operation = wait_until(lambda: ended(automatic), what="the end of a failover", deadline_s=120)

    points = {point.name: point.at for point in automatic.report(operation).timeline.points}
    assert automatic.report(operation).ending.outcome == "restored"
    assert points["T3"] - points["T2"] < HANDED_OVER

    heal(automatic.lab, REGIONS, lambda _proof: None)
    made = wait_until(lambda: made_of(automatic, operation), what="the operation's run", deadline_s=120)

    assert_steps(automatic, operation, made)


def ended(scene: Scene) -> tuple[str | None, str]:
    """Return the first operation once it is closed."""
    for operation in scene.operations():
        events = scene.events(operation)
        return (operation if closed_at(events) else None), f"{events[-1].kind} {events[-1].step}"
    return None, "no operation"


def made_of(scene: Scene, operation: str) -> tuple[str | None, str]:
    """Return the completed run that the server shows for an operation it never saw."""
    runs = asked(scene, "flow_runs/filter", FAILOVERS)
    found = [run["id"] for run in runs if run["name"] == operation and run["state_type"] == "COMPLETED"]
    return next(iter(found), None), f"{[(run['name'], run['state_type']) for run in runs]}"


def begun(scene: Scene) -> tuple[str | None, str]:
    """Return the operation once it fences."""
    for operation in scene.operations():
        steps = [event.step for event in scene.events(operation) if event.kind is Kind.STARTED]
        return (operation if "fence" in steps else None), f"started: {steps}"
    return None, "no operation"


def all_told(scene: Scene) -> tuple[bool | None, str]:
    """Whether the server knows as much as the journal; it is told what it does not."""
    ended = scene.dr("tell-prefect")
    return (True if "knows what the journal does" in ended.told else None), ended.told


def assert_steps(scene: Scene, operation: str, run: str) -> None:
    """Each step is shown once, completed, with its true end: after its last event, and before the next one's."""
    tasks = asked(scene, "task_runs/filter", {"flow_runs": {"id": {"any_": [run]}}})
    shown = {task["name"]: task for task in tasks}
    events = scene.events(operation)
    done = [event for event in events if event.kind is Kind.DONE]
    titles = {event.step: str(event.data["title"]) for event in events if event.kind is Kind.STARTED}
    assert sorted(shown) == sorted(titles[event.step] for event in done)
    assert len(tasks) == len(shown)
    for event in done:
        task = shown[titles[event.step]]
        assert task["state_type"] == "COMPLETED"
        assert event.time <= datetime.fromisoformat(task["end_time"]) <= events[event.seq].time


def run_id(scene: Scene, operation: str) -> Any:
    """Return the id of the operation's run, as its journal has it."""
    opened: Event = scene.events(operation)[0]
    return opened.data["prefect_run_id"]


def asked(scene: Scene, what: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the server has."""
    found = httpx.post(f"{scene.lab.prefect_url}/{what}", json=body, timeout=ANSWER_S).json()
    assert isinstance(found, list)
    return found
