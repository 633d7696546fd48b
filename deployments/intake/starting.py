"""Starting the failover of an incident: here, warm, as a run of its deployment; once, whatever happens."""

import logging
from typing import Protocol

from deployments import running
from deployments.automations import happenings
from recovery.errors import Unavailable
from recovery.operation import Failover

_log = logging.getLogger(__name__)


class Start(Protocol):
    """Whatever takes a failover to its end."""

    def __call__(self, operation: Failover, *, again: bool = False) -> str:
        """Return what it says; raises what stopped it."""
        ...


def start(operation: Failover, *, again: bool = False) -> str:
    """Run *operation* to its end, and return what it says; raises what it raises. *again*: its process was killed.

    The flow is imported already. Where the Prefect server does not take the run, the same operation runs here
    without one: its id and the journal's epoch keep it one, however it began.
    """
    decision = None if again else happenings.decided(operation)
    try:
        made = running.created(operation, again=again)
    except running.BegunElsewhere:
        happenings.begun(operation, decision)
        raise
    except Unavailable as error:
        _log.warning("%s", error, extra={"action": "start", "operation": operation.id})
        happenings.begun(operation, decision)
        return running.without_server(operation)
    happenings.begun(operation, decision)
    try:
        return running.go(made, operation)
    finally:
        happenings.begun(
            operation, decision
        )  # again: a busy server may have lost the order of the first ones
