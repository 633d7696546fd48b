"""A disaster recovery test that is stopped: the estate is put back as it was, by its run or by another one."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.logging import get_run_logger

from recovery.drill.order import SHORT, DrTestOrder, Scope
from recovery.errors import BadInput, RecoveryError, Superseded, Unavailable
from recovery.estate_in_hand import EstateInHand
from recovery.findings import Findings
from recovery.journal import Event, Kind, closed_at, find
from recovery.operation_journal import newest_first, read
from tasks import drill_reporting, drilling, journal, undoing
from tasks.drill_run import DrTestRun, Procedures

STOPPED = "stopped"
"""The outcome of a test that was stopped, and has put the estate back."""


class LeftAsItWas:
    """`with LeftAsItWas(run, procedures):` whatever stops the block, the estate is put back as it was."""

    def __init__(self, run: DrTestRun, procedures: Procedures) -> None:
        """Do nothing yet; a test that was stopped before puts back what it left."""
        self._run, self._procedures = run, procedures

    def __enter__(self) -> Self:
        """Put back what a killed process left, before anything more is broken."""
        if self._touched():
            undoing.put_back(self._run, self._procedures)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put it back if the block was stopped, and end the test; the error goes on to the caller.

        A test that has touched nothing puts nothing back: what it found is not its own. One that was refused can be
        resumed once what stands against it is mended. Until then it holds nothing: the next one of the schedule comes
        whether or not anybody has resumed it.
        """
        if error is None or isinstance(error, Superseded):  # another process has the test
            return
        if self._touched():
            self._put_back()
        elif not isinstance(error, Exception):
            self._run.close(STOPPED, "Stopped before anything was done.", following=["start it again"])
        else:
            self._let_go()

    def _touched(self) -> bool:
        begun = (event for event in self._run.journal.events if event.kind is Kind.STARTED)
        return self._run.scope is not Scope.TABLETOP and any(event.data.get("mutating") for event in begun)

    def _put_back(self) -> None:
        try:
            _end(self._run, undoing.put_back(self._run, self._procedures))
        except RecoveryError as second:
            self._run.note(f"The estate is not as it was: {second}", next=[f"run `dr resume {self._run.id}`"])
            get_run_logger().error("The estate is not as it was: %s", second)

    def _let_go(self) -> None:
        try:
            self._run.epoch.close()
        except Unavailable as second:
            get_run_logger().warning(
                "%s holds the next test up until it is resumed: %s", self._run.id, second
            )


def put_back(operation: DrTestOrder, estate: EstateInHand, procedures: Procedures) -> str:
    """Put the estate back as a stopped test has left it, and end that test; `dr resume` would play the rest.

    `BadInput` where no test was stopped. Safe to repeat.
    """
    test = _stopped(operation, estate)
    with journal.opened(test, estate, drilling.PROCEDURE) as run:
        found = undoing.put_back(run, procedures)
        _end(run, found)
        drill_reporting.publish_missing(run)
    return f"{test.id}: the estate is as it was: {found}"


def hand_over(flow: Any, flow_run: FlowRun, state: Any) -> None:  # noqa: ARG001 - so Prefect calls a hook
    """Have another run put the estate back, once one that a worker ran was cancelled.

    A worker kills a cancelled run after 30 s, and a region is not brought back in that time: Route 53 alone takes as
    long until it calls the region healthy. One that is cancelled while it puts the estate back is left to a person.
    """
    order = DrTestOrder.model_validate(flow_run.parameters["operation"])
    if flow_run.deployment_id is None or order.put_back or order.dry_run:
        return
    following = DrTestOrder(
        put_back=True,
        put_back_run=flow_run.id,
        id=order.id,
        estate=order.estate,
        reason="the test was cancelled",
    )
    with get_client(sync_client=True) as client:
        client.create_flow_run_from_deployment(
            flow_run.deployment_id,
            parameters={"operation": following.model_dump(mode="json")},
            idempotency_key=f"put-back-{flow_run.id}",
        )


def _end(run: DrTestRun, found: Findings) -> None:
    """End the test for good: it holds nothing any more, and the next one can begin."""
    played = len(drill_reporting.outcomes(run))
    run.close(
        STOPPED,
        f"Stopped; {played} of {len(run.scripts)} scenarios were played. The estate is as it was: {found}.",
        following=["start a test of the scenarios that were not played"],
    )


def _stopped(operation: DrTestOrder, estate: EstateInHand) -> DrTestOrder:
    """Return the order of the test that is to be put back: the one of the id, or the newest."""
    quorum = estate.outside.journal
    name = operation.id or next(iter(newest_first(quorum, SHORT)), None)
    events = read(quorum, name) if name else ()
    opened = find(events, Kind.OPENED)
    if opened is None or closed_at(events) is not None:
        raise BadInput(
            f"{f'{name} was not' if name else 'No test was'} stopped: there is nothing to put back. "
            "`dr operations` lists what ran."
        )
    if operation.put_back_run and not _took_part(operation.put_back_run, events):
        raise BadInput(
            f"{name} was not run by {operation.put_back_run}, which was stopped before it began a test: "
            "there is nothing to put back."
        )
    return DrTestOrder.model_validate(opened.data["parameters"]).model_copy(
        update={"id": name, "estate": operation.estate}
    )


def _took_part(prefect_run: UUID, events: Sequence[Event]) -> bool:
    """Whether that run of Prefect opened the test, or resumed it."""
    return any(event.data.get("prefect_run_id") == str(prefect_run) for event in events)
