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
from prefect.states import Pending, Running

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
AT = datetime(2026, 11, 22, 8, 31, tzinfo=UTC)
HOSTILE = "<!channel> {{ 7*7 }} {{subject}} @here & [x](http://evil.example)\nsecond"
AN_OPERATION = Failover(
    id="failover-20261122-083102-us-east-1",
    source="us-east-1",
    reason="region lost by alerts",
    estate="/etc/eden-dr/estate.yaml",
    incident=Incident(id="incident-2", active_at=AT, decided_at=AT, verdict=HOSTILE),
)
AS_TEXT = "＜!channel＞ {{ 7*7 }} {{subject}} ＠here ＆ ［x］(http:／／evil.example) second"  # noqa: RUF001


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
    endless: FlowRun


@pytest.fixture(scope="module")
def night(deployed: Any, client: SyncPrefectClient) -> Night:
    """A failover is decided and does not begin; a run does not end; no drill comes."""
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
        """Return its runs; those of other flows, which are scheduled, have another form."""
        asked = [(one, one.parameters.get("operation")) for one in client.read_flow_runs()]
        return [one for one, form in asked if form and "id" in form and form["id"] == operation]

    # The server loads an automation, and takes events up two at a time, on its own time: one thing after the other.
    emit_event("dr.test.dusk", {"prefect.resource.id": "dr.test"})
    taken_in(client, "dr.test.dusk", 1)
    endless = run()
    taken_in(client, "prefect.flow-run.Running", 1)
    happenings.drill_awaited(given.estate)
    happenings.decided(AN_OPERATION)
    events = Events()
    for course in (Course.WATCH, Course.PAGE, Course.PAGE):
        events.tell(an_evaluation(Row.SUSPECT, course, HOSTILE))
    events.tell(an_evaluation(Row.HEALTHY, Course.NOTHING, "healthy: nothing"))
    return Night(runs_of, endless)


def taken_in(client: SyncPrefectClient, name: str, number: int) -> None:
    """Wait until the server has so many events of this *name*."""
    wanted = EventFilter(event=EventNameFilter(name=[name]))

    def seen() -> bool | None:
        return len(client.read_events(wanted, limit=10).events) >= number or None

    wait_until(seen, what=f"{number} of {name}", deadline_s=DEADLINE_S)


def test_a_change_of_the_verdict_is_a_notice_and_the_last_is_the_all_clear(
    night: Night, receiver: Any
) -> None:
    assert night

    for course in ("watch", "page"):
        told(receiver, "/notice", f"suspect us-east-1, {course}")
    told(receiver, "/notice", "all clear")


def test_a_verdict_that_needs_a_person_pages_and_hostile_text_arrives_as_text(
    night: Night, receiver: Any
) -> None:
    assert night

    page = told(receiver, "/page", "suspect")

    assert page["subject"] == "Eden DR: suspect us-east-1, page"
    assert page["body"] == f"{AS_TEXT}\nmissing: {AS_TEXT}"


def test_a_failover_that_was_decided_and_did_not_begin_is_run_with_the_same_parameters(night: Night) -> None:
    """The same ids: where the intake does run it after all, its journal and epoch keep it one."""
    run = wait_until(
        lambda: night.runs(AN_OPERATION.id), what="a run of the deployment", deadline_s=DEADLINE_S
    )[0]

    assert Failover.model_validate(run.parameters["operation"]) == AN_OPERATION
    assert run.deployment_id == night.endless.deployment_id


def test_a_failover_that_is_not_done_in_time_pages(night: Night, receiver: Any) -> None:
    assert "has not ended" in told(receiver, "/page", night.endless.name)["body"]


def test_a_drill_that_did_not_take_place_pages(night: Night, receiver: Any) -> None:
    assert night

    told(receiver, "/page", "a drill is overdue")


def told(receiver: Any, where: str, word: str) -> dict[str, str]:
    """Wait for a message with *word*, and return the first. Prefect delivers at least once, and may do it twice."""
    messages = wait_until(
        lambda: receiver.told(where, word), what=f"{word!r} at {where}", deadline_s=DEADLINE_S
    )
    first: dict[str, str] = messages[0]
    return first
