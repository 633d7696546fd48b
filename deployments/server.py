"""Which Prefect server an operation is shown on, decided before Prefect reads its settings."""

import os
import sys
from threading import Timer
from typing import NoReturn
from urllib.error import URLError
from urllib.request import urlopen

from recovery.errors import Unavailable
from recovery.estate import EstateFile

ANSWER_S = 2.0
LEAVE_S = 10.0
"""So long Prefect may take to send its last lines: to a server that was stopped it tried for 67 s (measured)."""
NOWHERE = "http://127.0.0.1:9/api"
"""Refused at once. Without any address Prefect would start a server of its own, for 11 to 42 s (measured)."""


def use_server_of(file: EstateFile, *, must_answer: bool = True) -> None:
    """Point Prefect to the estate's server, unless PREFECT_API_URL says otherwise; see that it answers."""
    prefect = file.settings.prefect
    url = os.environ.get("PREFECT_API_URL") or (prefect.api_url if prefect else None)
    if url is None:
        raise Unavailable(
            f"{file.name} names no Prefect server, and PREFECT_API_URL is not set; give one, or run with --break-glass."
        )
    os.environ["PREFECT_API_URL"] = url
    if not must_answer:
        return
    try:
        urlopen(f"{url}/health", timeout=ANSWER_S).close()  # noqa: S310 - the estate's own http address
    except (URLError, OSError) as error:
        raise Unavailable(
            f"The Prefect server at {url} does not answer ({error}). With --break-glass the same flow runs here "
            "without it."
        ) from error


def use_none() -> None:
    """Have Prefect ask no server: what runs here from now on is told to one later, from the journal."""
    os.environ["PREFECT_API_URL"] = NOWHERE
    os.environ["PREFECT_LOGGING_TO_API_ENABLED"] = "false"
    os.environ["DO_NOT_TRACK"] = "1"
    from prefect.events.clients import NullEventsClient  # noqa: PLC0415 - it reads its settings when it is imported
    from prefect.events.worker import EventsWorker  # noqa: PLC0415

    EventsWorker.set_client_override(NullEventsClient)


def leave(status: int) -> NoReturn:
    """End this process with *status*, at last after `LEAVE_S`."""
    if "PREFECT_API_URL" in os.environ:
        sys.stdout.flush()
        last_resort = Timer(LEAVE_S, os._exit, args=[status])
        last_resort.daemon = True
        last_resort.start()
    sys.exit(status)
