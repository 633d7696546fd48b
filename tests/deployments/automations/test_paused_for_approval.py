"""A failover that waits for an approval, on a real Prefect server: somebody is called, and the form goes on with it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun

from lab.process import wait_until
from recovery import operation_journal
from recovery.fakes.estate import FakeEstate
from recovery.fakes.world import wall_clock
from recovery.journal import Event, Kind
from recovery.operation import Failover

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("in_real_time")]

DEADLINE_S = 40.0
SOURCE = "us-east-1"


@pytest.fixture
def estate(make_estate: Callable[..., FakeEstate]) -> FakeEstate:
    """Lost in one region, and nothing goes on without ada or grace."""
    estate = make_estate(
        disaster_recovery={"recovery_coordination": {"manual_approval_required": True}},
        recovery={"approval": {"approvers": {"ada": "ada", "grace": "grace"}, "timeout_minutes": 2}},
    )
    estate.loses(SOURCE)
    return estate


def events(estate: FakeEstate) -> list[Event]:
    return list(operation_journal.read(estate.outside.journal, "failover-1"))


def test_the_form_answers_once_its_code_is_right(
    deployed: Any,
    receiver: Any,
    client: SyncPrefectClient,
    estate: FakeEstate,
    opens: Callable[[FakeEstate], None],
) -> None:
    """A wrong code has the form shown again; who and why are in the journal, and in the paused run stood the card."""
    from flows.region_failover import region_failover  # noqa: PLC0415 - takes seconds

    assert deployed
    opens(estate)
    asked = Failover(id="failover-1", source=SOURCE, requested_by="ada")

    with ThreadPoolExecutor(1) as pool:
        flow = pool.submit(copy_context().run, region_failover, asked)
        first = paused(client, number=1)
        resume(client, first, code="wrong")
        second = paused(client, number=2)
        resume(client, second, code=estate.approvers.code_of("grace", wall_clock()))
        told = flow.result(DEADLINE_S)

    shown = client.read_flow_run_input(first.id, "paused-failover-1-1-description")
    approved = next(e for e in events(estate) if e.kind is Kind.DONE and e.step == "approve").data["result"]
    assert told.startswith("failover-1: ")
    assert "Leave us-east-1" in shown
    assert (approved["approved_by"], approved["why"], approved["given_in"]) == (
        "grace",
        "seen",
        "the form in Prefect",
    )
    assert any("The code is not grace's" in str(event.data.get("text")) for event in events(estate))
    wait_until(
        lambda: receiver.told("/page", "waits for an approver"), what="the page", deadline_s=DEADLINE_S
    )


def paused(client: SyncPrefectClient, number: int) -> FlowRun:
    """Wait for the form number *number*, or a later one: one that the server lost is shown again."""

    def waiting() -> FlowRun | None:
        for run in client.read_flow_runs():
            key = run.state.state_details.pause_key if run.state and run.state.is_paused() else None
            if key and int(key.rpartition("-")[2]) >= number:
                return run
        return None

    return wait_until(waiting, what=f"form {number}", deadline_s=DEADLINE_S)


def resume(client: SyncPrefectClient, run: FlowRun, *, code: str) -> None:
    """Send the form, once the server has it whole."""
    said = {"decision": "approve", "by": "grace", "code": code, "why": "seen"}
    wait_until(
        lambda: client.resume_flow_run(run.id, run_input=said).status.value == "ACCEPT" or None,
        what="the form to be taken",
        deadline_s=DEADLINE_S,
    )
