"""A night on a real Prefect server: the automations do what they say.

What the server does after a while is begun for all tests at once, in `night`: Prefect waits 10 s at least.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.events import emit_event
from prefect.events.filters import EventFilter, EventNameFilter
from prefect.states import Completed, Failed, Pending, Running

from deployments.automations import happenings
from deployments.automations.applying import apply
from deployments.automations.declared import DRILL, Given, declared
from deployments.intake.events import Events
from lab.process import wait_until
from recovery.guards import Course
from recovery.operation import Failover, Incident
from recovery.verdict import Row

pytestmark = pytest.mark.lab

SOON = timedelta(seconds=10)
"""The shortest span of a proactive trigger."""
RTO = timedelta(seconds=15)
"""Longer than the events of a run that ended may take on a busy machine."""
DEADLINE_S = 40.0
HOSTILE = "<!channel> {{ 7*7 }} {{subject}} @here & [x](http://evil.example)\nsecond"
AS_TEXT = "＜!channel＞ {{ 7*7 }} {{subject}} ＠here ＆ ［x］(http:／／evil.example) second"  # noqa: RUF001


def an_operation(number: int) -> Failover:
    at = datetime(2026, 11, 22, 8, 31, number, tzinfo=UTC)
    return Failover(
        id=f"failover-20261122-08310{number}-us-east-1",
        source="us-east-1",
        reason="region lost by alerts",
        estate="/etc/eden-dr/estate.yaml",
        incident=Incident(id=f"incident-{number}", active_at=at, decided_at=at, verdict=HOSTILE),
    )


def an_evaluation(row: Row, course: Course, sentence: str) -> Any:
    """Return as much of an evaluation as is told."""
    return SimpleNamespace(
        verdict=SimpleNamespace(row=row, region=None if row is Row.HEALTHY else "us-east-1"),
        situation=SimpleNamespace(at=datetime.now(UTC), signals=()),
        decision=SimpleNamespace(course=course, missing=(sentence,)),
        sentence=sentence,
    )


@dataclass(frozen=True)
class Night:
    """What was begun at once, and what came of it."""

    runs: Callable[[str | None], list[FlowRun]]
    ended: FlowRun
    failed: FlowRun
    endless: FlowRun


@pytest.fixture(scope="module")
def night(deployed: Any, client: SyncPrefectClient) -> Night:
    """Two failovers are decided, one of them begins; one run ends, one fails, one does not end; no drill comes."""
    given = Given(
        estate=deployed.file.settings.estate,
        deployment=deployed.deployment,
        rto=RTO,
        drill_overdue=timedelta(days=99),
        page=deployed.blocks.page,
        notice=deployed.blocks.notice,
        not_begun=SOON,
    )
    overdue = [one for one in declared(replace(given, drill_overdue=SOON)) if one.name == DRILL]
    apply(client, [one for one in declared(given) if one.name != DRILL] + overdue)

    def run() -> FlowRun:
        operation = Failover(source="us-east-1").model_dump(mode="json")
        made = client.create_flow_run_from_deployment(
            deployed.deployment, parameters={"operation": operation}, state=Pending()
        )
        client.set_flow_run_state(made.id, Running())
        return made

    def runs_of(operation: str | None) -> list[FlowRun]:
        return [one for one in client.read_flow_runs() if one.parameters["operation"]["id"] == operation]

    # The server loads an automation, and takes events up two at a time, on its own time: one thing after the other.
    emit_event("dr.test.dusk", {"prefect.resource.id": "dr.test"})
    taken_in(client, "dr.test.dusk", 1)
    ended, failed, endless = run(), run(), run()
    taken_in(client, "prefect.flow-run.Running", 3)
    happenings.drill_awaited(given.estate)
    happenings.begun(an_operation(1), happenings.decided(an_operation(1)))
    happenings.decided(an_operation(2))
    client.set_flow_run_state(ended.id, Completed())
    client.set_flow_run_state(failed.id, Failed(message=HOSTILE))
    events = Events()
    for course in (Course.WATCH, Course.PAGE, Course.PAGE):
        events.tell(an_evaluation(Row.SUSPECT, course, HOSTILE))
    events.tell(an_evaluation(Row.HEALTHY, Course.NOTHING, "healthy: nothing"))
    return Night(runs_of, ended, failed, endless)


def taken_in(client: SyncPrefectClient, name: str, number: int) -> None:
    """Wait until the server has so many events of this *name*."""
    wanted = EventFilter(event=EventNameFilter(name=[name]))

    def seen() -> bool | None:
        return len(client.read_events(wanted).events) >= number or None

    wait_until(seen, what=f"{number} of {name}", deadline_s=DEADLINE_S)


def test_each_change_of_the_verdict_is_one_notice_and_the_last_is_the_all_clear(
    night: Night, receiver: Any
) -> None:
    assert night

    wait_until(lambda: len(receiver.told("/notice")) > 2, what="three notices", deadline_s=DEADLINE_S)

    assert len(receiver.told("/notice", "suspect us-east-1")) == 2
    assert len(receiver.told("/notice", "all clear")) == 1


def test_a_verdict_that_needs_a_person_pages_and_hostile_text_arrives_as_text(
    night: Night, receiver: Any
) -> None:
    assert night

    [page] = wait_until(
        lambda: receiver.told("/page", "suspect"), what="the verdict's page", deadline_s=DEADLINE_S
    )

    assert page["subject"] == "Eden DR: suspect us-east-1, page"
    assert page["body"] == f"{AS_TEXT}\nmissing: {AS_TEXT}"


def test_a_failover_that_stopped_pages_at_once(night: Night, receiver: Any) -> None:
    [page] = wait_until(
        lambda: receiver.told("/page", f"{night.failed.name} is"), what="its page", deadline_s=DEADLINE_S
    )

    assert page["body"].splitlines()[0] == f"{night.failed.name} is Failed: {AS_TEXT}"


def test_a_failover_that_was_decided_and_did_not_begin_is_run_with_the_same_parameters(night: Night) -> None:
    """The same ids: where the intake does run it after all, its journal and epoch keep it one."""
    [run] = wait_until(
        lambda: night.runs(an_operation(2).id), what="a run of the deployment", deadline_s=DEADLINE_S
    )

    assert Failover.model_validate(run.parameters["operation"]) == an_operation(2)
    assert run.deployment_id == night.endless.deployment_id
    assert night.runs(an_operation(1).id) == [], "it had begun"


def test_a_failover_that_is_not_done_in_time_pages_once(night: Night, receiver: Any) -> None:
    [page] = wait_until(
        lambda: receiver.told("/page", night.endless.name), what="the RTO's page", deadline_s=DEADLINE_S
    )

    assert "has not ended" in page["body"]
    assert len(receiver.told("/page", night.failed.name)) == 1, "it had paged when it stopped"
    assert receiver.told("/page", night.ended.name) == []


def test_a_drill_that_did_not_take_place_pages(night: Night, receiver: Any) -> None:
    assert night

    wait_until(
        lambda: receiver.told("/page", "a drill is overdue"), what="the drill's page", deadline_s=DEADLINE_S
    )
