"""What a worker of the pool starts for a run, in place of Prefect's own command: the run outlives its server.

Prefect's engine asks its server at each procedure that a test calls, and at the end; without an answer it raises, and
what puts the estate back would ask as well (docs/decisions/0018-prefect-gone.md).
"""

import os
from uuid import UUID

from prefect._internal.control_listener import configure_from_env
from prefect.client.schemas.objects import FlowRun
from prefect.engine import handle_engine_signals
from prefect.flow_engine import load_flow

from deployments import engine
from recovery.waiting import wait_until

TOLD_S = 60.0
"""So long the server is asked what is to be run, once a worker has started this."""


def main() -> None:
    """Run what PREFECT__FLOW_RUN_ID names, as `python -m prefect.engine` would; end with its status.

    Where the server does not answer before the flow's first line, nothing is begun, and the process says so.
    """
    run = UUID(os.environ["PREFECT__FLOW_RUN_ID"])
    configure_from_env()  # by which the worker says that a run is cancelled, and not killed
    with handle_engine_signals(run):
        made = wait_until(
            lambda: (_asked(run), "its run"), what="the Prefect server", deadline_s=TOLD_S, poll_s=1
        )
        engine.run_here(load_flow(made), made)


def _asked(run: UUID) -> FlowRun:
    with engine.asking() as client:
        return client.read_flow_run(run)


if __name__ == "__main__":
    main()
