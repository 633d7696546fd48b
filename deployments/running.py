"""Running a failover from this process, as a run of its deployment, so that the UI shows it like any other."""

from contextlib import suppress
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound
from prefect.states import Pending

from deployments import engine
from flows.cross_region_reconciliation import cross_region_reconciliation
from flows.cross_region_repair import cross_region_repair
from flows.multi_region_recovery import multi_region_recovery
from flows.pitr_restore import pitr_restore
from flows.quarterly_dr_test import quarterly_dr_test
from flows.region_failback import region_failback
from flows.region_failover import region_failover
from recovery.drill.order import DrTestOrder
from recovery.errors import BadInput, Refused, Unavailable
from recovery.failback import Failback
from recovery.multi_region_recovery import MultiRegionRecovery
from recovery.operation import Failover
from recovery.procedures import AnyOperation
from recovery.reconcile.findings import Findings
from recovery.reconciliation_order import Reconciliation
from recovery.regions_repair import RegionsRepair
from recovery.restore_operation import Restore

FLOWS: dict[type[AnyOperation], Flow[..., str]] = {
    Failover: region_failover,
    Failback: region_failback,
    DrTestOrder: quarterly_dr_test,
    Restore: pitr_restore,
    MultiRegionRecovery: multi_region_recovery,
    RegionsRepair: cross_region_repair,
}


class BegunElsewhere(Refused):
    """A run of the same incident was begun already; the message names it."""


def warm() -> None:
    """Have behind it what a process's first request to the Prefect server costs once: 0.2 s. Nothing depends on it."""
    with suppress(Exception), engine.asking() as client:  # the start says what is wrong
        client.read_deployment_by_name(_deployment(region_failover))


def run(operation: AnyOperation) -> str:
    """Create the run and run the flow here; return what it says, raise what it raises."""
    try:
        made = created(operation)
    except Unavailable as error:
        raise Unavailable(f"{error} With --break-glass the same flow runs here without it.") from error
    return go(made, operation)


def without_server(operation: AnyOperation) -> str:
    """Run the flow here, as a run that no server knows; return what it says, raise what it raises."""
    return str(engine.run_without_server(FLOWS[type(operation)], {"operation": operation}))


def created(operation: AnyOperation, *, again: bool = False) -> FlowRun:
    """Return the deployment's new run of *operation*, in the state Pending.

    No worker takes it, and nothing waits for one to poll (measured: 0.2 s to the first line, against 2 to
    16 s through a worker). An incident has one run, however often it is asked for: `BegunElsewhere` names
    one that has begun, unless it is to go on *again* in another. `Unavailable` where the server does not take it.
    """
    parameters: dict[str, Any] = {"operation": operation.model_dump(mode="json", exclude_none=True)}
    incident = operation.incident if isinstance(operation, Failover) and not again else None
    key = incident.id if incident else None
    made = _made(_deployment(FLOWS[type(operation)]), parameters, key)
    if made.state is None or not made.state.is_pending():
        raise BegunElsewhere(f"Run {made.name} of {key} has begun already: {made.state_name}.")
    return made


def go(made: FlowRun, operation: AnyOperation) -> str:
    """Run the flow here as the run *made*, to its end also where the server is gone before."""
    return str(engine.run_here(FLOWS[type(operation)], made, {"operation": operation}))


def compare(order: Reconciliation, *, through_server: bool) -> Findings:
    """Compare the regions here, as a run of the deployment unless there is no server; return what was found."""
    flow, told = cross_region_reconciliation, {"order": order.model_dump(mode="json", exclude_none=True)}
    found: Any = (
        engine.run_here(flow, _made(_deployment(flow), told, None), {"order": order})
        if through_server
        else engine.run_without_server(flow, {"order": order})
    )
    return Findings.model_validate(found)


def _deployment(flow: Flow[..., Any]) -> str:
    """Return the name of a flow's deployment: prefect.yaml gives it the flow's own."""
    return f"{flow.name}/{flow.name}"


def _made(name: str, parameters: dict[str, Any], idempotency_key: str | None) -> FlowRun:
    try:
        return _taken(name, parameters, idempotency_key)
    except (BadInput, Unavailable):
        raise
    except Exception as error:  # whatever Prefect's client raises where its server does not take it
        raise Unavailable(
            f"The Prefect server did not take the run ({type(error).__name__}: {error})."
        ) from error


def _taken(name: str, parameters: dict[str, Any], idempotency_key: str | None) -> FlowRun:
    with engine.asking() as client:
        try:
            deployment = client.read_deployment_by_name(name)
        except ObjectNotFound as error:
            raise BadInput(f"The Prefect server has no deployment {name}; run `dr deploy` first.") from error
        return client.create_flow_run_from_deployment(
            deployment.id, parameters=parameters, state=Pending(), idempotency_key=idempotency_key
        )
