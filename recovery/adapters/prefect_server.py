"""The way to the Prefect server: it answers in time, or is gone; and a run that needs its answers gets them anyway.

Prefect's client repeats what was not answered, by default for a minute and more, and its engine raises in the end,
also where all the work is done (measured: docs/decisions/0018-prefect-gone.md). These are transports of httpx, which
Prefect's client is built on: what they answer or raise is answered or raised at once, and never repeated.
"""

import json
import logging
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from threading import Event
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx
from pydantic import JsonValue

from recovery.errors import Unavailable

ANSWER_S = 3.0
"""So long one answer is waited for: a tenth of a second is usual, and a second on a machine that loses a region."""

BUSY_S = 0.2
"""So long after a 503 it is asked again: that is what it says while its database is locked by another request."""

Fields = Mapping[str, JsonValue]

_log = logging.getLogger(__name__)


class InTime(httpx.BaseTransport):
    """Has each request answered within *answer_s*, or raises `Unavailable`: also for errors of the server's own."""

    def __init__(self, tls: ssl.SSLContext, *, answer_s: float) -> None:
        """Connect to nothing yet; by *tls* the server proves itself, where its address is one of https."""
        self._network, self._answer_s = httpx.HTTPTransport(verify=tls), answer_s
        self._limits = httpx.Timeout(answer_s).as_dict()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the server's answer, read to its end; one that is busy with its database is asked again meanwhile."""
        until, pause = monotonic() + self._answer_s, Event()
        while (answer := self._asked(request)).status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            if monotonic() >= until:
                break
            pause.wait(BUSY_S)
        if answer.is_server_error:
            raise Unavailable(f"The Prefect server answers with {answer.status_code}.")
        return answer

    def _asked(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, "timeout": self._limits}
        try:
            answer = self._network.handle_request(request)
            answer.read()
        except httpx.TransportError as error:
            raise Unavailable(
                f"The Prefect server at {request.url.host}:{request.url.port} does not answer ({type(error).__name__})."
            ) from error
        return answer

    def close(self) -> None:
        """Give the connections back."""
        self._network.close()


class ServerOrNot(httpx.BaseTransport):
    """What a flow run, and those that it calls, ask of the server, answered as if it went well once that is gone.

    What is answered so is kept nowhere: the journal has it, and `deployments.telling` tells the server later. It is
    not asked again in this run: to find out that it is gone may cost a failover `ANSWER_S` once, and not at each step.
    """

    def __init__(self, server: httpx.BaseTransport | None, run: Fields) -> None:
        """Pass on to *server*, None where it is known to be gone; *run* is the flow run as the client knows it."""
        self._server = server
        self._runs: dict[str, dict[str, JsonValue]] = {str(run["id"]): dict(run)}

    @property
    def gone(self) -> bool:
        """Whether the server did not take all of the run."""
        return self._server is None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the server's answer, or one in its place."""
        if (server := self._server) is not None:
            try:
                answer = server.handle_request(request)
            except Unavailable as error:
                _log.warning("%s The run goes on without it.", error, extra={"action": "go on"})
                self._server = None
                server.close()
            else:
                self._remember(request, answer)
                return answer
        status, body = self._in_its_place(request)
        return httpx.Response(status, json=body, request=request)

    def close(self) -> None:
        """Give the connections back."""
        if self._server is not None:
            self._server.close()

    def _remember(self, request: httpx.Request, answer: httpx.Response) -> None:
        """Keep each run as the server told it last: one that it calls may outlive the server, too."""
        match request.method, _path(request):
            case ("POST", ["flow_runs"]) | ("GET", ["flow_runs", _]) if answer.is_success:
                run = answer.json()
                self._runs[run["id"]] = run

    def _in_its_place(self, request: httpx.Request) -> tuple[int, JsonValue]:
        """Return what Prefect 3.8's engine has to hear to go on; anything else is not found."""
        told = json.loads(request.content) if request.method == "POST" else {}
        match request.method, _path(request):
            case "POST", ["flow_runs", run, "set_state"] if run in self._runs:
                return HTTPStatus.CREATED, self._accepted(run, told["state"])
            case "POST", ["flow_runs"]:
                return HTTPStatus.CREATED, self._made(told)
            case "POST", ["flows" | "task_runs"]:
                return HTTPStatus.CREATED, {"id": str(uuid4())} | told
            case "PATCH", ["flow_runs", _]:
                return HTTPStatus.NO_CONTENT, None
            case "GET", asked if (answer := self._known(asked)) is not None:
                return HTTPStatus.OK, answer
            case _:
                return HTTPStatus.NOT_FOUND, {"detail": "The Prefect server is gone."}

    def _known(self, asked: list[str]) -> JsonValue:
        match asked:
            case ["flow_runs", run]:
                return self._runs.get(run)
            case ["admin", "version"]:
                return version("prefect")
            case ["admin", "storage"]:
                return {"default_result_storage_block_id": None}
            case _:
                return None

    def _made(self, asked: dict[str, JsonValue]) -> JsonValue:
        """Return a run that a flow calls; the engine names it as its flow says."""
        run, told = str(uuid4()), ("flow_id", "parameters", "tags", "parent_task_run_id")
        self._runs[run] = {name: asked[name] for name in told} | {"id": run, "name": "without a server"}
        self._accepted(run, asked["state"])
        return self._runs[run]

    def _accepted(self, run: str, asked: Any) -> JsonValue:
        state = {**asked, "id": str(uuid4()), "timestamp": datetime.now(UTC).isoformat()}
        self._runs[run] |= {"state": state, "state_type": state["type"], "state_name": state.get("name")}
        return {"status": "ACCEPT", "details": {"type": "accept_details"}, "state": state}


def _path(request: httpx.Request) -> list[str]:
    """Return the parts of what is asked for, behind the address of the API."""
    return request.url.path.partition("/api/")[2].strip("/").split("/")
