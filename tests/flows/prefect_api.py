"""As much of Prefect's API as the flows need in tests: it nods."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from threading import Event
from typing import Any
from uuid import uuid4


class Gone(StrEnum):
    """How a server can be gone."""

    REFUSES = "refuses"
    SILENT = "silent"
    """As one that is stopped, or whose packets are dropped: it takes requests, and never answers."""
    ERRS = "errs"
    """As a proxy whose server is gone."""


class PrefectApi(ThreadingHTTPServer):
    """As much of Prefect's API as a run needs. A real one takes 11 s to start, and 0.3 to 2 s a run.

    It accepts every state, keeps nothing but `artifacts` and what they are `updated` with, and keeps those waiting
    while `deaf`. The real one runs in the lab's tests.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.artifacts: list[dict[str, Any]] = []
        self.updated: list[dict[str, Any]] = []
        self.deaf, self.ended = False, Event()
        self.gone: Gone | None = None
        self.busy = 0
        """So many of the next requests are answered with 503, as while its database is locked."""
        self.unanswered: list[str] = []
        """The paths of what was asked while it was silent."""
        self.runs: dict[str, dict[str, Any]] = {}
        self.asked_to_run: list[dict[str, Any]] = []
        """What deployments were to be run with."""

    def vanish(self, how: Gone) -> None:
        """Answer nothing from now on; one that refuses is gone for good."""
        self.gone = how
        if how is Gone.REFUSES:
            self.shutdown()
            self.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api"


class _Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement
    server: PrefectApi

    def parse_request(self) -> bool:
        """Take a request up, unless the server is gone."""
        whole = super().parse_request()
        match self.server.gone:
            case Gone.SILENT:
                self.server.unanswered.append(self.path)
                self.server.ended.wait()
                self.close_connection = True
            case Gone.REFUSES:
                self.close_connection = True
            case Gone.ERRS if whole:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self._answer(503, {"detail": "no server"})
            case _ if whole and self.server.busy:
                self.server.busy -= 1
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self._answer(503, {"detail": "Service Unavailable"})
            case _:
                return whole
        return False

    def do_GET(self) -> None:
        path = self.path.removeprefix("/api").strip("/").split("/")
        match path:
            case ["flow_runs", run]:
                self._answer(200, self.server.runs[run])
            case ["deployments", "name", flow, name]:
                self._answer(200, {"id": str(uuid4()), "name": name, "flow_id": str(uuid4()), "flow": flow})
            case ["flows", flow]:
                self._answer(200, {"id": flow, "name": "flow"})
            case ["admin", "version"]:
                self._answer(200, version("prefect"))
            case ["admin", "storage"]:
                self._answer(200, {"default_result_storage_block_id": None})
            case _:
                self._answer(422, {"detail": "not part of this API"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        match self.path.removeprefix("/api").strip("/").split("/"):
            case ["flows"]:
                self._answer(201, {"id": str(uuid4()), "name": body["name"]})
            case ["flow_runs"]:
                run = {"id": str(uuid4()), "name": "run", "flow_id": body["flow_id"], "run_count": 1}
                self.server.runs[run["id"]] = run | {"state": _stamped(body["state"])}
                self._answer(201, self.server.runs[run["id"]])
            case ["deployments", _, "create_flow_run"]:
                self.server.asked_to_run.append(body)
                run = {"id": str(uuid4()), "name": "run", "flow_id": str(uuid4())}
                self.server.runs[run["id"]] = (
                    run | {"state": _stamped(body["state"])} if "state" in body else run
                )
                self._answer(201, self.server.runs[run["id"]])
            case ["flow_runs", "filter"]:
                self._answer(200, [])
            case ["flow_runs", run_id, "set_state"]:
                state = _stamped(body["state"])
                self.server.runs[run_id] |= {"state": state, "state_type": state["type"]}
                accepted = {"status": "ACCEPT", "details": {"type": "accept_details"}}
                self._answer(201, accepted | {"state": state})
            case ["task_runs"]:
                self._answer(201, body | {"id": str(uuid4())})
            case ["artifacts"]:
                if self.server.deaf:
                    self.server.ended.wait()
                self.server.artifacts.append(body)
                self._answer(201, {"id": str(uuid4())} | body)
            case _:
                self._answer(404, {"detail": "not part of this API"})

    def do_PATCH(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if "/artifacts/" in self.path:
            self.server.updated.append(body)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Say nothing."""

    def _answer(self, status: int, body: dict[str, Any] | list[Any]) -> None:
        answer = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


def _stamped(state: dict[str, Any]) -> dict[str, Any]:
    return state | {"id": str(uuid4()), "timestamp": datetime.now(UTC).isoformat()}
