"""Starting the failover of an incident: here, warm, as a run of its deployment; once, whatever happens."""

import logging
import subprocess
import sys
from typing import Protocol

from deployments import running
from deployments.automations import happenings
from recovery.errors import Unavailable
from recovery.operation import Failover

LONGEST_RUN_S = 3600

_log = logging.getLogger(__name__)


class Start(Protocol):
    """Whatever takes a failover to its end."""

    def __call__(self, operation: Failover, *, again: bool = False) -> str:
        """Return what it says; raises what stopped it."""
        ...


def start(operation: Failover, *, again: bool = False) -> str:
    """Run *operation* to its end, and return what it says; raises what it raises. *again*: its process was killed.

    The flow is imported already. Where the Prefect server does not take the run, the same operation runs in a
    process of its own against a private server: its id and the journal's epoch keep it one, however it began.
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
        return _without_server(operation)
    happenings.begun(operation, decision)
    try:
        return running.go(made, operation)
    finally:
        happenings.begun(
            operation, decision
        )  # again: a busy server may have lost the order of the first ones


def _without_server(operation: Failover) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "deployments.intake.without_server"],
        input=operation.model_dump_json(),
        capture_output=True,
        text=True,
        timeout=LONGEST_RUN_S,
        check=False,
    )
    said = (ended.stdout if ended.returncode == 0 else ended.stderr).strip().splitlines() or [
        "it said nothing"
    ]
    if ended.returncode:
        raise Unavailable(
            f"The failover without the Prefect server ended with {ended.returncode}: {said[-1]}"
        )
    return said[-1]
