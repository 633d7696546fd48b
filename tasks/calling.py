"""A flow that calls another one, and goes on where the Prefect server is gone meanwhile."""

from collections.abc import Callable
from typing import TypeVar, cast
from uuid import uuid4

from prefect import Flow, Task
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.flow_engine import run_flow
from prefect.states import Pending
from prefect.utilities.callables import get_call_parameters

OrderT = TypeVar("OrderT")
R = TypeVar("R")


def called(flow: Flow[[OrderT], R]) -> Callable[[OrderT], R]:
    """Return a function that runs *flow* as a run of its own, below the run that calls it.

    That is what calling a flow does, but that Prefect makes the run by a client of its own, which raises where the
    server is gone. Here the client of the run that calls asks all, which then goes on (see `deployments.engine`).
    """

    def call(order: OrderT) -> R:
        parameters = get_call_parameters(flow.fn, (order,), {})
        context, client = FlowRunContext.get(), get_client(sync_client=True)
        above = context.flow_run.id if context and context.flow_run else None
        # The server keeps whose run a run is by way of a task of the run above, and shows that task as the call.
        task = Task(fn=flow.fn, name=flow.name)
        tracked = client.create_task_run(
            task, above, dynamic_key=str(uuid4()), name=flow.name, state=Pending()
        )
        made = client.create_flow_run(
            flow, parameters=flow.serialize_parameters(parameters), parent_task_run_id=tracked.id
        )
        return cast("R", run_flow(flow, flow_run=made, parameters=parameters))

    return call
