"""What Prefect shows beside a run: never waited for long, and nothing depends on it."""

from collections.abc import Callable
from contextvars import copy_context
from threading import Thread

from prefect.logging import get_run_logger

DEADLINE_S = 5.0
"""A server that is gone must not hold up the end of a failover; the report is on disk by then."""


def best_effort(show: Callable[[], object], *, deadline_s: float = DEADLINE_S) -> None:
    """Do what only shows something, for a bounded time; a failure is logged, and changes nothing."""
    logger = get_run_logger()

    def bounded() -> None:
        try:
            show()
        except Exception as error:  # noqa: BLE001 - whatever Prefect's client raises without its server
            logger.warning("Prefect shows nothing of this: %s", type(error).__name__)

    # A thread begins without the context that tells Prefect which run this is.
    thread = Thread(target=copy_context().run, args=(bounded,), daemon=True)
    thread.start()
    thread.join(deadline_s)
