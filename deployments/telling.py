"""Telling the Prefect server what happened while it was gone: each operation's run, with its steps, by the journal."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, State, TaskRun
from prefect.events import Event as Told
from prefect.events import get_events_client
from prefect.exceptions import ObjectNotFound
from prefect.states import Completed, Crashed, Failed, Pending, Running

from deployments import engine
from recovery import operation_journal
from recovery.errors import RecoveryError, Unavailable
from recovery.journal import Event
from recovery.operation import Failover
from recovery.procedures import asked_for
from recovery.quorum import Quorum
from recovery.run_pages import Ending, OperationRun, Page, StepRun, page

AFTERWARDS = "told afterwards"
"""The tag of a run that the server was told of when it was over."""
SETTLED = timedelta(seconds=30)
"""So long after its end a run may still tell of itself."""
LOOKED_BACK = timedelta(days=7)
"""Older operations are let be: a server forgets its runs on purpose, too."""
PATIENCE_S = 20.0
"""Nothing waits for this, and a server that comes back on a busy machine took more than 3 s (seen)."""
PAGE = 200
"""Task runs in an answer of the server, at most."""


def tell(quorum: Quorum, *, now: datetime, but: set[str]) -> list[str]:
    """Tell of every operation that the server does not know as its journal does; return a line for each.

    *but* are operations that the server is known to know, and those found so are added. Safe to repeat: a run is
    made once for an operation, a step's run has an id drawn from its event, and what is final stays.
    Raises `Unavailable` where the server, or the journal, does not answer.
    """
    lines = []
    try:
        with engine.asking(answer_s=PATIENCE_S) as client:
            for name in (name for name in operation_journal.newest_first(quorum) if name not in but):
                events = operation_journal.read(quorum, name)
                if events[0].time < now - LOOKED_BACK:
                    break
                shown = page(events)
                if shown is None:
                    continue
                if (at := shown.ending.at + SETTLED) > now:
                    lines.append(f"{name}: not yet; from {at:%H:%M:%S} UTC on, if it does not tell of itself")
                elif told := _tell_of(client, events, shown):
                    lines.append(f"{name}: {told}")
                else:
                    but.add(name)
    except RecoveryError:
        raise
    except Exception as error:  # whatever Prefect's client raises; the intake must live
        raise Unavailable(f"The Prefect server was not told ({type(error).__name__}: {error}).") from error
    return lines


def _tell_of(client: SyncPrefectClient, events: Sequence[Event], shown: Page) -> str:
    """Make the server know the operation's runs; return what it was told, nothing where it knew all."""
    known = {run.run_id: found for run in shown.runs if run.run_id and (found := _found(client, run.run_id))}
    told, unknown = [], [run for run in shown.runs if run.run_id not in known]
    last = shown.runs[-1]
    for run in shown.runs:
        if run.run_id in known:
            ending = shown.ending if run is last else None
            told += _complete(client, known[run.run_id], [run], ending, shown.operation)
    if unknown:
        ending = shown.ending if last in unknown else None
        made = _made(client, events, shown)
        told += _complete(client, made, unknown, ending, shown.operation)
    return ", ".join(told)


def _found(client: SyncPrefectClient, run_id: str) -> FlowRun | None:
    try:
        return client.read_flow_run(UUID(run_id))
    except ObjectNotFound:
        return None


def _made(client: SyncPrefectClient, events: Sequence[Event], shown: Page) -> FlowRun:
    """Return the run that stands for those of which the server knows nothing; it is made once.

    One that the server made of an incident, and whose answer never came, is that run.
    """
    procedure, asked = events[0].data["procedure"], asked_for(events)
    deployment = client.read_deployment_by_name(f"{procedure}/{procedure}")
    incident = asked.incident if isinstance(asked, Failover) else None
    return client.create_flow_run_from_deployment(
        deployment.id,
        parameters={"operation": asked.model_dump(mode="json", exclude_none=True) if asked else {}},
        state=Pending(),
        name=shown.operation,
        tags=[AFTERWARDS, shown.operation],
        idempotency_key=incident.id if incident else shown.operation,
    )


def _complete(
    client: SyncPrefectClient,
    made: FlowRun,
    runs: Sequence[OperationRun],
    ending: Ending | None,
    operation: str,
) -> list[str]:
    """Give a run the steps and the end that the server does not know; return what that was."""
    told = _tell_steps(client, made, [step for run in runs for step in run.steps])
    if made.state is not None and made.state.is_final():
        return told
    if made.start_time is None:
        began = f"Began at {runs[0].began_at:%Y-%m-%d %H:%M:%S} UTC; told afterwards."
        client.set_flow_run_state(made.id, Running(message=began), force=True)
    client.update_flow_run(made.id, tags={*made.tags, AFTERWARDS, operation})
    client.set_flow_run_state(made.id, _final(ending, operation), force=True)
    return [*told, f"its run ended {'well' if ending and ending.went_well else 'badly'}"]


def _final(ending: Ending | None, operation: str) -> State:
    if ending is None:
        return Crashed(message=f"Its process ended before {operation} did; another one went on with it.")
    message = f"{ending.told.rstrip('. ')}, at {ending.at:%Y-%m-%d %H:%M:%S} UTC; told afterwards."
    return Completed(message=message) if ending.went_well else Failed(message=message)


def _tell_steps(client: SyncPrefectClient, made: FlowRun, steps: Sequence[StepRun]) -> list[str]:
    """Tell of the steps whose end the server does not know, with their true times; return how many those are."""
    there = {run.id for run in _task_runs(client, made.id) if run.state is not None and run.state.is_final()}
    # A run that told of itself told of steps by ids that journals did not have yet.
    ours = [step for step in steps if step.task_run_id or AFTERWARDS in made.tags]
    lacking = [_event(made, step) for step in ours if _id(made, step) not in there]
    if not lacking:
        return []
    try:
        asyncio.run(asyncio.wait_for(_send(lacking), PATIENCE_S))
    except Exception as error:  # whatever the client of events raises where the server does not take them
        raise Unavailable(f"The Prefect server took no steps ({type(error).__name__}: {error}).") from error
    return [f"{len(lacking)} steps"]


async def _send(events: Iterable[Told]) -> None:
    async with get_events_client(reconnection_attempts=0, checkpoint_every=1) as client:
        for event in events:
            await client.emit(event)


def _task_runs(client: SyncPrefectClient, run: UUID) -> list[TaskRun]:
    of_run, found = FlowRunFilter(id=FlowRunFilterId(any_=[run])), list[TaskRun]()
    while True:
        more = client.read_task_runs(flow_run_filter=of_run, limit=PAGE, offset=len(found))
        found += more
        if len(more) < PAGE:
            return found


def _id(made: FlowRun, step: StepRun) -> UUID:
    """Return the id of a step's run: its own, so that what the engine still has to send of it is no second one."""
    return UUID(step.task_run_id) if step.task_run_id else uuid5(made.id, str(step.seq))


def _event(made: FlowRun, step: StepRun) -> Told:
    """Return what the engine itself would have sent at the step's end: with the times of then.

    States that are set through the API get the server's time of now.
    """
    ended, task_run = step.ending, _id(made, step)
    kind, name = "COMPLETED", "Skipped" if step.skipped else "Completed"
    if ended is None or not ended.went_well:
        kind, name = ("CRASHED", "Crashed") if ended is None else ("FAILED", "Failed")
    at = ended.at if ended else step.began_at
    return Told(
        id=uuid5(task_run, name),
        occurred=at,
        event=f"prefect.task-run.{name}",
        resource={
            "prefect.resource.id": f"prefect.task-run.{task_run}",
            "prefect.resource.name": step.title,
            "prefect.state-type": kind,
            "prefect.state-name": name,
            "prefect.orchestration": "client",
        },
        related=[{"prefect.resource.id": f"prefect.flow-run.{made.id}", "prefect.resource.role": "flow-run"}],
        payload={
            "validated_state": {
                "type": kind,
                "name": name,
                "message": ended.told if ended else "Its process ended before it did.",
            },
            "task_run": {
                "name": step.title,
                "task_key": step.title,
                "dynamic_key": str(task_run),
                "run_count": step.attempts,
                "tags": [AFTERWARDS],
                "start_time": step.began_at.isoformat(),
                "end_time": at.isoformat(),
                "total_run_time": (at - step.began_at).total_seconds(),
            },
        },
    )
