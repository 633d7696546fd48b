"""Events that automations wait for. They are sent in the background: a Prefect server that is away loses them."""

from pathlib import Path

from prefect.events import Event, emit_event

from recovery.event_names import estate_id
from recovery.operation import Failover

DECIDED, BEGUN = "dr.failover.decided", "dr.failover.begun"
DRILL_AWAITED = "dr.drill.awaited"


def decided(operation: Failover) -> Event | None:
    """Tell that *operation* is to be run now: where `begun` does not follow in time, a worker runs it."""
    told = operation.model_copy(update={"estate": str(Path(operation.estate).resolve())})
    return emit_event(DECIDED, _operation(operation), payload={"operation": told.model_dump(mode="json")})


def begun(operation: Failover, decision: Event | None) -> None:
    """Tell that *operation* has its run, on the server or without it.

    It follows the event of its *decision*: else the server may take them up in the other order, and start it again.
    """
    emit_event(BEGUN, _operation(operation), follows=decision)


def drill_awaited(estate: str) -> None:
    """Have the time to the next drill run from now, where no drill that passed has it run already."""
    emit_event(DRILL_AWAITED, {"prefect.resource.id": estate_id(estate)})


def _operation(operation: Failover) -> dict[str, str]:
    return {
        "prefect.resource.id": f"dr.operation.{operation.id}",
        "dr.incident": operation.incident.id if operation.incident else "none",
    }
