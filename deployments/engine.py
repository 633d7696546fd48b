"""Prefect's engine, with or without its server: a flow runs here to its end, whatever becomes of that."""

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import certifi
from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.context import SyncClientContext
from prefect.flow_engine import run_flow
from prefect.settings import PREFECT_API_SSL_CERT_FILE, PREFECT_API_TLS_INSECURE_SKIP_VERIFY
from prefect.states import Pending

from recovery.adapters.prefect_server import ANSWER_S, InTime, ServerOrNot


def _is_no_lost_event(record: logging.LogRecord) -> bool:
    """Whether Prefect tells of anything but an event that it could not send.

    It looks up each run that an event is of, and fails for one that no server knows, at every step of it. The
    journal tells the server of those: `deployments.telling`.
    """
    return not record.getMessage().startswith("Service 'EventsWorker' failed to process item")


logging.getLogger("prefect._internal.concurrency").addFilter(_is_no_lost_event)


@contextmanager
def asking(*, answer_s: float = ANSWER_S) -> Iterator[SyncPrefectClient]:
    """Have a client of the server, which raises `Unavailable` where that does not answer in time."""
    with get_client(sync_client=True, httpx_settings={"transport": _in_time(answer_s)}) as client:
        yield client


def run_here(flow: Flow[..., Any], made: FlowRun, parameters: dict[str, Any] | None = None) -> Any:
    """Run *flow* as the run *made*, and return or raise what it does, also where the server is gone before its end.

    Without *parameters*, those that the run was made with.
    """
    return _run(flow, made, parameters, ServerOrNot(_in_time(), made.model_dump(mode="json")))


def run_without_server(flow: Flow[..., Any], parameters: dict[str, Any]) -> Any:
    """Run *flow* as a run that no server knows, and return or raise what it does."""
    made = FlowRun(id=uuid4(), name=flow.name, flow_id=uuid4(), state=Pending())
    return _run(flow, made, parameters, ServerOrNot(None, made.model_dump(mode="json")))


def _run(flow: Flow[..., Any], made: FlowRun, parameters: dict[str, Any] | None, way: ServerOrNot) -> Any:
    """Run it with a client that goes that *way*, in place of the one that Prefect would make.

    A run of a deployment waits for the server until it knows whether it was suspended meanwhile, for ever: it begins
    as one of no deployment, and learns of its own with the first answer.
    """
    client = get_client(sync_client=True, httpx_settings={"transport": way})
    with SyncClientContext().model_copy(update={"client": client}):
        return run_flow(flow, flow_run=made.model_copy(update={"deployment_id": None}), parameters=parameters)


def _in_time(answer_s: float = ANSWER_S) -> InTime:
    """Return the way to the server, which proves itself as Prefect's settings have it."""
    tls = ssl.create_default_context(cafile=PREFECT_API_SSL_CERT_FILE.value() or certifi.where())
    if PREFECT_API_TLS_INSECURE_SKIP_VERIFY:
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    return InTime(tls, answer_s=answer_s)
